"""Who is at work on a database, on whatever machine: an advisory lock in PostgreSQL, which dies with who holds it.

The web server, the workers and the schedule share it for as long as they live, a command for as long as it runs; a
restore takes it alone. It is held by a transaction that does nothing else and never ends, on a connection of its own:
so it survives a pooler that gives a connection back after each transaction, it holds back no vacuum (it keeps no
snapshot), and what Django does with its connections does not matter.
"""

import logging
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import psycopg

from runtime.instance import Refused

RESTORING = "A backup is being put in the place of this instance: try again when that is done."
_KEY = 0x5649_4749_0001  # "VIGI", 1
_PATIENCE = 2.0  # seconds in which a session that is being closed disappears
_PAUSE = 1.0  # seconds between two attempts to have a lost lock back
# A partner that vanished without a word is noticed within a minute or so, at either end.
_WATCHED = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_NO_LIMITS = """SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')"""
_OTHERS = """SELECT DISTINCT coalesce(nullif(application_name, ''), 'process ' || pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY 1"""
logger = logging.getLogger(__name__)


def parameters_of(url: str) -> dict[str, Any]:
    return dict(psycopg.conninfo.conninfo_to_dict(url))


class Presence(Thread):
    """Keeps this process present until it dies, and takes the lock again whenever it was lost.

    A restore that came between is let finish: config/apps.py keeps this process out until then.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any]) -> None:
        super().__init__(name="presence", daemon=True)
        self._who, self._parameters = name, parameters

    def run(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError), _session(self._who, self._parameters) as connection:
                if _take(connection, "pg_try_advisory_xact_lock_shared"):
                    _wait_until_lost(connection)
            time.sleep(_PAUSE)


@contextmanager
def at_work(name: str, parameters: Mapping[str, Any]) -> Iterator[None]:
    """Present while the block runs; Refused while a backup is restored. The block says when the database is away."""
    try:
        connection = _connect(name, parameters)
    except psycopg.OperationalError:
        yield
        return
    with _closed_at_the_end(connection):
        if not _take(connection, "pg_try_advisory_xact_lock_shared"):
            raise Refused(RESTORING)
        yield


@contextmanager
def alone(name: str, parameters: Mapping[str, Any]) -> Iterator[None]:
    """Nobody else is at work, and nobody comes, while the block runs. Refused, naming them, while somebody is.

    Any other session counts, one of a program that is none of ours too: it may be writing.
    """
    with _session(name, parameters) as connection:
        deadline = time.monotonic() + _PATIENCE
        while not (_take(connection, "pg_try_advisory_xact_lock") and not _others(connection)):
            if time.monotonic() > deadline:
                raise Refused(f"This database is in use ({_told(_others(connection))}): stop that first.")
            connection.rollback()
            time.sleep(0.1)
        yield


def is_being_restored(connection: psycopg.Connection) -> bool:
    """Asked on a connection without a transaction: the lock is let go at once."""
    answer = connection.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [_KEY]).fetchone()
    return tuple(answer or ()) == (False,)


def _connect(name: str, parameters: Mapping[str, Any]) -> psycopg.Connection:
    who = f"vigie {name} on {socket.gethostname()}"[:63]
    return psycopg.connect(**{**parameters, **_WATCHED, "application_name": who})


@contextmanager
def _closed_at_the_end(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Closed without a word to the server, which may have ended it: that lets the lock go."""
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _session(name: str, parameters: Mapping[str, Any]) -> Iterator[psycopg.Connection]:
    with _closed_at_the_end(_connect(name, parameters)) as connection:
        yield connection


def _take(connection: psycopg.Connection, function: str) -> bool:
    """Whether this transaction, which no limit of time may end, now holds the lock."""
    connection.execute(_NO_LIMITS)
    answer = connection.execute(f"SELECT {function}({_KEY})").fetchone()
    return tuple(answer or ()) == (True,)


def _others(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute(_OTHERS)]


def _told(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more if names else "by somebody"


def _wait_until_lost(connection: psycopg.Connection) -> None:
    """Returns, or raises, when the server has ended the connection; it says nothing to us otherwise."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    while True:
        poll.poll()
        connection.execute("SELECT 1")
