"""Step ③: facts → values, many indicators and periods at once, in a constant number of queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from base.calendar import Period
from kpis.amounts import Amounts, is_customers, is_sum, over_time, read_amounts
from kpis.catalogue import Catalogue
from kpis.formula import Ref, evaluate
from kpis.models import Aggregation
from kpis.segments_needed import Output, SlotPlan, plan_slots

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


def plan_of(question: Question, catalogue: Catalogue) -> SlotPlan:
    """Which stored segments answer it, whatever its periods. Raises KeyError for an unknown indicator."""
    refs = {ref for code in question.indicators for ref in catalogue.refs(code)}
    return plan_slots(catalogue, refs, question.by, question.where)


def compute(question: Question, catalogue: Catalogue, plan: SlotPlan | None = None) -> list[Value]:
    """Values in the order indicator, period, segment. Raises KeyError for an unknown indicator.

    ``plan`` is that of the same question over other periods, for who asks several.
    """
    periods = sorted(question.periods, key=lambda period: period.start)
    plan = plan or plan_of(question, catalogue)
    known = [_known(catalogue, code, period) for code in question.indicators for period in periods]
    amounts = read_amounts(plan, {read for k in known for read in k.read}, catalogue)
    outputs = sorted({slot.output for slot in plan.slots}, key=str) if question.by else [()]
    return [_value(k, output, question.by, catalogue, plan, amounts) for k in known for output in outputs]


def taken_apart(
    indicator: str, period: Period, segment: Mapping[str, str | None], catalogue: Catalogue
) -> tuple[Value, dict[Ref, Amount]]:
    """The value over one period in one segment, and the amounts its formula was applied to.

    A ``None`` in the segment is its "unknown here". Raises KeyError for an unknown indicator.
    """
    by = tuple(name for name, value in segment.items() if value is None)
    where = {name: value for name, value in segment.items() if value is not None}
    plan = plan_slots(catalogue, catalogue.refs(indicator), by, where)
    known = _known(catalogue, indicator, period)
    amounts = read_amounts(plan, known.read, catalogue)
    output: Output = (None,) * len(by)
    value = _value(known, output, by, catalogue, plan, amounts)
    look_up = _look_up(known, output, catalogue, plan, amounts)
    return value, {ref: look_up(ref) for ref in catalogue.refs(indicator)}


@dataclass(frozen=True)
class _Known:
    """What is known of an indicator in a period: the days all its measures have spoken for, and the days to read.

    Where its measures know different days, only those they share are read, like for like, in as many parts as they
    have. ``read`` is empty when they share none, or several that do not add up.
    """

    code: str
    period: Period
    days: int
    read: tuple[Period, ...]


def _known(catalogue: Catalogue, code: str, period: Period) -> _Known:
    shared = catalogue.spoken_for(code).within(period.start, period.end)
    alike = all(
        catalogue.spoken(ref.code).within(period.start, period.end) == shared for ref in catalogue.refs(code)
    )
    read: tuple[Period, ...] = (period,)
    if not alike:
        parts = tuple(Period(*days) for days in shared.ranges)
        read = parts if len(parts) == 1 or all(is_sum(catalogue, ref) for ref in catalogue.refs(code)) else ()
    elif catalogue.as_of is not None and catalogue.as_of < period.end:
        read = (Period(period.start, max(catalogue.as_of, period.start)),)
    return _Known(code, period, len(shared), read)


def _look_up(
    known: _Known, output: Output, catalogue: Catalogue, plan: SlotPlan, amounts: Amounts
) -> Callable[[Ref], Amount]:
    def in_part(ref: Ref, read: Period) -> Amount:
        if ref in plan.missing or not catalogue.spoken(ref.code).within(read.start, read.end):
            return None
        return amounts.get((ref, output, read), _absent(catalogue, ref, read))

    def look_up(ref: Ref) -> Amount:
        parts = [amount for read in known.read if (amount := in_part(ref, read)) is not None]
        return sum(parts[1:], parts[0]) if parts and len(parts) == len(known.read) else None

    return look_up


def _value(
    known: _Known,
    output: Output,
    by: Sequence[str],
    catalogue: Catalogue,
    plan: SlotPlan,
    amounts: Amounts,
) -> Value:
    look_up = _look_up(known, output, catalogue, plan, amounts)
    value = evaluate(catalogue.formula(known.code), look_up)
    return Value(
        indicator=known.code,
        period=known.period,
        segment=dict(zip(by, output, strict=True)),
        value=value,
        days_present=known.days,
        days_expected=known.period.days,
        reason=None if value is not None else _reason(known, plan, catalogue, look_up),
    )


def _absent(catalogue: Catalogue, ref: Ref, period: Period) -> Amount:
    """What no fact means inside coverage: zero of a sum or a count, unknown of anything else."""
    if over_time(catalogue, ref) not in (Aggregation.SUM, Aggregation.DISTINCT):
        return None
    return None if _is_beyond_its_day(catalogue, ref, period) else Decimal(0)


def _is_beyond_its_day(catalogue: Catalogue, ref: Ref, period: Period) -> bool:
    """True for a distinct count told by the day (by a facts file) and asked over several days."""
    distinct = over_time(catalogue, ref) == Aggregation.DISTINCT
    return distinct and not is_customers(catalogue, ref) and period.days > 1


def _reason(known: _Known, plan: SlotPlan, catalogue: Catalogue, look_up: Callable[[Ref], Amount]) -> str:
    refs = catalogue.refs(known.code)
    missing = [plan.missing[ref] for ref in sorted(refs, key=str) if ref in plan.missing]
    if missing:
        return missing[0]
    if not known.read and not known.days:
        return _nothing_shared(known, catalogue)
    if not known.read:
        return "holes"
    if any(_is_beyond_its_day(catalogue, ref, read) for ref in refs for read in known.read):
        return "distinct_over_days"
    return "no_data" if any(look_up(ref) is None for ref in refs) else "nothing_to_divide_by"


def _nothing_shared(known: _Known, catalogue: Catalogue) -> str:
    """Why measures that know different days share none: one knows no day of the period, or each has its own."""
    start, end = known.period.start, known.period.end
    everyone = all(catalogue.spoken(ref.code).within(start, end) for ref in catalogue.refs(known.code))
    return "no_shared_day" if everyone else "no_data"
