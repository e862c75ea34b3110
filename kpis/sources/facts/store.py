"""Checked figures → live fact rows. A file replaces what it covers: its measures, at its grain, between its dates."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from accounts.models import User
from base.sentences import Sentence, sentence
from intake.kinds import Stored
from intake.models import ImportRun
from intake.problems import Refused
from kpis.coverage import Span, forget_coverage, record_coverage
from kpis.models import Dimension, Measure, Source
from kpis.sources.facts.daily_facts import rebuild
from kpis.sources.reach import Reach, named_days, refuse_vanishing, told_apart
from kpis.sources.registry import held_elsewhere, source_of
from kpis.sources.stage import dimension_key, map_segments, stage_columns, take_out_strays

ROWS = "kpis_factrow"


def store(*, run: ImportRun, stage: str) -> Stored:
    """Store the staged figures of a run; must run inside one transaction.

    Refused when they would count nowhere or erase most of what is known.
    """
    source = source_of(run, kind="facts")
    with connection.cursor() as cursor:
        columns = stage_columns(cursor, stage)
        rejects = take_out_strays(cursor, stage, "date")
        rejects += _unknown_measures(cursor, stage, run.by) if "measure" in columns else []
        dimensions = sorted(d.code for d in Dimension.objects.all() if d.code in columns)
        map_segments(cursor, stage, dimensions)
        _unfold(cursor, stage, columns, dimensions)
        elsewhere = _leave_out_held(cursor, source)
        reaches = _reaches(cursor, run)
        if not reaches:
            return Stored(None, None, {}, [], rejects)
        replaced = _supersede(cursor, source, run, dimensions, reaches)
        cursor.execute(
            f"""INSERT INTO {ROWS} (source_id, run_id, measure_id, segment_id, date, value)
            SELECT %s, %s, measure_id, segment_id, date, value FROM stage_value ORDER BY date""",
            [source.pk, run.pk],
        )
        cursor.execute("SELECT min(date), max(date) FROM stage_value")
        start, end = cursor.fetchone()
    spans = {measure: reach.span for measure, reach in reaches.items() if reach.span}
    record_coverage(run, source, spans, {measure: reach.named for measure, reach in reaches.items()})
    rebuild(source=source, measures=list(reaches), start=start, end=end)
    apart = {day for reach in reaches.values() for day in reach.named}
    warnings: list[str] = [*elsewhere, *told_apart(run, apart)]
    warnings += replaced
    if spans:
        start, end = min(span.start for span in spans.values()), max(span.end for span in spans.values())
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
      AND (NOT c.by_name OR EXISTS (SELECT FROM {ROWS} x WHERE x.run_id = c.run_id
           AND (x.measure_id, x.segment_id, x.date) = (r.measure_id, r.segment_id, r.date)))
      AND EXISTS (SELECT FROM {ROWS} x JOIN kpis_segment xs ON xs.id = x.segment_id
                  WHERE x.run_id = c.run_id AND x.measure_id = r.measure_id AND xs.dimensions = s.dimensions))
FROM kpis_segment s WHERE s.id = r.segment_id AND r.superseded_by_id = %(run)s"""


def _unknown_measures(cursor: Any, stage: str, by: User | None) -> list[tuple[int, str]]:
    """Rows of a long file that name no measure of the catalogue, or give no value, are taken out and told. What whoever
    gave the file may not read is no measure to them; the command line knows all.
    """
    measures = Measure.objects.all() if by is None else Measure.objects.visible_to(by)
    known = set(measures.values_list("code", flat=True))
    cursor.execute(
        f"""DELETE FROM {stage} WHERE value IS NULL OR measure IS NULL
        OR lower(measure) <> ALL(%s::text[]) RETURNING line, measure""",
        [list(known)],
    )
    rows = cursor.fetchall()
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


def _leave_out_held(cursor: Any, source: Source) -> list[Sentence]:
    """Figures of measures that another source holds are left out and told with their sum; Refused when all are."""
    cursor.execute("SELECT measure_id, sum(value) FROM stage_value GROUP BY measure_id")
    sums = dict(cursor.fetchall())
    held = held_elsewhere(source, Measure.objects.filter(pk__in=sums))
    if held and len(held) == len(sums):
        measure, holder = next(iter(held.items()))
        raise Refused(_HELD, measure=measure.name, holder=holder.code, sum=float(sums[measure.pk]))
    cursor.execute("DELETE FROM stage_value WHERE measure_id = ANY(%s)", [[measure.pk for measure in held]])
    return [
        sentence(_HELD, measure=measure.name, holder=holder.code, sum=float(sums[measure.pk]))
        for measure, holder in held.items()
    ]


