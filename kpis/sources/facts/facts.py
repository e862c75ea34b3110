"""Live fact rows → daily facts, at the grain of the files and rolled up to every pair, dimension and the total."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import combinations
from typing import Any

from django.db import connection

from kpis.catalogue import PUT_TOGETHER
from kpis.facts import clear_facts, ensure_cuts
from kpis.models import Cut, Measure, Segment, Source
from kpis.segments import ensure_segments, key_of, project

type_dims = tuple[str, ...]


def rebuild(*, source: Source, measures: Sequence[int | None], start: date, end: date) -> int:
    """Recompute the facts of these measures for the days in [start, end]; returns how many were replaced."""
    found = list(Measure.objects.filter(pk__in=[pk for pk in measures if pk]))
    with connection.cursor() as cursor:
        native = _native_grains(cursor, source, found)
        plan = {m: feeders(m, native.get(m.pk, {})) for m in found}
        cuts = {
            m: ensure_cuts(source, list(fed), [m])
            if fed
            else list(Cut.objects.filter(source=source, measures=m))
            for m, fed in plan.items()
        }
        removed = sum(clear_facts(cuts[m], start, end, [m]) for m in found)
        _write_plan(cursor, plan, cuts, native)
        _insert(cursor, source, start, end)
    return removed


def _native_grains(
    cursor: Any, source: Source, measures: Iterable[Measure]
) -> dict[int, dict[type_dims, list[int]]]:
    """By measure: the sets of dimensions its files carry, each with the segments met."""
    cursor.execute(
        """SELECT DISTINCT r.measure_id, r.segment_id FROM kpis_factrow r
        WHERE r.source_id = %s AND r.measure_id = ANY(%s) AND r.superseded_by_id IS NULL""",
        [source.pk, [m.pk for m in measures]],
    )
    pairs = cursor.fetchall()
    names = dict(Segment.objects.filter(pk__in={s for _m, s in pairs}).values_list("id", "dimensions"))
    out: dict[int, dict[type_dims, list[int]]] = {}
    for measure, segment in sorted(pairs):
        out.setdefault(measure, {}).setdefault(tuple(names[segment]), []).append(segment)
    return out


def feeders(measure: Measure, native: Iterable[type_dims]) -> dict[type_dims, type_dims]:
    """Which native grain feeds each cut of a measure, so that no total is counted twice.

    A grain feeds its own cut; a smaller cut no file carries is fed by the first grain that contains it. What cannot
    be put together over segments (a distinct count) stays at its own grain.
    """
    grains = sorted(native, key=lambda dims: (len(dims), dims))
    plan = {dims: dims for dims in grains}
    if measure.over_segments not in PUT_TOGETHER:
        return plan
    for dims in grains:
        for size in range(min(len(dims), 2) + 1):
            for smaller in combinations(dims, size):
                plan.setdefault(smaller, dims)
    return plan


def _write_plan(
    cursor: Any,
    plan: dict[Measure, dict[type_dims, type_dims]],
    cuts: dict[Measure, list[Cut]],
    native: dict[int, dict[type_dims, list[int]]],
) -> None:
    """`fact_plan`: which cut and segment each (measure, source segment) is summed into."""
    used = {s for grains in native.values() for ids in grains.values() for s in ids}
    values = dict(Segment.objects.filter(pk__in=used).values_list("id", "values"))
    rows = [
        (measure.pk, segment, cut.pk, project(values[segment], cut.dimensions))
        for measure, fed in plan.items()
        for cut in cuts[measure]
        if tuple(cut.dimensions) in fed
        for segment in native[measure.pk][fed[tuple(cut.dimensions)]]
    ]
    ids = ensure_segments([row[3] for row in rows])
    cursor.execute("DROP TABLE IF EXISTS fact_plan")
    cursor.execute(
        """CREATE TEMP TABLE fact_plan (measure_id bigint, segment_id bigint, cut_id bigint, target_id bigint)
        ON COMMIT DROP"""
    )
    cursor.execute(
        "INSERT INTO fact_plan SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])",
        [[r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [ids[key_of(r[3])] for r in rows]],
    )
    cursor.execute("ANALYZE fact_plan")


def _insert(cursor: Any, source: Source, start: date, end: date) -> None:
    """A mean keeps its sum and its count, so that it is a sum over a sum at any grain."""
    cursor.execute(
        """INSERT INTO kpis_fact (cut_id, measure_id, segment_id, date, value, weight)
        SELECT p.cut_id, r.measure_id, p.target_id, r.date,
            CASE k.over_segments WHEN 'min' THEN min(r.value) WHEN 'max' THEN max(r.value) ELSE sum(r.value) END,
            CASE WHEN 'mean' IN (k.over_time, k.over_segments) THEN count(*) ELSE 1 END
        FROM kpis_factrow r JOIN fact_plan p USING (measure_id, segment_id) JOIN kpis_measure k ON k.id = r.measure_id
        WHERE r.source_id = %s AND r.superseded_by_id IS NULL AND r.date BETWEEN %s AND %s
        GROUP BY p.cut_id, r.measure_id, p.target_id, r.date, k.over_segments, k.over_time
        ORDER BY r.date""",
        [source.pk, start, end],
    )
