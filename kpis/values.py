"""Step ③: facts → values, many indicators and periods at once, in a constant number of queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from base.calendar import Period
from kpis.catalogue import Catalogue
from kpis.formula import Ref, evaluate
from kpis.models import Aggregation
from kpis.slots import Output, SlotPlan, plan_slots

Amount = Decimal | None


@dataclass(frozen=True)
class Question:
    """Which indicators, over which disjoint periods, split by which dimensions, within which segment."""

    indicators: tuple[str, ...]
    periods: tuple[Period, ...]
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """A value of an indicator; ``value`` is None where it is unknown and ``reason`` says why."""

    indicator: str
    period: Period
    segment: Mapping[str, str | None]
    value: Amount
    days_present: int
    days_expected: int
    reason: str | None = None


def compute(question: Question, catalogue: Catalogue) -> list[Value]:
    """Values in the order indicator, period, segment. Raises KeyError for an unknown indicator."""
    periods = tuple(sorted(question.periods, key=lambda period: period.start))
    refs = {ref for code in question.indicators for ref in catalogue.refs(code)}
    plan = plan_slots(catalogue, refs, question.by, question.where)
    amounts = _read(plan, periods, catalogue)
    outputs = sorted({slot.output for slot in plan.slots}, key=str) if question.by else [()]
    return [
        _value(code, period, number, output, question.by, catalogue, plan, amounts)
        for code in question.indicators
        for number, period in enumerate(periods)
        for output in outputs
    ]


Amounts = dict[tuple[Ref, Output, int], Decimal]


def _value(
    code: str,
    period: Period,
    number: int,
    output: Output,
    by: Sequence[str],
    catalogue: Catalogue,
    plan: SlotPlan,
    amounts: Amounts,
) -> Value:
    refs = catalogue.refs(code)
    spoken = catalogue.spoken_for(code).within(period.start, period.end)

    def look_up(ref: Ref) -> Amount:
        if ref in plan.missing or not catalogue.spoken(ref.code).within(period.start, period.end):
            return None
        return amounts.get((ref, output, number), _absent(catalogue, ref))

    value = evaluate(catalogue.formula(code), look_up)
    return Value(
        indicator=code,
        period=period,
        segment=dict(zip(by, output, strict=True)),
        value=value,
        days_present=len(spoken),
        days_expected=period.days,
        reason=None if value is not None else _reason(refs, plan, bool(spoken)),
    )


def _absent(catalogue: Catalogue, ref: Ref) -> Amount:
    """What no fact means inside coverage: zero of a sum or a count, unknown of anything else."""
    measure = catalogue.measures[ref.code]
    return Decimal(0) if measure.over_time in (Aggregation.SUM, Aggregation.DISTINCT) else None


def _reason(refs: Iterable[Ref], plan: SlotPlan, spoken: bool) -> str:
    for ref in refs:
        if ref in plan.missing:
            return plan.missing[ref]
    return "nothing_to_divide_by" if spoken else "no_data"


def _read(plan: SlotPlan, periods: Sequence[Period], catalogue: Catalogue) -> Amounts:
    """The amounts of every slot and period: one query per way of adding up that occurs (at most three)."""
    amounts: Amounts = {}
    if not periods:
        return amounts
    for read, wanted in _READERS:
        numbers = [n for n, slot in enumerate(plan.slots) if wanted(catalogue, slot.ref)]
        if numbers:
            for number, period, amount in read(plan, numbers, periods, catalogue):
                slot = plan.slots[number]
                amounts[slot.ref, slot.output, period] = amount
    return amounts


type_rows = Iterable[tuple[int, int, Decimal]]


def _over_time(catalogue: Catalogue, ref: Ref) -> str:
    return catalogue.measures[ref.code].over_time


def _is_customers(_catalogue: Catalogue, ref: Ref) -> bool:
    return ref.code in CUSTOMER_COUNTS


def _is_sum(catalogue: Catalogue, ref: Ref) -> bool:
    return not _is_customers(catalogue, ref) and _over_time(catalogue, ref) in (
        Aggregation.SUM,
        Aggregation.MEAN,
    )


def _is_other(catalogue: Catalogue, ref: Ref) -> bool:
    return not _is_customers(catalogue, ref) and not _is_sum(catalogue, ref)


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
        is_mean = _over_time(catalogue, plan.slots[number].ref) == Aggregation.MEAN
        yield number, period, value / weight if is_mean else value


_PICK: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    Aggregation.FIRST: lambda days: days[0],
    Aggregation.LAST: lambda days: days[-1],
    Aggregation.MIN: min,
    Aggregation.MAX: max,
}


def _days(
    plan: SlotPlan, numbers: Sequence[int], periods: Sequence[Period], catalogue: Catalogue
) -> type_rows:
    """Stocks and extremes: segments are put together within each day, then one day speaks for the period."""
    rows = _rows(
        f"""{_WANTED}
        SELECT x.number, x.bucket - 1, array_agg(x.value ORDER BY x.date)
        FROM (SELECT w.number, f.date, sum(f.value) AS value, width_bucket(f.date, %(starts)s::date[]) AS bucket
              FROM wanted w JOIN kpis_fact f USING (cut_id, measure_id, segment_id) WHERE {_IN_PERIOD}
              GROUP BY w.number, f.date) x
        JOIN ends e ON e.bucket = x.bucket AND x.date <= e.high
        GROUP BY x.number, x.bucket""",
        _parameters(plan, numbers, periods),
    )
    for number, period, values in rows:
        over_time = _over_time(catalogue, plan.slots[number].ref)
        if over_time in _PICK:
            yield number, period, _PICK[over_time](values)
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
    (_sums, _is_sum),
    (_customers, _is_customers),
    (_days, _is_other),
)


def latest_day(catalogue: Catalogue) -> date | None:
    """The last day any source has spoken for."""
    return max((days.last for days in catalogue.coverage.values() if days.last), default=None)
