"""The staging table of a run: unlogged, typed, filled by COPY, gone when the run is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from django.db import connection
from psycopg import sql

from intake.kinds import FieldType
from intake.mapping import Match
from intake.models import ImportRun

_TYPES: dict[FieldType, sql.SQL] = {
    "text": sql.SQL("text"),
    "integer": sql.SQL("bigint"),
    "decimal": sql.SQL("numeric"),
    "timestamp": sql.SQL("timestamp"),
    "date": sql.SQL("date"),
}


class CopyStream(Protocol):
    def write(self, buffer: str) -> None: ...


def create(run: ImportRun, match: Match) -> None:
    """A fresh, empty staging table; autovacuum leaves it alone, it does not live long enough."""
    columns: list[sql.Composable] = [sql.SQL("line int NOT NULL")]
    for column in match.columns:
        columns.append(sql.SQL("{} {}").format(sql.Identifier(column.field.code), _TYPES[column.field.type]))
    drop(run)
    _execute(
        sql.SQL("CREATE UNLOGGED TABLE {} ({}) WITH (autovacuum_enabled = false)").format(
            sql.Identifier(run.stage), sql.SQL(", ").join(columns)
        )
    )


def bound_memory() -> None:
    """To the end of the transaction, what a statement sorts or hashes beyond this goes to disk.

    So that a file of ten times the rows takes longer, not more memory.
    """
    _execute(sql.SQL("SET LOCAL work_mem = '16MB'"))
    _execute(sql.SQL("SET LOCAL hash_mem_multiplier = 1"))


def drop(run: ImportRun) -> None:
    _execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(run.stage)))


@contextmanager
def copying(run: ImportRun) -> Iterator[CopyStream]:
    """A stream into the staging table; what is written counts when the block ends without error."""
    with connection.wrap_database_errors, _raw_cursor() as cursor, cursor.copy(_copy(run.stage)) as stream:
        yield cast("CopyStream", stream)


@contextmanager
def _raw_cursor() -> Iterator[Any]:
    with connection.cursor() as cursor:
        yield cursor


def _copy(stage: str) -> sql.Composed:
    return sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(stage))


def _execute(statement: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string())  # plain text: the audit trail reads it in a request
