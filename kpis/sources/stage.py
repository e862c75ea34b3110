"""The staging table of a run: its columns, and the segments its dimension columns name."""

from typing import Any

from django.db import connection

from kpis.segments import ensure_segments, key_of

DIGITS = 12  # before the point of a figure in a file; four more are left for the sums of many of them


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
