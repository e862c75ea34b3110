"""Who works on what: PostgreSQL advisory locks, which die with the process that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import InterfaceError, OperationalError, connection

from intake.lock_keys import FILES, KIND, RUN

_FILES = (FILES, 0)
_KEYS = 2**31


@contextmanager
def run_held(run_id: int, *, wait: bool = False) -> Iterator[bool]:
    """Hold a run for this session; yields False at once when another session holds it (unless ``wait``)."""
    held = _take(run_id, wait=wait)
    try:
        yield held
    finally:
        if held:
            _give_back(run_id)


def held_runs() -> frozenset[int]:
    """The ``key`` of each run some session works on now; looking takes no lock."""
    query = """
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND classid::bigint = %s AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [RUN])
        return frozenset(row[0] for row in cursor.fetchall())


def key(run_id: int) -> int:
    """What stands for a run among advisory locks, whose keys are 32 bits wide."""
    return run_id % _KEYS


def one_at_a_time(kind: str) -> None:
    """Wait for the turn to store or undo files of a kind; kept to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [KIND, crc32(kind.encode()) % _KEYS])


def files_come_in() -> None:
    """Let no file be removed until the end of the transaction, which records the one that comes in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", _FILES)


@contextmanager
def files_at_rest() -> Iterator[bool]:
    """Hold received files for this session; yields False at once while some come in, or a backup reads them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _FILES)
        alone = bool((cursor.fetchone() or (False,))[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _FILES)


def notice_dead_clients() -> None:
    """Let the server stop a long statement soon after its client was killed, so that its locks come free."""
    with connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = '1s'")


def _take(run_id: int, *, wait: bool) -> bool:
    function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [RUN, key(run_id)])
        row = cursor.fetchone()
    return wait or bool(row and row[0])


def _give_back(run_id: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN, key(run_id)])
    except (OperationalError, InterfaceError):  # the session is gone, and the lock with it
        pass
