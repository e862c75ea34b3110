"""Targets of sums spread over their days, when they are set: by last year's shape or what is known of weekdays.

The shares are frozen with the target and sum to it exactly. A level (a ratio, a score) has none: it holds on every day.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from base.calendar import Period
from base.models import Company
from base.phasing import phase, weights_for
from kpis.catalogue import Catalogue
from kpis.formula_traits import adds_up
from kpis.models import Indicator, Target, TargetDay, Unit
from kpis.values import Question, compute

YEAR_BACK = timedelta(days=364)
RECENT = timedelta(days=55)  # before the last day known: eight whole weeks

Daily = Mapping[tuple[str, date], Decimal]


def phase_targets(targets: Sequence[Target], catalogue: Catalogue) -> None:
    """Freeze the daily shares of targets of one value, where days add up. As many queries for one as for many."""
    shares = shares_of(targets, catalogue)
    rows = (
        TargetDay(target=target, date=day, value=share)
        for target, days in zip(targets, shares, strict=True)
        for day, share in days.items()
    )
    TargetDay.objects.bulk_create(rows, batch_size=5000)


def shares_of(targets: Sequence[Target], catalogue: Catalogue) -> list[dict[date, Decimal]]:
    """Each day's share of the value of each, summing to it exactly; empty where days do not add up."""
    open_weekdays = Company.current().rules.open_weekdays
    return [
        _shares(target, known, open_weekdays) if known else {}
        for target, known in zip(targets, _history(targets, catalogue), strict=True)
    ]


def _shares(target: Target, known: "_Known", open_weekdays: Collection[int]) -> dict[date, Decimal]:
    value = target.value or Decimal(0)
    days = list(Period(target.start, target.end))
    weights = weights_for(days, known.last_year(target), known.weekdays(), open_weekdays)
    return dict(zip(days, phase(value, weights, _minor(target.indicator, value)), strict=True))


@dataclass(frozen=True)
class _Known:
    """What is known of the days that say how a target is spread."""

    daily: Daily
    code: str
    recent: Period | None

    def last_year(self, target: Target) -> dict[date, Decimal]:
        """The comparable days of last year, at this year's dates."""
        days = Period(target.start, target.end)
        before = ((day, self.daily.get((self.code, day - YEAR_BACK))) for day in days)
        return {day: value for day, value in before if value is not None}

    def weekdays(self) -> dict[int, Decimal]:
        """The sum of each weekday over the last eight weeks known before the target."""
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for day in self.recent or ():
            sums[day.isoweekday()] += self.daily.get((self.code, day), Decimal(0))
        return dict(sums)


def _history(targets: Sequence[Target], catalogue: Catalogue) -> list["_Known | None"]:
    """What is known for each target whose days add up; one question for all of a segment."""
    by_segment: dict[str, list[int]] = defaultdict(list)
    for place, target in enumerate(targets):
        if adds_up(catalogue, target.indicator.code):
            by_segment[target.segment.key].append(place)
    found: list[_Known | None] = [None] * len(targets)
    for places in by_segment.values():
        recent = {place: _recent(targets[place], catalogue) for place in places}
        daily = _daily([targets[place] for place in places], recent.values(), catalogue)
        for place in places:
            found[place] = _Known(daily, targets[place].indicator.code, recent[place])
    return found


def _recent(target: Target, catalogue: Catalogue) -> Period | None:
    known = catalogue.spoken_for(target.indicator.code).within(date.min, target.start - timedelta(days=1))
    return Period(known.last - RECENT, known.last) if known.last else None


def _daily(targets: Sequence[Target], recent: Iterable[Period | None], catalogue: Catalogue) -> Daily:
    """Known days only; a day without data has no entry."""
    days = {day - YEAR_BACK for target in targets for day in Period(target.start, target.end)}
    days.update(day for period in recent for day in period or ())
    periods = tuple(Period(day, day) for day in sorted(days))
    codes = tuple(sorted({target.indicator.code for target in targets}))
    question = Question(codes, periods, where=targets[0].segment.values)
    return {
        (v.indicator, v.period.start): v.value for v in compute(question, catalogue) if v.value is not None
    }


def _minor(indicator: Indicator, value: Decimal) -> Decimal:
    """The smallest share: a cent of money, a unit of a count, else four decimals."""
    if indicator.unit == Unit.MONEY:
        return Decimal("0.01") if value == round(value, 2) else Decimal("0.0001")
    return Decimal(1) if value == value.to_integral_value() else Decimal("0.0001")
