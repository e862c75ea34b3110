"""Who works on what: PostgreSQL's advisory locks of a session, which die with the process that holds them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet

from base.faults import AWAY
from base.jobs.models import Attempted

Row = TypeVar("Row", bound=Attempted)
_KEYS = 2**31
# Of the session that works: a long statement ends soon after its worker was killed, and its locks come free.
_NOTICE_DEATH = "set_config('client_connection_check_interval', '1s', false)"


@contextmanager
def held(model: type[Attempted], pk: int, *, wait: bool = False) -> Iterator[bool]:
    """Hold a row for this session; yields False at once when another session holds it (unless ``wait``)."""
    take = "pg_advisory_lock(%s, %s) IS NOT NULL" if wait else "pg_try_advisory_lock(%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_NOTICE_DEATH}, {take}", [model.LOCK, lock_key(pk)])
        _interval, is_ours = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            _give_back(model, pk)


@contextmanager
def first_held(rows: QuerySet[Row]) -> Iterator[Row | None]:
    """Hold for this session the first of these rows that no other holds, and yields it; None when there is none."""
    row = None
    while row is None and (pk := _take_first(rows)) is not None:
        row = rows.filter(pk=pk).first()
        if row is None:  # done by another between our look and our lock
            _give_back(rows.model, pk)
    try:
        yield row
    finally:
        if row is not None:
            _give_back(rows.model, row.pk)


def held_keys(model: type[Attempted]) -> frozenset[int]:
    """The ``lock_key`` of each row that some session holds now; looking takes no lock."""
    query = """
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND classid::bigint = %s AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [model.LOCK])
        return frozenset(row[0] for row in cursor.fetchall())


def lock_key(pk: int) -> int:
    """What stands for a row among the locks of its model, whose keys are 32 bits wide."""
    return pk % _KEYS


def _take_first(rows: QuerySet[Row]) -> int | None:
    """The rows are found first and then tried one after the other, in their order, until one is ours."""
    found, values = rows.values("pk").query.sql_with_params()
    query = f"""WITH due (pk) AS MATERIALIZED ({found})
        SELECT pk, {_NOTICE_DEATH} FROM due WHERE pg_try_advisory_lock(%s, (pk %% {_KEYS})::int) LIMIT 1"""
    with connection.cursor() as cursor:
        cursor.execute(query, [*values, rows.model.LOCK])
        taken = cursor.fetchone()
    return taken[0] if taken else None


def _give_back(model: type[Attempted], pk: int) -> None:
    with suppress(*AWAY), connection.cursor() as cursor:  # away: the session is gone, and the lock with it
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [model.LOCK, lock_key(pk)])
