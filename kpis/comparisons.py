"""What a period is held against: last year's dates, last year's comparable days, the period before.

Pure functions over the calendar. ``COMPARISONS`` is the table of them all; each gives a ``Pair`` of the
current period, possibly trimmed, and its reference.

- A **whole** period compares with a whole one, 29 February or not.
- A **to-date** period, and a whole one still running on ``as_of``, compares with as many elapsed days. Where
  the reference is too short (29 elapsed days against a February of 28), the current side is trimmed to it.
- A **week** compares with the week of the same number last year. A week 53 that last year lacks compares with
  the week 364 days before, so that New Year meets New Year.
- A **day** of 29 February compares with 28 February.
- A **range** compares with the same dates last year; one of whole months compares whole.
- ``n1_comparable`` is 364 days before, for every grain: the same weekdays.
- ``previous`` is the period just before. A month or quarter to date that is complete compares with the whole
  one before. A range compares with as many days before it, or as many months where it is whole months.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from base.calendar import (
    ONE_DAY,
    CalendarRules,
    Grain,
    Period,
    add_months,
    month_end,
    period_of,
    previous_period,
    week_number,
    week_of,
)

COMPARABLE_DAYS = 364


class Reason(StrEnum):
    """Why there is no comparison."""

    NOT_STARTED = "not_started"  # the current period starts after as_of
    NO_CURRENT = "no_current"  # no day of the current period is known
    NO_REFERENCE = "no_reference"  # no day of the reference is known
    NO_COMMON_DAYS = "no_common_days"  # both sides are known in part, but never on the same day
    ZERO_BASE = "zero_base"  # the reference is 0: there is a difference, but no relative change
    HOLES = "holes"  # days are missing in the middle: no trimming makes the two sides alike


@dataclass(frozen=True)
class Pair:
    """What is compared: as many days on both sides, unless both are whole periods."""

    current: Period
    reference: Period


class KnownDays(Protocol):
    """Days for which figures are known: a set of dates, or anything that says whether it holds one."""

    def __contains__(self, day: date, /) -> bool: ...


@dataclass(frozen=True)
class Elapsed:
    """A period of a grain. ``elapsed`` is what is over of it: all of it, unless it is still running."""

    grain: Grain
    period: Period
    elapsed: Period
    rules: CalendarRules

    @property
    def is_whole(self) -> bool:
        return not self.grain.is_to_date and self.elapsed == self.period

    def against(self, reference: Period) -> Pair:
        """The pair with a reference of the whole grain: whole, or as many elapsed days on both sides."""
        if self.is_whole:
            return Pair(self.period, reference)
        return like_for_like(self.elapsed, reference)


def like_for_like(current: Period, reference: Period) -> Pair:
    """As many days from the start of both, as the shorter has."""
    days = min(current.days, reference.days)
    return Pair(current.first(days), reference.first(days))


def last_year(asked: Elapsed) -> Pair:
    """The same calendar dates last year."""
    if asked.grain is Grain.RANGE:
        return _range_last_year(asked.elapsed)
    if asked.grain.whole is Grain.WEEK:
        return asked.against(_week_last_year(asked.period, asked.rules))
    start = add_months(asked.period.start, -12)
    return asked.against(period_of(asked.grain.whole, start, asked.rules))


def _week_last_year(week: Period, rules: CalendarRules) -> Period:
    year, number = week_number(week.start, rules)
    try:
        return week_of(year - 1, number, rules)
    except ValueError:  # a week 53 that last year lacks
        return period_of(Grain.WEEK, week.start - timedelta(days=COMPARABLE_DAYS), rules)


def _range_last_year(current: Period) -> Pair:
    if current.is_whole_months:
        return Pair(current, Period(add_months(current.start, -12), month_end(add_months(current.end, -12))))
    if current.days > 1:
        current = _without_leap_ends(current)
    return Pair(current, Period(add_months(current.start, -12), add_months(current.end, -12)))


def _without_leap_ends(period: Period) -> Period:
    """The dates that exist in any year: a 29 February at either end is left out."""
    start = period.start + ONE_DAY if _is_leap_day(period.start) else period.start
    end = period.end - ONE_DAY if _is_leap_day(period.end) else period.end
    return Period(start, end)


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)


def comparable_days(asked: Elapsed) -> Pair:
    """364 days before: the same weekdays of last year."""
    return Pair(asked.elapsed, asked.elapsed.shifted(-COMPARABLE_DAYS))


def previous(asked: Elapsed) -> Pair:
    """The period just before."""
    if asked.grain is Grain.RANGE:
        return Pair(asked.elapsed, _range_before(asked.elapsed))
    before = previous_period(asked.grain, asked.period, asked.rules)
    whole = period_of(asked.grain.whole, asked.period.start, asked.rules)
    if asked.grain in (Grain.MTD, Grain.QTD) and asked.elapsed == whole:
        return Pair(whole, before)
    return asked.against(before)


def _range_before(period: Period) -> Period:
    end = period.start - ONE_DAY
    if not period.is_whole_months:
        return Period(end - timedelta(days=period.days - 1), end)
    months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1
    return Period(add_months(period.start, -months), end)


COMPARISONS: Mapping[str, Callable[[Elapsed], Pair]] = {
    "n1": last_year,
    "n1_comparable": comparable_days,
    "previous": previous,
}


def compare(
    name: str, grain: Grain, period: Period, rules: CalendarRules, as_of: date | None = None
) -> Pair | Reason:
    """The pair of periods of a comparison of the table, by calendar alone.

    :param as_of: the last day that is over; a whole period that ends later is compared to date.
    :raises KeyError: for a comparison that is not in the table.
    """
    if as_of is not None and as_of < period.start:
        return Reason.NOT_STARTED
    elapsed = period if as_of is None else Period(period.start, min(period.end, as_of))
    return COMPARISONS[name](Elapsed(grain, period, elapsed, rules))


def trim(pair: Pair, known_current: KnownDays, known_reference: KnownDays) -> Pair | Reason:
    """The pair on the days both sides know, counted from the start of each.

    A pair all known is left whole, even of unequal lengths. Days unknown at either end, on either side, are
    trimmed off both; days unknown in the middle leave nothing to compare.
    """
    current = [day in known_current for day in pair.current]
    reference = [day in known_reference for day in pair.reference]
    if all(current) and all(reference):
        return pair
    both = [offset for offset, known in enumerate(map(all, zip(current, reference, strict=False))) if known]
    if not both:
        return _why_nothing(any(current), any(reference))
    if both[-1] - both[0] + 1 > len(both):
        return Reason.HOLES
    return Pair(_part(pair.current, both), _part(pair.reference, both))


def _why_nothing(any_current: bool, any_reference: bool) -> Reason:
    if not any_current:
        return Reason.NO_CURRENT
    return Reason.NO_COMMON_DAYS if any_reference else Reason.NO_REFERENCE


def _part(period: Period, offsets: list[int]) -> Period:
    return Period(period.start + timedelta(days=offsets[0]), period.start + timedelta(days=offsets[-1]))


def change(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """The relative change, 0.05 for +5 %; None where a side is missing or the base is 0.

    It is measured against the size of the base: positive when the value went up, from below 0 too.
    """
    if value is None or not base:
        return None
    return (value - base) / abs(base)


def change_points(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """The difference of two ratios, 0.012 for +1.2 points; None where a side is missing."""
    return None if value is None or base is None else value - base
