"""The embedded PostgreSQL: its own cluster in the instance's folder, a private socket and no open port.

Why not the wheel's own start-up, and how root is handled: ``docs/decisions/0001-embedded-servers.md``.
"""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from runtime.instance import Instance, Refused
from runtime.postgres_cluster import ENVIRONMENT, account_for, address, binaries_for, initialise
from runtime.processes import Account, Adopted, end, is_alive, running_in, spawn, type_of_process, wait_until

OWNER = DATABASE = "vigie"
_READY_SECONDS = 90.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",  # the cluster's own folder, 0700, in which the server stands
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "jit": "off",  # compiling costs more than our short questions
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "max_wal_size": "1GB",  # bounds the recovery after kill -9 to seconds
    "log_checkpoints": "off",
    "timezone": "UTC",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """The cluster of an instance. ``durable=False`` trades safety for speed: for tests only."""

    instance: Instance
    durable: bool = True
    name = "postgres"

    @property
    def data(self) -> Path:
        return self.instance.home / "postgres"

    @property
    def log(self) -> Path:
        return self.instance.log / "postgres.log"

    @property
    def url(self) -> str:
        """Of the application's own database, whose role is no superuser."""
        return self._url(OWNER, DATABASE)

    def _url(self, user: str, database: str) -> str:
        place = quote(str(self.instance.reach() / "postgres"), safe="")
        return f"postgres://{user}:{self.instance.secret('postgres_password')}@{place}/{database}"

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self, die_with_parent: signal.Signals | None = None) -> type_of_process:
        """A server that answers: the one already running for this instance, else a new one.

        Raises Refused, with where to read why, when it does not come up.
        """
        with self.instance.lock("postgres"):
            pid = self._postmaster()
            if pid and self.is_ready():
                return Adopted(pid)
            self._clear_leftovers()
            account = account_for(self.data)
            binaries = binaries_for(account)
            if not self.data.exists():
                initialise(self.instance, self.data, binaries, account)
            process = self._launch(binaries, account, die_with_parent)
            self._wait(process)
            return process

    def stop(self, process: type_of_process | None = None) -> None:
        """Fast shutdown: open transactions are rolled back, all is written, nothing is left running."""
        server = process or self._running()
        if server is None:
            return
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if server.poll() is None:
                server.send_signal(number)
            if wait_until(lambda: server.poll() is not None, seconds):
                break
        end(running_in(self.data), signal.SIGKILL)

    def _running(self) -> Adopted | None:
        pid = self._postmaster()
        return Adopted(pid) if pid else None

    def _postmaster(self) -> int | None:
        """The server's process id, checked against what that process is now: numbers are reused."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        if Path("/proc").is_dir():
            return pid if pid in running_in(self.data) else None
        return pid if is_alive(pid) else None

    def _clear_leftovers(self) -> None:
        """After a kill -9: end orphaned back ends, then drop a pid file that names nobody of ours.

        A server still shutting down is given the time to finish. The pid file guards shared memory, so it
        goes only once no process stands in the folder any more.
        """
        if not Path("/proc").is_dir() or not self.data.exists():
            return
        alive = self._postmaster() is not None
        if not alive:
            end(running_in(self.data), signal.SIGQUIT)
        if not wait_until(lambda: not running_in(self.data), 15 if alive else 2):
            end(running_in(self.data), signal.SIGKILL)
            wait_until(lambda: not running_in(self.data), 5)
        for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.data / name).unlink(missing_ok=True)

    def _launch(
        self, binaries: Path, account: Account | None, death: signal.Signals | None
    ) -> subprocess.Popen[bytes]:
        settings = _SETTINGS if self.durable else _SETTINGS | _THROW_AWAY
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", address(self.data, account), *options]
        with self.log.open("ab") as output:
            return spawn(
                command,
                env=ENVIRONMENT,
                cwd=self.data,
                output=output,
                account=account,
                die_with_parent=death,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        came_up = wait_until(lambda: process.poll() is not None or self._is_furnished(), _READY_SECONDS)
        if process.poll() is not None or not came_up:
            self.stop(process)
            raise Refused(f"The embedded PostgreSQL did not start; {self.log} says why.")

    def _is_furnished(self) -> bool:
        """Whether the server answers and holds our role and database, made here on the first start."""
        try:
            with psycopg.connect(self._url("postgres", "postgres"), autocommit=True) as connection:
                self._furnish(connection)
        except psycopg.OperationalError:
            return False
        return True

    def _furnish(self, connection: psycopg.Connection) -> None:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
            role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            password = self.instance.secret("postgres_password")
            connection.execute(role.format(sql.Identifier(OWNER), password))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
            database = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(database.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
