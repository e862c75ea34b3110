"""The company's calendar: how days group into weeks, months, quarters and years.

Pure functions of dates and of ``CalendarRules``; nothing here asks what day it is.

- A week starts on any weekday. It carries the number, and the year, of its fourth day: with Monday weeks this
  is exactly ISO 8601 (sources: ISO 8601:2019 §3.1.1.23; ``date.isocalendar``).
- The fiscal year starts on the first day of any month; quarters are its four blocks of three months.
- For each whole grain the periods partition the days: each day is in exactly one period.
- A to-date grain (``wtd`` … ``ytd``) runs from the start of its whole period to the day asked.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
# The days people may ask for: any calendar, comparison or page can reckon with them.
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
ISO_WEEKDAYS = frozenset(range(1, 8))


@dataclass(frozen=True)
class CalendarRules:
    """What the company decides about its calendar; weekdays are ISO numbers, 1 Monday to 7 Sunday."""

    week_start: int = 1
    fiscal_year_start: int = 1
    open_weekdays: frozenset[int] = ISO_WEEKDAYS

    def __post_init__(self) -> None:
        """:raises ValueError: when a weekday or the month does not exist."""
        if self.week_start not in ISO_WEEKDAYS:
            raise ValueError(f"A week starts on a weekday from 1 to 7, not {self.week_start}.")
        if not 1 <= self.fiscal_year_start <= 12:
            raise ValueError(f"A fiscal year starts in a month from 1 to 12, not {self.fiscal_year_start}.")
        if not self.open_weekdays <= ISO_WEEKDAYS:
            raise ValueError(f"Open days are weekdays from 1 to 7, not {sorted(self.open_weekdays)}.")


class Grain(StrEnum):
    """How long the periods are. ``RANGE`` is whatever dates were asked."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    WTD = "wtd"
    MTD = "mtd"
    QTD = "qtd"
    YTD = "ytd"
    RANGE = "range"

    @property
    def is_to_date(self) -> bool:
        return self in _WHOLE_OF

    @property
    def is_whole(self) -> bool:
        """True for the grains whose periods partition the calendar."""
        return not self.is_to_date and self is not Grain.RANGE

    @property
    def whole(self) -> "Grain":
        """The whole grain a to-date grain runs through (``mtd`` → ``month``); any other grain is its own."""
        return _WHOLE_OF.get(self, self)


_WHOLE_OF = {
    Grain.WTD: Grain.WEEK,
    Grain.MTD: Grain.MONTH,
    Grain.QTD: Grain.QUARTER,
    Grain.YTD: Grain.YEAR,
}
_MONTHS_IN = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


@dataclass(frozen=True, order=True)
class Period:
    """The days from ``start`` to ``end``, both included; never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """:raises ValueError: when the end is before the start."""
        if self.end < self.start:
            raise ValueError(f"A period cannot end ({self.end}) before it starts ({self.start}).")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=offset) for offset in range(self.days))

    def overlap(self, other: "Period") -> "Period | None":
        """The days both have, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start <= end else None

    def first(self, days: int) -> "Period":
        """Its first days, at most all of them. :raises ValueError: for fewer than one."""
        return Period(self.start, min(self.end, self.start + timedelta(days=days - 1)))

    def shifted(self, days: int) -> "Period":
        return Period(self.start + timedelta(days=days), self.end + timedelta(days=days))

    @property
    def is_whole_months(self) -> bool:
        return self.start.day == 1 and self.end == month_end(self.end)


def add_months(day: date, months: int) -> date:
    """The same day of the month, that many months later; the month's last day where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def period_of(grain: Grain, day: date, rules: CalendarRules) -> Period:
    """The period that holds the day; for a to-date grain, the part of it up to and with the day.

    :raises ValueError: for ``range``, which no day decides.
    """
    if grain is Grain.RANGE:
        raise ValueError("A range is given by its two dates, not by a day.")
    if grain.is_to_date:
        return Period(period_of(grain.whole, day, rules).start, day)
    if grain is Grain.DAY:
        return Period(day, day)
    if grain is Grain.WEEK:
        start = day - timedelta(days=(day.isoweekday() - rules.week_start) % 7)
        return Period(start, start + timedelta(days=6))
    return _months_of(day, _MONTHS_IN[grain], rules.fiscal_year_start)


def _months_of(day: date, months: int, first_month: int) -> Period:
    """The block of 1, 3 or 12 months that holds the day, blocks being counted from ``first_month``."""
    start = add_months(day.replace(day=1), -((day.month - first_month) % months))
    return Period(start, month_end(add_months(start, months - 1)))


def previous_period(grain: Grain, period: Period, rules: CalendarRules) -> Period:
    """The whole period of the grain just before the one given."""
    return period_of(grain.whole, period.start - ONE_DAY, rules)


def periods_overlapping(grain: Grain, start: date, end: date, rules: CalendarRules) -> list[Period]:
    """Every period that has a day from start to end, whole, in order; for ``range`` the dates themselves.

    :raises ValueError: when end is before start, or for a to-date grain, which runs to one day only.
    """
    asked = Period(start, end)
    if grain is Grain.RANGE:
        return [asked]
    if grain.is_to_date:
        raise ValueError(f"{grain} runs to one day: give that day, not a start and an end.")
    periods = [period_of(grain, start, rules)]
    while periods[-1].end < end:
        periods.append(period_of(grain, periods[-1].end + ONE_DAY, rules))
    return periods


def last_periods(grain: Grain, as_of: date, n: int, rules: CalendarRules) -> list[Period]:
    """The n whole periods that end on or before the day, oldest first; a to-date grain gives its whole ones.

    :raises ValueError: for ``range``.
    """
    period = period_of(grain.whole, as_of, rules)
    if period.end > as_of:
        period = previous_period(grain, period, rules)
    periods = [period]
    while len(periods) < n:
        periods.append(previous_period(grain, periods[-1], rules))
    return periods[:n][::-1]


def to_date(grain: Grain, as_of: date, rules: CalendarRules) -> Period:
    """From the start of the whole period to the day: ``mtd`` and ``month`` both give the month to date."""
    return Period(period_of(grain.whole, as_of, rules).start, as_of)


def week_number(day: date, rules: CalendarRules) -> tuple[int, int]:
    """(year, number) of the day's week, those of its fourth day: numbers run from 1 to 52 or 53."""
    fourth = period_of(Grain.WEEK, day, rules).start + timedelta(days=3)
    return fourth.year, (fourth - date(fourth.year, 1, 1)).days // 7 + 1


def week_of(year: int, number: int, rules: CalendarRules) -> Period:
    """The week of that number. :raises ValueError: when the year has no such week."""
    first = period_of(Grain.WEEK, date(year, 1, 4), rules)
    week = first.shifted(7 * (number - 1))
    if number < 1 or week_number(week.start, rules) != (year, number):
        raise ValueError(f"{year} has no week {number}.")
    return week
