"""``./run drill api [--examples N]``: many requests made from the description of the API, others at each run."""

import argparse
import os
import subprocess
import sys


def drill() -> int:
    parser = argparse.ArgumentParser(prog="./run drill api")
    parser.add_argument(
        "--examples", type=int, default=300, help="requests for each operation, 300 unless said"
    )
    examples = str(max(1, parser.parse_args().examples))
    tests = ("tests/api/test_schema.py", "tests/api/test_hostile.py")
    command = [sys.executable, "-m", "runtime.embedded", "test", "-n", "0", "-q", *tests]
    return subprocess.call(command, env=os.environ | {"API_EXAMPLES": examples})


if __name__ == "__main__":
    sys.exit(drill())
