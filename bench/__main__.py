"""Run the benchmarks in an instance of their own and print what they found."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

Result = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from bench.catalogue import catalogue
    from bench.importing import import_orders
    from bench.lists import lists
    from bench.memory import import_memory
    from bench.night import night, night_growth
    from bench.pages import pages

    benches: dict[str, Callable[[Path], dict[str, Result]]] = {
        "import_orders": import_orders,
        "import_memory": import_memory,
        "night": night,
        "night_growth": night_growth,
        "pages": pages,
        "lists": lists,
        "catalogue": catalogue,
    }
    options = _options(arguments, list(benches))
    found: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        for name in options.only or benches:
            found |= benches[name](Path(folder))
    print(json.dumps(found) if options.json else _table(found))
    return 0


def _options(arguments: Sequence[str], names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", action="append", choices=names, help="this one only")
    return parser.parse_args(arguments)


def _table(found: dict[str, Result]) -> str:
    lines = [f"{'':<26}{'seconds':>10}{'baseline':>10}{'ratio':>8}{'rows':>12}"]
    for name, result in found.items():
        numbers = f"{result['seconds']:>10.2f}{result['baseline_seconds']:>10.2f}{result['ratio']:>8.2f}"
        lines.append(f"{name:<26}{numbers}{result['rows']:>12,}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
