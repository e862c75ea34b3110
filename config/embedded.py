"""Runs a command on an instance of Vigie, with the servers it needs: ``python -m config.embedded COMMAND …``.

``manage`` runs a Django command on the instance of VIGIE_HOME; ``bench`` likewise; ``test`` works in a
throw-away instance. DATABASE_URL and REDIS_URL, where set, stand in for the embedded servers.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.django_command import run_command
from config.instance import ROOT, Instance, Refused, Use
from config.postgres import Postgres
from config.redis_server import RedisServer
from config.translations import compile_translations


class Servers:
    """The embedded servers of an instance: none for what the environment already points to."""

    def __init__(self, instance: Instance, *, durable: bool = True) -> None:
        self.instance = instance
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(instance, durable)
        self.redis = None if os.environ.get("REDIS_URL") else RedisServer(instance)

    def environment(self) -> dict[str, str]:
        """What Django needs to know, over what the environment says already."""
        values = {"VIGIE_HOME": str(self.instance.home), "DJANGO_SETTINGS_MODULE": "config.settings"}
        if not os.environ.get("SECRET_KEY"):
            values["SECRET_KEY"] = self.instance.secret("secret_key")
        if self.postgres:
            values["DATABASE_URL"] = self.postgres.url
        if self.redis:
            values["REDIS_URL"] = self.redis.url
        return values

    def start(self, die_with_parent: signal.Signals | None = None) -> None:
        if self.postgres:
            self.postgres.start(die_with_parent)
        if self.redis:
            self.redis.start(die_with_parent)

    def stop(self) -> None:
        if self.redis:
            self.redis.stop()
        if self.postgres:
            self.postgres.stop()


@contextmanager
def servers_in_use(instance: Instance) -> Iterator[Servers]:
    """The instance's servers, running; stopped at the end unless another command still uses them.

    They are nobody's children here: the command that started them may end before the one that uses them.
    """
    use = Use(instance)
    servers = Servers(instance)
    try:
        servers.start()
        yield servers
    finally:
        if use.is_last():
            servers.stop()
        use.leave()


@contextmanager
def throw_away_servers() -> Iterator[Servers]:
    """Servers in a temporary instance that vanish with this process."""
    home = Path(tempfile.mkdtemp(prefix="vigie-test-"))
    servers = Servers(_created(home / "home"), durable=False)
    try:
        servers.start(signal.SIGINT)
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(home, ignore_errors=True)


def _created(home: Path) -> Instance:
    instance = Instance(home)
    instance.create()
    return instance


def manage(arguments: Sequence[str]) -> int:
    instance = Instance.from_environment()
    with servers_in_use(instance) as servers:
        os.environ.update(servers.environment())
        return run_command(instance, arguments)


def bench(arguments: Sequence[str]) -> int:
    """Benchmarks measure real, durable servers, in an instance of their own."""
    home = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with servers_in_use(_created(home / "home")) as servers:
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


COMMANDS = {"manage": manage, "bench": bench, "test": test}


def main(arguments: Sequence[str]) -> int:
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _leave)
    try:
        compile_translations(ROOT / "locale")
        return COMMANDS[arguments[0]](arguments[1:])
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(number: int, _frame: object) -> None:
    """Unwind, so that what was started is stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