_HELD = gettext_noop(
    "“%(measure)s” is already read from the source “%(holder)s”, and would count nowhere from a second one: "
    "these figures, %(sum)s in all, were not stored. Import the file under that source, or undo first the imports that "
    "hold it."
)


def _reaches(cursor: Any, run: ImportRun) -> dict[int | None, Reach]:
    """By measure, what the file replaces: from its first to its last day but those that lie apart."""
    cursor.execute(
        "SELECT measure_id, array_agg(DISTINCT date ORDER BY date) FROM stage_value GROUP BY measure_id"
    )
    return {measure: _reach(run, days) for measure, days in cursor.fetchall()}


def _reach(run: ImportRun, days: Sequence[date]) -> Reach:
    named = named_days(run, [(day, 1) for day in days])
    whole = [day for day in days if day not in set(named)]
    return Reach(Span(whole[0], whole[-1]) if whole else None, named)


def _supersede(
    cursor: Any, source: Source, run: ImportRun, dimensions: list[str], reaches: Mapping[int | None, Reach]
) -> list[Sentence]:
    """The file replaces the figures of its grain it spans and those it names; returns what to tell of them."""
    spans = {measure: reach.span for measure, reach in reaches.items() if reach.span}
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
    _supersede_named(cursor, source, run, sorted({day for reach in reaches.values() for day in reach.named}))
    return _replaced(cursor, run)


def _replaced(cursor: Any, run: ImportRun) -> list[Sentence]:
    """How many figures the file replaced, and by measure those it does not hold; Refused when these are most."""
    cursor.execute(
        f"""SELECT r.measure_id, count(*), count(*) FILTER (WHERE v.date IS NULL),
            coalesce(sum(r.value) FILTER (WHERE v.date IS NULL), 0), min(r.date), max(r.date)
        FROM {ROWS} r LEFT JOIN (SELECT DISTINCT measure_id, segment_id, date FROM stage_value) v
            USING (measure_id, segment_id, date)
        WHERE r.superseded_by_id = %s GROUP BY r.measure_id ORDER BY r.measure_id""",
        [run.pk],
    )
    rows = cursor.fetchall()
    if not rows:
        return []
    count, gone = sum(row[1] for row in rows), sum(row[2] for row in rows)
    start, end = min(row[4] for row in rows), max(row[5] for row in rows)
    refuse_vanishing(run, gone=gone, back=count - gone, start=start, end=end)
    names = Measure.objects.in_bulk([row[0] for row in rows])
    return [
        sentence(_REPLACED, count=count),
        *(
            sentence(_GONE, measure=names[measure].name, gone=lost, sum=float(total))
            for measure, _count, lost, total, _first, _last in rows
            if lost
        ),
    ]


def _supersede_named(cursor: Any, source: Source, run: ImportRun, days: Sequence[date]) -> None:
    if days:
        cursor.execute(
            f"""UPDATE {ROWS} r SET superseded_by_id = %s
            FROM (SELECT DISTINCT measure_id, segment_id, date FROM stage_value WHERE date = ANY(%s)) v
            WHERE r.source_id = %s AND r.superseded_by_id IS NULL
              AND (r.measure_id, r.segment_id, r.date) = (v.measure_id, v.segment_id, v.date)""",
            [run.pk, list(days), source.pk],
        )


def _totals(run: ImportRun) -> dict[str, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT k.code, sum(r.value) FROM {ROWS} r JOIN kpis_measure k ON k.id = r.measure_id
            WHERE r.run_id = %s GROUP BY k.code ORDER BY k.code""",
            [run.pk],
        )
        return dict(cursor.fetchall())


_REPLACED = gettext_noop(
    "Figures already known that this file replaced: %(count)s; undoing it brings them back."
)
_GONE = gettext_noop(
    "Of “%(measure)s”, the file no longer holds %(gone)s of the figures it replaced: these count no more, "
    "%(sum)s in all."
)
