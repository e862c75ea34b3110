"""Runs a command on an instance of Vigie, with the servers it needs: ``python -m runtime.embedded COMMAND …``.

``manage`` runs a Django command on the instance of VIGIE_HOME; ``backup`` and ``restore`` work on it whole; ``test``
and ``bench`` work in a throw-away instance. DATABASE_URL and REDIS_URL, where set, stand in for the embedded servers.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from runtime.backup import backup
from runtime.django_command import run_command
from runtime.instance import ROOT, Instance, Refused
from runtime.restore import restore
from runtime.servers import created, servers_in_use, throw_away_servers
from runtime.translations import compile_translations


def manage(arguments: Sequence[str]) -> int:
    instance = Instance.from_environment()
    with servers_in_use(instance) as servers:
        os.environ.update(servers.environment())
        if served_at := instance.served_at():
            os.environ.setdefault("SERVED_AT", served_at)
        return run_command(instance, arguments)


def bench(arguments: Sequence[str]) -> int:
    """Benchmarks measure real, durable servers, in an instance of their own."""
    home = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with servers_in_use(created(home / "home")) as servers:
            return _run([sys.executable, "-m", "bench", *arguments], servers.environment())
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test(arguments: Sequence[str]) -> int:
    """The whole suite on two processes; options of pytest given by the caller come last and win."""
    with throw_away_servers() as servers:
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *arguments]
        return _run(command, servers.environment())


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run it to its end; Ctrl-C reaches it directly, and we wait for it to clean up."""
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


COMMANDS = {"manage": manage, "bench": bench, "test": test, "backup": backup, "restore": restore}


def main(arguments: Sequence[str]) -> int:
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _leave)
    try:
        compile_translations(ROOT / "locale")
        return COMMANDS[arguments[0]](arguments[1:])
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except OSError as problem:
        from base.faults import no_room  # Django comes along: only where it is needed

        if not no_room(problem):
            raise
        sys.stderr.write("The disk is full: make room on it, then try again.\n")
        return 1
    except psycopg.OperationalError as problem:
        sys.stderr.write(f"The database does not answer: {str(problem).splitlines()[0]}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(number: int, _frame: object) -> None:
    """Unwind, so that what was started is stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
