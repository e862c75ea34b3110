"""The embedded servers of an instance, and how commands share them."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.instance import Instance, Use
from runtime.postgres import Postgres
from runtime.redis_server import RedisServer


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
    servers = Servers(created(home / "home"), durable=False)
    try:
        servers.start(signal.SIGINT)
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(home, ignore_errors=True)


def created(home: Path) -> Instance:
    instance = Instance(home)
    instance.create()
    return instance
