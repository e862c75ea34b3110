"""The staging table of a run: its columns, and the segments its dimension columns name."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from base.sentences import sentence
from kpis.segments import ensure_segments, key_of

DIGITS = 12  # before the point of a figure in a file; four more are left for the sums of many of them

# A file replaces all it spans: a few rows dated this far from nearly all others are slips, not a reach of years.
STRAY_DAYS = 180
MOST_STRAY = 0.01


def stage_columns(cursor: Any, stage: str) -> set[str]:
    return {column.name for column in connection.introspection.get_table_description(cursor, stage)}


def dimension_key(dimensions: list[str]) -> str:
    r"""SQL text that tells the dimension values of a line apart, unknown (NULL) included."""
    parts = [f"coalesce(s.{name}, E'\\x01')" for name in dimensions]
    return " || E'\\x02' || ".join(parts) if parts else "''"


def map_segments(cursor: Any, stage: str, dimensions: list[str]) -> None:
    """A temporary table from the dimension values met in the file to segment ids."""
    cursor.execute(f"SELECT DISTINCT {dimension_key(dimensions)} FROM {stage} s")
    found = {row[0]: _values_of(row[0], dimensions) for row in cursor.fetchall()}
    ids = ensure_segments(found.values())
    cursor.execute("DROP TABLE IF EXISTS stage_segment")
    cursor.execute("CREATE TEMP TABLE stage_segment (key text, segment_id bigint) ON COMMIT DROP")
    cursor.execute(
        "INSERT INTO stage_segment SELECT * FROM unnest(%s::text[], %s::bigint[])",
        [list(found), [ids[key_of(values)] for values in found.values()]],
    )
    cursor.execute("ANALYZE stage_segment")


def _values_of(key: str, dimensions: list[str]) -> dict[str, str | None]:
    parts = key.split("\x02") if dimensions else []
    return {name: None if part == "\x01" else part for name, part in zip(dimensions, parts, strict=True)}


def take_out_strays(cursor: Any, stage: str, moment: str) -> list[tuple[int, str]]:
    """Rows dated far from the rest of the file (2062 for 2026) are taken out and told: (line, reason) of each.

    :param moment: the column of dates or times.
    """
    cursor.execute(f"SELECT max({moment})::date - min({moment})::date FROM {stage}")
    (span,) = cursor.fetchone()
    if span is None or span <= STRAY_DAYS:
        return []
    cursor.execute(f"SELECT {moment}::date AS day, count(*) FROM {stage} GROUP BY 1 ORDER BY 1")
    strays = stray_days(cursor.fetchall())
    if not strays:
        return []
    cursor.execute(
        f"DELETE FROM {stage} WHERE {moment}::date = ANY(%s) RETURNING line, {moment}::date", [strays]
    )
    said = gettext_noop("The date %(date)s is more than half a year away from the rest of the file.")
    return [(line, sentence(said, date=day.isoformat())) for line, day in cursor.fetchall()]


def stray_days(counted: Sequence[tuple[date, int]]) -> list[date]:
    """The days, of (day, rows) in order, that lie STRAY_DAYS from a body of nearly all rows, if there is one."""
    blocks = list(_blocks(counted))
    body = max(blocks, key=_rows, default=[])
    total = sum(map(_rows, blocks))
    if _rows(body) < (1 - MOST_STRAY) * total:
        return []
    return [day for block in blocks if block is not body for day, _count in block]


def _blocks(counted: Sequence[tuple[date, int]]) -> Iterable[list[tuple[date, int]]]:
    """Runs of days without a gap of more than STRAY_DAYS."""
    starts = [n for n, (a, b) in enumerate(pairwise(counted), 1) if (b[0] - a[0]).days > STRAY_DAYS]
    return (list(counted[low:high]) for low, high in pairwise([0, *starts, len(counted)]))


def _rows(block: Iterable[tuple[date, int]]) -> int:
    return sum(count for _day, count in block)
