"""What imports wait for one another for: PostgreSQL's advisory locks, which die with the process that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import connection

from intake.lock_keys import FILES, KIND

_FILES = (FILES, 0)
_KEYS = 2**31


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
