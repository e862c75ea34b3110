"""Queries about a person and a day, written as SQL once a process.

Who stands to whom is asked on every page, by conditions nested so deep that Django takes longer to write them than
PostgreSQL to answer: the text is kept, and only the person and the day change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User

# Stand in for those asked about while the text is written; no row has them.
_SOMEBODY, _SOMEBODY_ELSE, _SOME_DAY = -1, -2, date(1, 1, 1)


@dataclass(frozen=True)
class Written:
    """``sql`` takes ``parameters``, once those that stand in are replaced."""

    sql: str
    parameters: tuple[Any, ...]

    def values(self, visitor: int, day: date, person: int = _SOMEBODY_ELSE) -> list[Any]:
        asked = {_SOMEBODY: visitor, _SOME_DAY: day, _SOMEBODY_ELSE: person}
        return [asked.get(value, value) for value in self.parameters]

    def subquery(self, visitor: int, day: date) -> RawSQL:
        return RawSQL(self.sql, self.values(visitor, day))

    def rows(self, visitor: int, day: date, person: int = _SOMEBODY_ELSE) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.values(visitor, day, person))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


def written(build: Callable[[User, date, int], QuerySet[Any, Any]], **tables: Written) -> Written:
    """``build`` makes the query for a visitor, a day and the id of another person; ``tables`` are what it names
    besides, each answered once however often it is named.
    """
    query = build(User(pk=_SOMEBODY), _SOME_DAY, _SOMEBODY_ELSE).query
    sql, parameters = query.sql_with_params()
    if tables:
        named = ", ".join(f"{name} AS MATERIALIZED ({table.sql})" for name, table in tables.items())
        sql = f"WITH {named} {sql}"
    before = (value for table in tables.values() for value in table.parameters)
    return Written(sql, (*before, *parameters))
