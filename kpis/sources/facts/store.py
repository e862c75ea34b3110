"""Checked figures → live fact rows. A file replaces what it covers: its measures, at its grain, between its dates."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from intake.kinds import Stored
from intake.models import ImportRun
from intake.sentences import Sentence, sentence
from kpis.coverage import Span, forget_coverage, record_coverage
from kpis.models import Dimension, Measure, Source
from kpis.sources.facts.facts import rebuild
from kpis.sources.registry import source_of
from kpis.sources.stage import dimension_key, map_segments, stage_columns, take_out_strays

ROWS = "kpis_factrow"


def store(*, run: ImportRun, stage: str) -> Stored:
    """Store the staged figures of a run; must run inside one transaction."""
    source = source_of(run, kind="facts")
    with connection.cursor() as cursor:
        columns = stage_columns(cursor, stage)
        rejects = take_out_strays(cursor, stage, "date")
        rejects += _unknown_measures(cursor, stage) if "measure" in columns else []
        dimensions = sorted(d.code for d in Dimension.objects.all() if d.code in columns)
        map_segments(cursor, stage, dimensions)
        _unfold(cursor, stage, columns, dimensions)
        spans = _spans(cursor)
        if not spans:
            return Stored(None, None, {}, [], rejects)
        replaced = _supersede(cursor, source, run, dimensions, spans)
        cursor.execute(
            f"""INSERT INTO {ROWS} (source_id, run_id, measure_id, segment_id, date, value)
            SELECT %s, %s, measure_id, segment_id, date, value FROM stage_value ORDER BY date""",
            [source.pk, run.pk],
        )
    record_coverage(run, source, spans)
    start, end = min(span.start for span in spans.values()), max(span.end for span in spans.values())
    rebuild(source=source, measures=list(spans), start=start, end=end)
    warnings: list[str] = [_replaced_sentence(replaced)] if replaced else []
    return Stored(start, end, _totals(run), warnings, rejects)


def undo(*, run: ImportRun) -> int:
    """Take a run back: its rows go, those it replaced live again unless a later file covers them too."""
    source = source_of(run, kind="facts")
    forget_coverage(run)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT array_agg(DISTINCT measure_id), min(date), max(date) FROM {ROWS}
            WHERE run_id = %s OR superseded_by_id = %s""",
            [run.pk, run.pk],
        )
        measures, start, end = cursor.fetchone()
        if not measures:
            return 0
        cursor.execute(f"DELETE FROM {ROWS} WHERE run_id = %s", [run.pk])
        cursor.execute(_REVIVE, {"run": run.pk, "source": source.pk})
    return rebuild(source=source, measures=measures, start=start, end=end)


# A row revived by an undo belongs to the earliest later file of the same measure and grain that covers its day.
_REVIVE = f"""
UPDATE {ROWS} r SET superseded_by_id = (
    SELECT min(c.run_id) FROM kpis_coverage c
    WHERE c.source_id = %(source)s AND c.measure_id = r.measure_id AND c.run_id > r.run_id
      AND r.date BETWEEN c.start AND c.end
      AND EXISTS (SELECT FROM {ROWS} x JOIN kpis_segment xs ON xs.id = x.segment_id
                  WHERE x.run_id = c.run_id AND x.measure_id = r.measure_id AND xs.dimensions = s.dimensions))
FROM kpis_segment s WHERE s.id = r.segment_id AND r.superseded_by_id = %(run)s"""


def _unknown_measures(cursor: Any, stage: str) -> list[tuple[int, str]]:
    """Rows of a long file that name no measure of the catalogue, or give no value, are taken out and told."""
    cursor.execute(
        f"""DELETE FROM {stage} WHERE value IS NULL OR measure IS NULL
        OR lower(measure) NOT IN (SELECT code FROM kpis_measure) RETURNING line, measure"""
    )
    rows = cursor.fetchall()
    known = set(Measure.objects.values_list("code", flat=True)) if rows else set()
    return [(line, _reject_reason(measure, known)) for line, measure in rows]


def _reject_reason(measure: str | None, known: set[str]) -> Sentence:
    if measure and measure.lower() in known:
        return sentence(gettext_noop("no value"))
    return sentence(gettext_noop("unknown measure “%(measure)s”"), measure=measure or "")


def _unfold(cursor: Any, stage: str, columns: set[str], dimensions: list[str]) -> None:
    """`stage_value`: one row per measure, segment, day and line, from either layout."""
    cursor.execute("DROP TABLE IF EXISTS stage_value")
    cursor.execute(
        """CREATE TEMP TABLE stage_value (measure_id bigint, segment_id bigint, date date, value numeric)
        ON COMMIT DROP"""
    )
    join = f"JOIN stage_segment m ON m.key = {dimension_key(dimensions)}"
    if "measure" in columns:
        cursor.execute(
            f"""INSERT INTO stage_value SELECT k.id, m.segment_id, s.date, s.value
            FROM {stage} s {join} JOIN kpis_measure k ON k.code = lower(s.measure)"""
        )
    wide = {m.code: m.pk for m in Measure.objects.all() if m.code in columns}
    if wide:
        pairs = ", ".join(f"({pk}, s.{code})" for code, pk in wide.items())
        cursor.execute(
            f"""INSERT INTO stage_value SELECT v.measure_id, m.segment_id, s.date, v.value
            FROM {stage} s {join} CROSS JOIN LATERAL (VALUES {pairs}) AS v (measure_id, value)
            WHERE v.value IS NOT NULL"""
        )
    cursor.execute("ANALYZE stage_value")


def _spans(cursor: Any) -> dict[int | None, Span]:
    cursor.execute("SELECT measure_id, min(date), max(date) FROM stage_value GROUP BY measure_id")
    return {measure: Span(start, end) for measure, start, end in cursor.fetchall()}


def _supersede(
    cursor: Any, source: Source, run: ImportRun, dimensions: list[str], spans: dict[int | None, Span]
) -> int:
    cursor.execute(
        f"""UPDATE {ROWS} r SET superseded_by_id = %s
        FROM kpis_segment s, unnest(%s::bigint[], %s::date[], %s::date[]) AS w (measure_id, low, high)
        WHERE s.id = r.segment_id AND s.dimensions = %s::varchar[] AND r.source_id = %s AND r.run_id <> %s
          AND r.superseded_by_id IS NULL AND r.measure_id = w.measure_id AND r.date BETWEEN w.low AND w.high""",
        [
            run.pk,
            list(spans),
            [span.start for span in spans.values()],
            [span.end for span in spans.values()],
            dimensions,
            source.pk,
            run.pk,
        ],
    )
    return int(cursor.rowcount)


def _totals(run: ImportRun) -> dict[str, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT k.code, sum(r.value) FROM {ROWS} r JOIN kpis_measure k ON k.id = r.measure_id
            WHERE r.run_id = %s GROUP BY k.code ORDER BY k.code""",
            [run.pk],
        )
        return dict(cursor.fetchall())


def _replaced_sentence(count: int) -> Sentence:
    told = gettext_noop(
        "Figures already known that this file replaced: %(count)s; undoing it brings them back."
    )
    return sentence(told, count=count)
