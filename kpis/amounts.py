"""Facts put together over periods: the amounts formulas are evaluated with, in a constant number of queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from base.calendar import Period
from kpis.catalogue import Catalogue
from kpis.formula import Ref
from kpis.models import Aggregation, Measure
from kpis.segments_needed import Output, SlotPlan

Amounts = Mapping[tuple[Ref, Output, Period], Decimal]


def read_amounts(plan: SlotPlan, periods: Iterable[Period], catalogue: Catalogue) -> Amounts:
    """The amounts of every slot and period.

    One query per way of adding up that occurs (at most three), times one for disjoint periods, more where they overlap.
    """
    amounts: dict[tuple[Ref, Output, Period], Decimal] = {}
    for layer in layers(set(periods)):
        for read, wanted in _READERS:
            numbers = [n for n, slot in enumerate(plan.slots) if wanted(catalogue, slot.ref)]
            if not numbers:
                continue
            for number, place, amount in read(plan, numbers, layer, catalogue):
                slot = plan.slots[number]
                amounts[slot.ref, slot.output, layer[place]] = amount
    return amounts


def layers(periods: Iterable[Period]) -> list[list[Period]]:
    """Periods in as few lists of disjoint ones as a single sweep finds."""
    out: list[list[Period]] = []
    for period in sorted(periods):
        free = next((layer for layer in out if layer[-1].end < period.start), None)
        if free is None:
            out.append([period])
        else:
            free.append(period)
    return out


type_rows = Iterable[tuple[int, int, Decimal]]


def over_time(catalogue: Catalogue, ref: Ref) -> str:
    return catalogue.measures[ref.code].over_time


def is_customers(_catalogue: Catalogue, ref: Ref) -> bool:
    return ref.code in CUSTOMER_COUNTS


def is_pooled(measure: Measure) -> bool:
    """True for a mean over days and segments alike: kept as sum and count, which add up any way."""
    return measure.over_time == measure.over_segments == Aggregation.MEAN


def is_sum(catalogue: Catalogue, ref: Ref) -> bool:
    """Whether the amounts of two periods, summed, are that of both."""
    measure = catalogue.measures[ref.code]
    adds_up = measure.over_segments in (Aggregation.SUM, Aggregation.DISTINCT)
    return measure.over_time == Aggregation.SUM and adds_up and not is_customers(catalogue, ref)


def _is_summed(catalogue: Catalogue, ref: Ref) -> bool:
    """Days and segments add up in any order: one sum does, or two of a pooled mean."""
    pooled = is_pooled(catalogue.measures[ref.code]) and not is_customers(catalogue, ref)
    return pooled or is_sum(catalogue, ref)


def _is_other(catalogue: Catalogue, ref: Ref) -> bool:
    return not is_customers(catalogue, ref) and not _is_summed(catalogue, ref)


# `wanted` lists the fact rows of each slot; periods are disjoint and sorted, so a bucket of their starts finds them.
_WANTED = """
WITH wanted AS (
    SELECT * FROM unnest(%(cuts)s::bigint[], %(measures)s::bigint[], %(segments)s::bigint[], %(numbers)s::int[])
        AS w (cut_id, measure_id, segment_id, number)
), ends AS (
    SELECT ordinality AS bucket, low, high
    FROM unnest(%(starts)s::date[], %(ends)s::date[]) WITH ORDINALITY AS e (low, high, ordinality)
)"""
_IN_PERIOD = """f.date BETWEEN %(first)s AND %(last)s"""


def _parameters(plan: SlotPlan, numbers: Iterable[int], periods: Sequence[Period]) -> dict[str, Any]:
    cuts, measures, segments, kept = plan.arrays(numbers)
    return {
        "cuts": cuts,
        "measures": measures,
        "segments": segments,
        "numbers": kept,
        "starts": [period.start for period in periods],
        "ends": [period.end for period in periods],
        "first": periods[0].start,
        "last": periods[-1].end,
    }


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _sums(
    plan: SlotPlan, numbers: Sequence[int], periods: Sequence[Period], catalogue: Catalogue
) -> type_rows:
    """Sums, and means as sum over count."""
    rows = _rows(
        f"""{_WANTED}
        SELECT x.number, x.bucket - 1, sum(x.value), sum(x.weight)
        FROM (SELECT w.number, f.date, f.value, f.weight, width_bucket(f.date, %(starts)s::date[]) AS bucket
              FROM wanted w JOIN kpis_fact f USING (cut_id, measure_id, segment_id) WHERE {_IN_PERIOD}) x
        JOIN ends e ON e.bucket = x.bucket AND x.date <= e.high
        GROUP BY x.number, x.bucket""",
        _parameters(plan, numbers, periods),
    )
    for number, period, value, weight in rows:
        pooled = is_pooled(catalogue.measures[plan.slots[number].ref.code])
        yield number, period, value / weight if pooled else value


_PICK: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    Aggregation.FIRST: lambda days: days[0],
    Aggregation.LAST: lambda days: days[-1],
    Aggregation.MIN: min,
    Aggregation.MAX: max,
    Aggregation.SUM: lambda days: sum(days, Decimal(0)),
    Aggregation.MEAN: lambda days: sum(days, Decimal(0)) / len(days),
}
# The segments of one day put together, by the measure's aggregation over segments (k is the measure).
DAY_VALUE = """CASE k.over_segments WHEN 'min' THEN min(f.value) WHEN 'max' THEN max(f.value)
    WHEN 'mean' THEN sum(f.value) / sum(f.weight) ELSE sum(f.value) END"""


def _days(
    plan: SlotPlan, numbers: Sequence[int], periods: Sequence[Period], catalogue: Catalogue
) -> type_rows:
    """Stocks, means and extremes: segments are put together within each day, then days within the period."""
    rows = _rows(
        f"""{_WANTED}
        SELECT x.number, x.bucket - 1, array_agg(x.value ORDER BY x.date)
        FROM (SELECT w.number, f.date, {DAY_VALUE} AS value, width_bucket(f.date, %(starts)s::date[]) AS bucket
              FROM wanted w JOIN kpis_fact f USING (cut_id, measure_id, segment_id)
              JOIN kpis_measure k ON k.id = w.measure_id
              WHERE {_IN_PERIOD} GROUP BY w.number, f.date, k.over_segments) x
        JOIN ends e ON e.bucket = x.bucket AND x.date <= e.high
        GROUP BY x.number, x.bucket""",
        _parameters(plan, numbers, periods),
    )
    for number, period, values in rows:
        how = over_time(catalogue, plan.slots[number].ref)
        if how in _PICK:
            yield number, period, _PICK[how](values)
        elif periods[period].days == 1:  # a distinct count of a facts file is known at its own grain only
            yield number, period, values[0]


# A customer counts in a period on the first of its days there; a new one on the first day of its whole history.
CUSTOMER_COUNTS = {
    "active_customers": "f.previous IS NULL OR f.previous < e.low",
    "new_customers": "f.is_new",
}


def _customers(
    plan: SlotPlan, numbers: Sequence[int], periods: Sequence[Period], _catalogue: Catalogue
) -> type_rows:
    parameters = _parameters(plan, numbers, periods)
    parameters["new"] = [n for n in numbers if plan.slots[n].ref.code == "new_customers"]
    rows = _rows(
        f"""{_WANTED}
        SELECT f.number, f.bucket - 1, count(*)
        FROM (SELECT w.number, f.date, f.previous, f.is_new, width_bucket(f.date, %(starts)s::date[]) AS bucket
              FROM wanted w JOIN kpis_customerday f USING (cut_id, segment_id) WHERE {_IN_PERIOD}) f
        JOIN ends e ON e.bucket = f.bucket AND f.date <= e.high
        WHERE CASE WHEN f.number = ANY(%(new)s) THEN {CUSTOMER_COUNTS["new_customers"]}
                   ELSE {CUSTOMER_COUNTS["active_customers"]} END
        GROUP BY f.number, f.bucket""",
        parameters,
    )
    return ((number, period, Decimal(count)) for number, period, count in rows)


Reader = Callable[[SlotPlan, Sequence[int], Sequence[Period], Catalogue], type_rows]
_READERS: tuple[tuple[Reader, Callable[[Catalogue, Ref], bool]], ...] = (
    (_sums, _is_summed),
    (_customers, is_customers),
    (_days, _is_other),
)
