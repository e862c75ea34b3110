"""Values and what they are held against, trimmed like for like: what the command line, the pages and the API show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from base.calendar import CalendarRules, Grain, Period
from kpis.amounts import layers
from kpis.catalogue import Catalogue
from kpis.comparisons import COMPARISONS, Pair, Reason, change, change_points, compare, trim
from kpis.formula_traits import counts_customers
from kpis.models import Gap, Unit
from kpis.segments import key_of
from kpis.segments_needed import SlotPlan
from kpis.targets import Bounds, TargetBook
from kpis.values import Amount, Question, Value, compute, plan_of

NAMES = (*COMPARISONS, "target", "expected")


@dataclass(frozen=True)
class Compared:
    """A reference value and the current one as trimmed for it; ``reason`` says why there is none."""

    value: Amount = None
    reference: Period | None = None
    current: Amount = None
    period: Period | None = None
    change: Amount = None
    points: Amount = None
    reason: str | None = None


Comparisons = dict[str, Compared]


@dataclass(frozen=True)
class Comparing:
    """A question of one grain, and the comparisons wanted for each of its values."""

    question: Question
    grain: Grain
    rules: CalendarRules
    compare: tuple[str, ...] = ()
    as_of: date | None = None


type_answer = tuple[Value, Comparisons]


@dataclass(frozen=True)
class Answers:
    """The answer to a question of which only a part is wanted: counted whole, and computed as far as it is sliced."""

    asked: Comparing
    catalogue: Catalogue

    @cached_property
    def _plan(self) -> SlotPlan:
        return plan_of(self.asked.question, self.catalogue)

    @cached_property
    def _segments(self) -> int:
        return len({slot.output for slot in self._plan.slots}) if self.asked.question.by else 1

    def __len__(self) -> int:
        return len(self.asked.question.indicators) * len(self.asked.question.periods) * self._segments

    def __getitem__(self, part: slice) -> list[type_answer]:
        """Those values of the whole answer. Where they are of two indicators, a little more is computed than kept."""
        first, last, _step = part.indices(len(self))
        if first >= last:
            return []
        question, segments = self.asked.question, self._segments
        periods = sorted(question.periods, key=lambda period: period.start)
        blocks = range(first // segments, -(-last // segments))  # of one indicator and one period each
        codes = range(blocks[0] // len(periods), blocks[-1] // len(periods) + 1)
        days = sorted({block % len(periods) for block in blocks})
        narrow = replace(
            question,
            indicators=question.indicators[codes.start : codes.stop],
            periods=tuple(periods[place] for place in days),
        )
        found = answer(replace(self.asked, question=narrow), self.catalogue, self._plan)
        computed = (code * len(periods) + place for code in codes for place in days)
        kept = [
            value
            for number, block in enumerate(computed)
            if block in blocks
            for value in found[number * segments : (number + 1) * segments]
        ]
        begin = first - blocks[0] * segments
        return kept[begin : begin + last - first]


def answer(asked: Comparing, catalogue: Catalogue, plan: SlotPlan | None = None) -> list[type_answer]:
    """Each value with its comparisons, in the order indicator, period, segment. The number of queries depends on the
    comparisons asked, not on the values. ``plan`` is that of the same question over more periods and indicators.
    """
    plan = plan or plan_of(asked.question, catalogue)
    values = compute(asked.question, catalogue, plan)
    told: list[Comparisons] = [{} for _value in values]
    for name in asked.compare:
        if name in _FINDERS:
            found = _FINDERS[name](name, asked, catalogue, values)
        else:
            found = _against_period(name, asked, catalogue, values, plan)
        for comparisons, compared in zip(told, found, strict=True):
            comparisons[name] = compared
    return list(zip(values, told, strict=True))


def _against_period(
    name: str, asked: Comparing, catalogue: Catalogue, values: Sequence[Value], plan: SlotPlan
) -> list[Compared]:
    pairs = {
        (value.indicator, value.period): _pair(name, asked, catalogue, value.indicator, value.period)
        for value in values
    }
    wanted: dict[str, set[Period]] = {}
    for (code, _period), pair in pairs.items():
        if isinstance(pair, Pair):
            wanted.setdefault(code, set()).update((pair.current, pair.reference))
    found = {(value.indicator, value.period, key_of(value.segment)): value for value in values}
    others = {period for periods in wanted.values() for period in periods}.difference(asked.question.periods)
    for layer in layers(others):  # periods that overlap are asked apart
        question = replace(asked.question, indicators=tuple(wanted), periods=tuple(layer))
        for value in compute(question, catalogue, plan):
            found[value.indicator, value.period, key_of(value.segment)] = value
    return [_compared(catalogue, value, pairs[value.indicator, value.period], found) for value in values]


def _pair(name: str, asked: Comparing, catalogue: Catalogue, code: str, period: Period) -> Pair | Reason:
    pair = compare(name, asked.grain, period, asked.rules, asked.as_of)
    if isinstance(pair, Reason):
        return pair
    known = catalogue.spoken_for(code)
    return trim(pair, known, known)


type_found = Mapping[tuple[str, Period, str], Value]


def _compared(catalogue: Catalogue, value: Value, pair: Pair | Reason, found: type_found) -> Compared:
    if isinstance(pair, Reason):
        return Compared(reason=str(pair))
    key = key_of(value.segment)
    current = found.get((value.indicator, pair.current, key))
    reference = found.get((value.indicator, pair.reference, key))
    now, then = current.value if current else None, reference.value if reference else None
    is_ratio = catalogue.indicators[value.indicator].unit == Unit.RATIO
    return Compared(
        value=then,
        reference=pair.reference,
        current=now,
        period=pair.current,
        change=change(now, then),
        points=change_points(now, then) if is_ratio else None,
        reason=_why_none(now, then),
    )


def _why_none(now: Amount, then: Amount) -> str | None:
    if now is None:
        return str(Reason.NO_CURRENT)
    if then is None:
        return str(Reason.NO_REFERENCE)
    return None if then else str(Reason.ZERO_BASE)


def _against_target(
    _name: str, asked: Comparing, catalogue: Catalogue, values: Sequence[Value]
) -> list[Compared]:
    periods = asked.question.periods
    if not periods:
        return []
    book = TargetBook(asked.question.indicators, min(p.start for p in periods), max(p.end for p in periods))
    out = []
    for value in values:
        own = counts_customers(catalogue, value.indicator)
        scope = key_of({**asked.question.where, **value.segment})
        alike = _alike(catalogue, value, asked.as_of, own=own)
        bounds = book.bounds(value.indicator, scope, alike or value.period, own_period_only=own)
        reference = _aimed_at(bounds, value.value) if bounds else None
        if alike or reference is None:
            out.append(_plainly(catalogue, value, reference, "no_target", alike))
        else:
            out.append(Compared(value=reference, reason=str(Reason.HOLES)))
    return out


def _alike(catalogue: Catalogue, value: Value, as_of: date | None, *, own: bool) -> Period | None:
    """The days a target is read over: those the value knows. None where these have holes.

    A target of a distinct count belongs to its whole period, so only a period all known compares with it.
    """
    known = catalogue.spoken_for(value.indicator).within(value.period.start, value.period.end).ranges
    if not known:
        return value.period if own else _elapsed(value.period, as_of)
    alike = Period(*known[0]) if len(known) == 1 else None
    return None if own and alike != value.period else alike


def _aimed_at(bounds: Bounds, value: Amount) -> Decimal:
    """The target, or the nearest figure within its two bounds."""
    if bounds.high is None or value is None:
        return bounds.value
    return min(max(value, bounds.value), bounds.high)


def _elapsed(period: Period, as_of: date | None) -> Period:
    """What is over of a period: a running one is held against the target of its elapsed days."""
    return period if as_of is None or as_of < period.start else Period(period.start, min(period.end, as_of))


def _against_expected(
    _name: str, asked: Comparing, catalogue: Catalogue, values: Sequence[Value]
) -> list[Compared]:
    """What the published night expected of exactly this period."""
    rows = Gap.objects.published().filter(
        indicator__code__in=asked.question.indicators, start__in={p.start for p in asked.question.periods}
    )
    known = {
        (code, start, end, key): expected
        for code, start, end, key, expected in rows.values_list(
            "indicator__code", "start", "end", "segment__key", "expected"
        )
        if expected is not None
    }
    out = []
    for value in values:
        scope = key_of({**asked.question.where, **value.segment})
        expected = known.get((value.indicator, value.period.start, value.period.end, scope))
        out.append(
            _plainly(catalogue, value, None if expected is None else Decimal(str(expected)), "no_expectation")
        )
    return out


def _plainly(
    catalogue: Catalogue, value: Value, reference: Amount, reason: str, period: Period | None = None
) -> Compared:
    """A comparison of a period with something said of the same period, or of the part of it that is known."""
    if reference is None or value.value is None:
        return Compared(value=reference, reason=reason if reference is None else "no_current")
    is_ratio = catalogue.indicators[value.indicator].unit == Unit.RATIO
    return Compared(
        value=reference,
        reference=period or value.period,
        current=value.value,
        period=period or value.period,
        change=change(value.value, reference),
        points=change_points(value.value, reference) if is_ratio else None,
    )


_FINDERS = {"target": _against_target, "expected": _against_expected}
