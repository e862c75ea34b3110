"""The calendar: partition of days, fiscal years, weeks of any start, to-date periods."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.calendar import (
    ONE_DAY,
    CalendarRules,
    Grain,
    Period,
    add_months,
    last_periods,
    month_end,
    period_of,
    periods_overlapping,
    previous_period,
    to_date,
    week_number,
    week_of,
)

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))
RULES = st.builds(
    CalendarRules,
    week_start=st.integers(1, 7),
    fiscal_year_start=st.integers(1, 12),
    open_weekdays=st.frozensets(st.integers(1, 7)),
)
WHOLE = st.sampled_from([grain for grain in Grain if grain.is_whole])
TO_DATE = st.sampled_from([grain for grain in Grain if grain.is_to_date])
ISO = CalendarRules()
LENGTHS = {
    Grain.DAY: {1},
    Grain.WEEK: {7},
    Grain.MONTH: {28, 29, 30, 31},
    Grain.QUARTER: {89, 90, 91, 92},
    Grain.YEAR: {365, 366},
}


def test_the_ten_grains_are_whole_or_to_date_or_a_range() -> None:
    assert [g for g in Grain if g.is_whole] == ["day", "week", "month", "quarter", "year"]
    assert [g for g in Grain if g.is_to_date] == ["wtd", "mtd", "qtd", "ytd"]
    assert not Grain.RANGE.is_whole
    assert Grain.MTD.whole is Grain.MONTH
    assert Grain.DAY.whole is Grain.DAY


@given(WHOLE, DAYS, RULES)
def test_each_day_is_in_exactly_one_period(grain: Grain, day: date, rules: CalendarRules) -> None:
    period = period_of(grain, day, rules)
    assert day in period
    assert period.days in LENGTHS[grain]
    assert {period_of(grain, other, rules) for other in period} == {period}
    assert period_of(grain, period.end + ONE_DAY, rules).start == period.end + ONE_DAY
    assert previous_period(grain, period, rules).end == period.start - ONE_DAY


@given(DAYS, RULES)
def test_grains_nest(day: date, rules: CalendarRules) -> None:
    month, quarter, year = (period_of(g, day, rules) for g in (Grain.MONTH, Grain.QUARTER, Grain.YEAR))
    assert year.start <= quarter.start <= month.start <= month.end <= quarter.end <= year.end
    assert year.start.month == rules.fiscal_year_start
    assert len(periods_overlapping(Grain.QUARTER, year.start, year.end, rules)) == 4
    assert len(periods_overlapping(Grain.MONTH, quarter.start, quarter.end, rules)) == 3
    assert period_of(Grain.WEEK, day, rules).start.isoweekday() == rules.week_start


@given(WHOLE, DAYS, st.integers(0, 800), RULES)
def test_overlapping_periods_are_contiguous_and_all_touch_the_range(
    grain: Grain, start: date, length: int, rules: CalendarRules
) -> None:
    asked = Period(start, start + timedelta(days=length))
    periods = periods_overlapping(grain, asked.start, asked.end, rules)
    assert periods[0].start <= asked.start
    assert periods[-1].end >= asked.end
    assert all(p.overlap(asked) is not None for p in periods)
    assert all(a.end + ONE_DAY == b.start for a, b in pairwise(periods))
    assert all(p == period_of(grain, p.start, rules) for p in periods)


@given(WHOLE, DAYS, st.integers(1, 30), RULES)
def test_last_periods_are_whole_and_over(grain: Grain, as_of: date, n: int, rules: CalendarRules) -> None:
    periods = last_periods(grain, as_of, n, rules)
    assert len(periods) == n
    assert periods == sorted(periods)
    assert periods[-1].end <= as_of < period_of(grain, periods[-1].end + ONE_DAY, rules).end
    assert all(a.end + ONE_DAY == b.start for a, b in pairwise(periods))


@given(TO_DATE, DAYS, RULES)
def test_to_date_is_the_start_of_its_whole_period(grain: Grain, as_of: date, rules: CalendarRules) -> None:
    period = to_date(grain, as_of, rules)
    assert period == period_of(grain, as_of, rules) == to_date(grain.whole, as_of, rules)
    assert period.end == as_of
    assert period.start == period_of(grain.whole, as_of, rules).start


@given(DAYS)
def test_monday_weeks_are_numbered_as_iso_8601(day: date) -> None:
    assert week_number(day, ISO) == day.isocalendar()[:2]


@given(DAYS, RULES)
def test_weeks_of_any_start_number_one_to_52_or_53_without_a_hole(day: date, rules: CalendarRules) -> None:
    year, number = week_number(day, rules)
    week = period_of(Grain.WEEK, day, rules)
    assert week_of(year, number, rules) == week
    after = week_number(week.end + ONE_DAY, rules)
    assert after == (year, number + 1) or (after == (year + 1, 1) and number in (52, 53))


@given(st.integers(1950, 2150), RULES)
def test_a_year_has_52_or_53_weeks(year: int, rules: CalendarRules) -> None:
    assert week_of(year, 52, rules).days == 7
    has_53 = week_number(week_of(year, 52, rules).end + ONE_DAY, rules) == (year, 53)
    if has_53:
        assert week_of(year, 53, rules).end + ONE_DAY == week_of(year + 1, 1, rules).start
    else:
        with pytest.raises(ValueError, match="has no week 53"):
            week_of(year, 53, rules)


@pytest.mark.parametrize(
    ("grain", "start_month", "day", "start", "end"),
    [
        (Grain.YEAR, 1, date(2028, 2, 29), date(2028, 1, 1), date(2028, 12, 31)),
        (Grain.YEAR, 12, date(2011, 11, 30), date(2010, 12, 1), date(2011, 11, 30)),
        (Grain.YEAR, 12, date(2011, 12, 1), date(2011, 12, 1), date(2012, 11, 30)),
        (Grain.YEAR, 3, date(2028, 2, 29), date(2027, 3, 1), date(2028, 2, 29)),
        (Grain.QUARTER, 12, date(2028, 1, 15), date(2027, 12, 1), date(2028, 2, 29)),
        (Grain.QUARTER, 2, date(2027, 1, 31), date(2026, 11, 1), date(2027, 1, 31)),
        (Grain.MONTH, 7, date(2027, 2, 10), date(2027, 2, 1), date(2027, 2, 28)),
        (Grain.WEEK, 4, date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_named_periods(grain: Grain, start_month: int, day: date, start: date, end: date) -> None:
    assert period_of(grain, day, CalendarRules(1, start_month)) == Period(start, end)


def test_weeks_may_end_on_any_day() -> None:
    monday = date(2026, 11, 23)
    ends = [period_of(Grain.WEEK, monday, CalendarRules(week_start=s)).end for s in range(1, 8)]
    assert ends == [date(2026, 11, d) for d in (29, 23, 24, 25, 26, 27, 28)]


def test_a_range_is_its_own_dates() -> None:
    asked = Period(date(2027, 1, 5), date(2027, 3, 9))
    assert periods_overlapping(Grain.RANGE, asked.start, asked.end, ISO) == [asked]


def test_last_whole_months_when_the_month_ends_today() -> None:
    assert last_periods(Grain.MONTH, date(2028, 2, 29), 2, ISO) == [
        Period(date(2028, 1, 1), date(2028, 1, 31)),
        Period(date(2028, 2, 1), date(2028, 2, 29)),
    ]
    assert last_periods(Grain.MONTH, date(2028, 2, 28), 0, ISO) == []


@given(DAYS, st.integers(-600, 600))
def test_adding_months_moves_the_month_and_keeps_the_day_where_it_exists(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert moved.year * 12 + moved.month == day.year * 12 + day.month + months
    assert moved.day == min(day.day, month_end(moved).day)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CalendarRules(week_start=0),
        lambda: CalendarRules(fiscal_year_start=13),
        lambda: CalendarRules(open_weekdays=frozenset({8})),
        lambda: Period(date(2027, 1, 2), date(2027, 1, 1)),
        lambda: Period(date(2027, 1, 1), date(2027, 1, 2)).first(0),
        lambda: period_of(Grain.RANGE, date(2027, 1, 1), ISO),
        lambda: last_periods(Grain.RANGE, date(2027, 1, 1), 1, ISO),
        lambda: periods_overlapping(Grain.MTD, date(2027, 1, 1), date(2027, 1, 2), ISO),
        lambda: periods_overlapping(Grain.DAY, date(2027, 1, 2), date(2027, 1, 1), ISO),
        lambda: week_of(2026, 0, ISO),
    ],
)
def test_impossible_calendars_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"\."):
        wrong()  # type: ignore[operator]  # each case is a function of nothing
