"""Comparisons: what each period is held against, and the trimming to like for like."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.calendar import ONE_DAY, CalendarRules, Grain, Period, period_of, to_date, week_number
from kpis.comparisons import COMPARISONS, Pair, Reason, change, change_points, compare, trim

DAYS = st.dates(date(1960, 1, 1), date(2140, 12, 31))
RULES = st.builds(CalendarRules, week_start=st.integers(1, 7), fiscal_year_start=st.integers(1, 12))
NAMES = st.sampled_from(sorted(COMPARISONS))
WHOLE = st.sampled_from([grain for grain in Grain if grain.is_whole])
TO_DATE = st.sampled_from([grain for grain in Grain if grain.is_to_date])
GRAINS = st.sampled_from([grain for grain in Grain if grain is not Grain.RANGE])
ISO = CalendarRules()


def days(text: str) -> Period:
    """``2028-02-01/2028-02-29``."""
    start, _, end = text.partition("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end or start))


def pair_of(name: str, grain: Grain, period: Period, rules: CalendarRules, as_of: date | None = None) -> Pair:
    found = compare(name, grain, period, rules, as_of)
    assert isinstance(found, Pair)
    return found


# One line a case of the domain: comparison, grain, period, what it compares with, as trimmed.
CASES = [
    # same dates last year; complete periods compare whole, whatever February
    ("n1", "day", "2026-11-23", "2026-11-23", "2025-11-23"),
    ("n1", "day", "2028-02-29", "2028-02-29", "2027-02-28"),
    ("n1", "month", "2028-02-01/2028-02-29", "2028-02-01/2028-02-29", "2027-02-01/2027-02-28"),
    ("n1", "month", "2029-02-01/2029-02-28", "2029-02-01/2029-02-28", "2028-02-01/2028-02-29"),
    ("n1", "quarter", "2028-01-01/2028-03-31", "2028-01-01/2028-03-31", "2027-01-01/2027-03-31"),
    ("n1", "year", "2028-01-01/2028-12-31", "2028-01-01/2028-12-31", "2027-01-01/2027-12-31"),
    # to date: as many elapsed days in both years
    ("n1", "mtd", "2026-11-01/2026-11-23", "2026-11-01/2026-11-23", "2025-11-01/2025-11-23"),
    ("n1", "mtd", "2028-02-01/2028-02-29", "2028-02-01/2028-02-28", "2027-02-01/2027-02-28"),
    ("n1", "mtd", "2029-02-01/2029-02-28", "2029-02-01/2029-02-28", "2028-02-01/2028-02-28"),
    ("n1", "ytd", "2028-01-01/2028-03-15", "2028-01-01/2028-03-15", "2027-01-01/2027-03-16"),
    ("n1", "ytd", "2029-01-01/2029-03-15", "2029-01-01/2029-03-15", "2028-01-01/2028-03-14"),
    ("n1", "ytd", "2028-01-01/2028-12-31", "2028-01-01/2028-12-30", "2027-01-01/2027-12-31"),
    ("n1", "qtd", "2026-10-01/2026-11-23", "2026-10-01/2026-11-23", "2025-10-01/2025-11-23"),
    ("n1", "wtd", "2026-11-23/2026-11-25", "2026-11-23/2026-11-25", "2025-11-24/2025-11-26"),
    # weeks by number; 2026 has 53, 2025 and 2027 have 52
    ("n1", "week", "2026-11-23/2026-11-29", "2026-11-23/2026-11-29", "2025-11-24/2025-11-30"),
    ("n1", "week", "2026-12-28/2027-01-03", "2026-12-28/2027-01-03", "2025-12-29/2026-01-04"),
    ("n1", "week", "2027-01-04/2027-01-10", "2027-01-04/2027-01-10", "2025-12-29/2026-01-04"),
    # ranges
    ("n1", "range", "2026-11-10/2026-11-20", "2026-11-10/2026-11-20", "2025-11-10/2025-11-20"),
    ("n1", "range", "2028-02-10/2028-02-29", "2028-02-10/2028-02-28", "2027-02-10/2027-02-28"),
    ("n1", "range", "2028-02-29/2028-03-02", "2028-03-01/2028-03-02", "2027-03-01/2027-03-02"),
    ("n1", "range", "2028-02-29", "2028-02-29", "2027-02-28"),
    ("n1", "range", "2029-01-01/2029-02-28", "2029-01-01/2029-02-28", "2028-01-01/2028-02-29"),
    # the same weekdays
    ("n1_comparable", "day", "2026-11-27", "2026-11-27", "2025-11-28"),
    ("n1_comparable", "month", "2028-02-01/2028-02-29", "2028-02-01/2028-02-29", "2027-02-02/2027-03-02"),
    ("n1_comparable", "range", "2028-02-29", "2028-02-29", "2027-03-02"),
    # the period before
    ("previous", "day", "2027-03-01", "2027-03-01", "2027-02-28"),
    ("previous", "week", "2027-01-04/2027-01-10", "2027-01-04/2027-01-10", "2026-12-28/2027-01-03"),
    ("previous", "month", "2028-03-01/2028-03-31", "2028-03-01/2028-03-31", "2028-02-01/2028-02-29"),
    ("previous", "mtd", "2026-11-01/2026-11-23", "2026-11-01/2026-11-23", "2026-10-01/2026-10-23"),
    ("previous", "mtd", "2027-03-01/2027-03-30", "2027-03-01/2027-03-28", "2027-02-01/2027-02-28"),
    ("previous", "mtd", "2027-03-01/2027-03-31", "2027-03-01/2027-03-31", "2027-02-01/2027-02-28"),
    ("previous", "mtd", "2027-02-01/2027-02-28", "2027-02-01/2027-02-28", "2027-01-01/2027-01-31"),
    ("previous", "mtd", "2026-11-01/2026-11-30", "2026-11-01/2026-11-30", "2026-10-01/2026-10-31"),
    ("previous", "qtd", "2027-04-01/2027-06-30", "2027-04-01/2027-06-30", "2027-01-01/2027-03-31"),
    ("previous", "qtd", "2027-04-01/2027-04-30", "2027-04-01/2027-04-30", "2027-01-01/2027-01-30"),
    ("previous", "wtd", "2026-11-23/2026-11-24", "2026-11-23/2026-11-24", "2026-11-16/2026-11-17"),
    ("previous", "range", "2026-11-10/2026-11-20", "2026-11-10/2026-11-20", "2026-10-30/2026-11-09"),
    ("previous", "range", "2027-02-01/2027-02-28", "2027-02-01/2027-02-28", "2027-01-01/2027-01-31"),
    ("previous", "range", "2027-01-01/2027-02-28", "2027-01-01/2027-02-28", "2026-11-01/2026-12-31"),
]


@pytest.mark.parametrize(("name", "grain", "period", "current", "reference"), CASES)
def test_named_cases(name: str, grain: str, period: str, current: str, reference: str) -> None:
    found = pair_of(name, Grain(grain), days(period), ISO)
    assert found == Pair(days(current), days(reference))


def test_a_fiscal_year_from_december_compares_with_the_one_before() -> None:
    found = pair_of("n1", Grain.YEAR, days("2010-12-01/2011-11-30"), CalendarRules(fiscal_year_start=12))
    assert found.reference == days("2009-12-01/2010-11-30")
    quarter = pair_of("n1", Grain.QUARTER, days("2027-12-01/2028-02-29"), CalendarRules(fiscal_year_start=12))
    assert quarter.reference == days("2026-12-01/2027-02-28")


def test_a_running_period_is_compared_to_date() -> None:
    running = pair_of("n1", Grain.MONTH, days("2026-11-01/2026-11-30"), ISO, as_of=date(2026, 11, 23))
    assert running == Pair(days("2026-11-01/2026-11-23"), days("2025-11-01/2025-11-23"))
    over = pair_of("n1", Grain.MONTH, days("2028-02-01/2028-02-29"), ISO, as_of=date(2028, 2, 29))
    assert over.reference == days("2027-02-01/2027-02-28")
    assert (
        compare("n1", Grain.MONTH, days("2026-11-01/2026-11-30"), ISO, date(2026, 10, 31))
        is Reason.NOT_STARTED
    )


@given(WHOLE, DAYS, RULES)
def test_last_year_of_a_whole_period_is_a_whole_period_about_a_year_before(
    grain: Grain, day: date, rules: CalendarRules
) -> None:
    period = period_of(grain, day, rules)
    pair = pair_of("n1", grain, period, rules)
    assert pair.current == period
    assert pair.reference == period_of(grain, pair.reference.start, rules)
    assert 364 <= (period.start - pair.reference.start).days <= 371
    if grain is not Grain.WEEK:
        assert (period.start - pair.reference.start).days in (365, 366)


@given(DAYS, RULES)
def test_weeks_meet_the_same_number_or_are_week_53(day: date, rules: CalendarRules) -> None:
    week = period_of(Grain.WEEK, day, rules)
    reference = pair_of("n1", Grain.WEEK, week, rules).reference
    year, number = week_number(day, rules)
    if week_number(reference.start, rules) != (year - 1, number):
        assert number == 53
        assert week.start - reference.start == timedelta(days=364)


@given(st.sampled_from(["n1", "n1_comparable"]), TO_DATE, DAYS, RULES)
def test_to_date_covers_as_many_elapsed_days_in_both_years(
    name: str, grain: Grain, as_of: date, rules: CalendarRules
) -> None:
    period = to_date(grain, as_of, rules)
    pair = pair_of(name, grain, period, rules)
    assert pair.current.days == pair.reference.days
    assert pair.current.start == period.start
    assert period.days - pair.current.days in (0, 1)  # a day is lost to a shorter February at most
    if name == "n1":
        assert pair.reference.start == period_of(grain.whole, pair.reference.start, rules).start


@given(GRAINS, DAYS, RULES, st.integers(0, 400))
def test_a_whole_period_on_its_way_is_its_to_date_grain(
    grain: Grain, day: date, rules: CalendarRules, elapsed: int
) -> None:
    whole = period_of(grain.whole, day, rules)
    as_of = min(whole.start + timedelta(days=elapsed), whole.end)
    for name in ("n1", "n1_comparable", "previous"):
        if as_of < whole.end and grain.is_to_date:
            to_date_pair = pair_of(name, grain, Period(whole.start, as_of), rules)
            assert pair_of(name, grain.whole, whole, rules, as_of) == to_date_pair


@given(NAMES, GRAINS, DAYS, RULES)
def test_the_reference_lies_before_and_the_current_side_inside(
    name: str, grain: Grain, day: date, rules: CalendarRules
) -> None:
    period = period_of(grain, day, rules)
    pair = pair_of(name, grain, period, rules)
    assert pair.reference.end < pair.current.end
    assert pair.current.overlap(period) == pair.current


@given(GRAINS, DAYS, RULES)
def test_comparable_days_fall_on_the_same_weekdays(grain: Grain, day: date, rules: CalendarRules) -> None:
    pair = pair_of("n1_comparable", grain, period_of(grain, day, rules), rules)
    assert [d.isoweekday() for d in pair.current] == [d.isoweekday() for d in pair.reference]


@given(WHOLE, DAYS, RULES)
def test_the_previous_whole_period_touches_the_current_one(
    grain: Grain, day: date, rules: CalendarRules
) -> None:
    pair = pair_of("previous", grain, period_of(grain, day, rules), rules)
    assert pair.reference.end + ONE_DAY == pair.current.start
    assert pair.reference == period_of(grain, pair.reference.end, rules)


@given(DAYS, st.integers(0, 400), RULES, NAMES)
def test_a_range_compares_with_as_many_days_but_for_29_february(
    start: date, length: int, rules: CalendarRules, name: str
) -> None:
    asked = Period(start, start + timedelta(days=length))
    pair = pair_of(name, Grain.RANGE, asked, rules)
    assert pair.reference.start < pair.current.start
    if not (name == "previous" and asked.is_whole_months):
        assert abs(pair.current.days - pair.reference.days) <= 1


# Trimming


def known(*periods: str) -> set[date]:
    return {day for text in periods for day in days(text)}


MARCH_AND_FEBRUARY = Pair(days("2027-03-01/2027-03-31"), days("2027-02-01/2027-02-28"))
ALL = known("2026-01-01/2027-12-31")


def test_two_sides_all_known_stay_whole_even_of_unequal_lengths() -> None:
    assert trim(MARCH_AND_FEBRUARY, ALL, ALL) == MARCH_AND_FEBRUARY


@pytest.mark.parametrize(
    ("current", "reference", "trimmed"),
    [
        (ALL, known("2027-02-10/2027-02-28"), ("2027-03-10/2027-03-28", "2027-02-10/2027-02-28")),
        (known("2027-03-01/2027-03-09"), ALL, ("2027-03-01/2027-03-09", "2027-02-01/2027-02-09")),
        (
            known("2027-03-01/2027-03-20"),
            known("2027-02-03/2027-02-28"),
            ("2027-03-03/2027-03-20", "2027-02-03/2027-02-20"),
        ),
        (known("2027-03-05"), ALL, ("2027-03-05", "2027-02-05")),
    ],
)
def test_days_missing_at_an_end_are_trimmed_on_both_sides(
    current: set[date], reference: set[date], trimmed: tuple[str, str]
) -> None:
    assert trim(MARCH_AND_FEBRUARY, current, reference) == Pair(days(trimmed[0]), days(trimmed[1]))


@pytest.mark.parametrize(
    ("current", "reference", "reason"),
    [
        (set[date](), ALL, Reason.NO_CURRENT),
        (ALL, set[date](), Reason.NO_REFERENCE),
        (set[date](), set[date](), Reason.NO_CURRENT),
        (known("2027-03-01/2027-03-05"), known("2027-02-20/2027-02-28"), Reason.NO_COMMON_DAYS),
        (ALL - known("2027-03-10"), ALL, Reason.HOLES),
        (ALL, known("2027-02-01/2027-02-05", "2027-02-09/2027-02-28"), Reason.HOLES),
    ],
)
def test_what_cannot_be_made_alike_is_not_compared(
    current: set[date], reference: set[date], reason: Reason
) -> None:
    assert trim(MARCH_AND_FEBRUARY, current, reference) is reason


@given(NAMES, GRAINS, DAYS, RULES, st.sets(st.integers(-800, 400)), st.sets(st.integers(-800, 400)))
def test_a_trimmed_pair_is_known_on_every_day_and_like_for_like(
    name: str, grain: Grain, day: date, rules: CalendarRules, gone: set[int], gone_before: set[int]
) -> None:
    everything = {day + timedelta(days=n) for n in range(-800, 801)}
    current = everything - {day + timedelta(days=n) for n in gone}
    reference = everything - {day + timedelta(days=n) for n in gone_before}
    pair = pair_of(name, grain, period_of(grain, day, rules), rules)
    found = trim(pair, current, reference)
    if isinstance(found, Pair):
        assert all(d in current for d in found.current)
        assert all(d in reference for d in found.reference)
        assert found == pair or found.current.days == found.reference.days
        assert found.current.start - pair.current.start == found.reference.start - pair.reference.start


# Change


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        ("105", "100", "0.05"),
        ("95", "100", "-0.05"),
        ("0", "100", "-1"),
        ("100", "0", None),
        ("0", "0", None),
        (None, "100", None),
        ("100", None, None),
        ("-50", "-100", "0.5"),
        ("50", "-100", "1.5"),
    ],
)
def test_change_is_relative_and_never_zero_for_a_missing_base(
    value: str | None, base: str | None, expected: str | None
) -> None:
    assert change(_decimal(value), _decimal(base)) == _decimal(expected)


def test_change_in_points() -> None:
    assert change_points(Decimal("0.132"), Decimal("0.12")) == Decimal("0.012")
    assert change_points(Decimal("0.132"), Decimal(0)) == Decimal("0.132")
    assert change_points(None, Decimal("0.12")) is None
    assert change_points(Decimal("0.12"), None) is None


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
