"""Live fact rows → daily facts, at the grain of the files and rolled up to every pair, dimension and the total."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

from django.db import connection

from kpis.catalogue import PUT_TOGETHER
from kpis.cuts import clear_facts, ensure_cuts
from kpis.models import Cut, Measure, Segment, Source
from kpis.segments import ensure_segments, key_of, project

type_dims = tuple[str, ...]


def rebuild(*, source: Source, measures: Sequence[int | None], start: date, end: date) -> int:
    """Recompute the facts of these measures for the days in [start, end]; returns how many were replaced."""
    found = list(Measure.objects.filter(pk__in=[pk for pk in measures if pk]))
    with connection.cursor() as cursor:
        native = _native_grains(cursor, source, found)
        plan = {m: feeders(m, native.get(m.pk, {})) for m in found}
        removed = sum(_clear(source, m, plan[m], start, end) for m in found)
        cuts = {m: ensure_cuts(source, list(plan[m]), [m]) for m in found}
        _write_plan(cursor, plan, cuts, native)
        _insert(cursor, source, start, end)
    return removed


def _clear(source: Source, measure: Measure, fed: Mapping[type_dims, Any], start: date, end: date) -> int:
    """Remove the facts of the days, and the cuts of the measure that no file in force feeds any more."""
    cuts = list(Cut.objects.filter(source=source, measures=measure))
    unfed = [cut for cut in cuts if tuple(cut.dimensions) not in fed]
    measure.cuts.remove(*unfed)
    return clear_facts(unfed, date.min, date.max, [measure]) + clear_facts(cuts, start, end, [measure])


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


def feeders(measure: Measure, native: Iterable[type_dims]) -> dict[type_dims, list[type_dims]]:
    """Which native grains feed each cut of a measure, best first: on each day the best that has figures, alone.

    So no total is counted twice, in whatever order files of several grains come. A grain feeds its own cut best, and
    the smaller ones it contains; what cannot be put together over segments (a distinct count) stays at its own grain.
    """
    grains = sorted(native, key=lambda dims: (len(dims), dims))
    plan: dict[type_dims, list[type_dims]] = {dims: [dims] for dims in grains}
    if measure.over_segments not in PUT_TOGETHER:
        return plan
    for dims in grains:
        smaller = {combo for size in (0, 1, 2) for combo in combinations(dims, size)}
        for cut in sorted(smaller | {other for other in grains if set(other) < set(dims)}):
            if dims not in (fed := plan.setdefault(cut, [])):
                fed.append(dims)
    return plan


def _write_plan(
    cursor: Any,
    plan: dict[Measure, dict[type_dims, list[type_dims]]],
    cuts: dict[Measure, list[Cut]],
    native: dict[int, dict[type_dims, list[int]]],
) -> None:
    """`fact_plan`: which cut and segment each (measure, source segment) is summed into, after which other grains."""
    used = {s for grains in native.values() for ids in grains.values() for s in ids}
    values = dict(Segment.objects.filter(pk__in=used).values_list("id", "values"))
    rows = [
        (measure.pk, segment, cut.pk, rank, project(values[segment], cut.dimensions))
        for measure, fed in plan.items()
        for cut in cuts[measure]
        for rank, grain in enumerate(fed[tuple(cut.dimensions)])
        for segment in native[measure.pk][grain]
    ]
    ids = ensure_segments([row[4] for row in rows])
    cursor.execute("DROP TABLE IF EXISTS fact_plan")
    cursor.execute(
        """CREATE TEMP TABLE fact_plan
        (measure_id bigint, segment_id bigint, cut_id bigint, rank int, target_id bigint) ON COMMIT DROP"""
    )
    cursor.execute(
        """INSERT INTO fact_plan
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[])""",
        [*([row[n] for row in rows] for n in range(4)), [ids[key_of(row[4])] for row in rows]],
    )
    cursor.execute("ANALYZE fact_plan")


def _insert(cursor: Any, source: Source, start: date, end: date) -> None:
    """A mean keeps its sum and its count, so that it is a sum over a sum at any grain."""
    cursor.execute("SELECT coalesce(max(rank), 0) > 0 FROM fact_plan")
    several = cursor.fetchone()[0]
    best = "min(p.rank) OVER (PARTITION BY p.cut_id, r.measure_id, r.date)" if several else "0"
    cursor.execute(
        f"""INSERT INTO kpis_fact (cut_id, measure_id, segment_id, date, value, weight)
        SELECT r.cut_id, r.measure_id, r.target_id, r.date,
            CASE k.over_segments WHEN 'min' THEN min(r.value) WHEN 'max' THEN max(r.value) ELSE sum(r.value) END,
            CASE WHEN 'mean' IN (k.over_time, k.over_segments) THEN count(*) ELSE 1 END
        FROM (SELECT p.cut_id, p.target_id, p.rank, {best} AS best, r.measure_id, r.date, r.value
              FROM kpis_factrow r JOIN fact_plan p USING (measure_id, segment_id)
              WHERE r.source_id = %s AND r.superseded_by_id IS NULL AND r.date BETWEEN %s AND %s) r
        JOIN kpis_measure k ON k.id = r.measure_id
        WHERE r.rank = r.best
        GROUP BY r.cut_id, r.measure_id, r.target_id, r.date, k.over_segments, k.over_time
        ORDER BY r.date""",
        [source.pk, start, end],
    )
