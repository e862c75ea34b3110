"""The long proofs, by name: ``./run drill`` lists them, ``./run drill NAME [options]`` runs one on servers of its own.

They take minutes and are no part of the suite, which holds a short seed of each. A drill exits 0 when all of it held;
what this machine cannot do is skipped in words.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.instance import ROOT
from runtime.servers import throw_away_servers

STAND_INS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "VIGIE_HOME",
)  # a drill never touches an instance in use


@dataclass(frozen=True)
class Drill:
    """``command`` is given to Python, and whatever the caller adds after it."""

    about: str
    command: tuple[str, ...]
    servers: bool = False  # it works on a database and a queue made for it, and thrown away after


DISK_FULL = ("test", "-n", "0", "-s", "tests/runtime/test_disk_full.py", "tests/intake/test_disk_full.py")
DRILLS = {
    "kills": Drill("kill -9 of each process during nights and imports", ("-m", "tests.e2e.kills")),
    "refusals": Drill("the database refuses everybody for a minute", ("-m", "tests.e2e.refusals")),
    "full_disk": Drill("no room left on the disk (as root)", ("-m", "runtime.embedded", *DISK_FULL)),
    "slow_clients": Drill("200 slow clients beside eight people at work", ("-m", "tests.e2e.slow_drill")),
    "compose": Drill("the Compose file on a real engine, whole", ("-m", "tests.compose")),
    "hostile": Drill("each hostile value on each parameter of each URL", ("-m", "tests.guards.hostile")),
    "api": Drill("requests nobody thought of, made from the API's description", ("-m", "tests.api.drill")),
    "events": Drill("which planted events of the demo company nights flag", ("-m", "bench.events"), True),
    "reference_year": Drill("every flag of a year of real orders", ("-m", "bench.signals_year")),
}


def main(arguments: Sequence[str]) -> int:
    if not arguments:
        sys.stdout.write("".join(f"{name:<16}{drill.about}\n" for name, drill in DRILLS.items()))
        return 0
    name, *options = arguments
    if name not in DRILLS:
        sys.stderr.write(f"There is no drill {name}: ./run drill lists them.\n")
        return 1
    environment = {name: value for name, value in os.environ.items() if name not in STAND_INS}
    command = [sys.executable, *DRILLS[name].command, *options]
    if not DRILLS[name].servers:
        return _run(command, environment)
    for name in STAND_INS:
        os.environ.pop(name, None)
    with throw_away_servers() as servers:
        return _run(command, environment | servers.environment())


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Ctrl-C reaches it directly, SIGTERM through us, as Ctrl-C; then we wait for it to clean up."""
    # Where a shell's "&" makes us ignore Ctrl-C, a child would ignore it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.send_signal(signal.SIGINT))
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue
        return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
