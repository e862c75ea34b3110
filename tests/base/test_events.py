"""Retail events by law and habit, public holidays, and the flags of days."""

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from base.events import EVENT_NAMES, DayFlags, Event, day_flags, public_holidays, retail_events

YEARS = st.integers(2020, 2100)


def of(code: str, year: int) -> list[tuple[str, str]]:
    found = [event for event in retail_events([year]) if event.code == code]
    return [(event.start.isoformat(), event.end.isoformat()) for event in found]


@pytest.mark.parametrize(
    ("code", "year", "start", "end"),
    [
        ("winter_sales", 2027, "2027-01-06", "2027-02-02"),  # the second Wednesday is the 13th
        ("summer_sales", 2027, "2027-06-23", "2027-07-20"),  # the last Wednesday is the 30th
        ("winter_sales", 2026, "2026-01-07", "2026-02-03"),
        ("summer_sales", 2026, "2026-06-24", "2026-07-21"),
        ("winter_sales", 2022, "2022-01-12", "2022-02-08"),  # the 12th itself stays
        ("summer_sales", 2022, "2022-06-22", "2022-07-19"),
        ("winter_sales", 2023, "2023-01-11", "2023-02-07"),
        ("summer_sales", 2023, "2023-06-28", "2023-08-01"),
        ("winter_sales", 2021, "2021-01-20", "2021-03-02"),
        ("summer_sales", 2021, "2021-06-30", "2021-07-27"),
        ("summer_sales", 2020, "2020-07-15", "2020-08-11"),
        ("winter_sales", 2019, "2019-01-09", "2019-02-19"),
        ("black_friday", 2026, "2026-11-27", "2026-11-27"),
        ("black_friday", 2024, "2024-11-29", "2024-11-29"),  # 1 November is a Friday: not the fourth Friday
        ("black_friday", 2018, "2018-11-23", "2018-11-23"),  # the earliest it can be
        ("black_friday", 2020, "2020-12-04", "2020-12-04"),
        ("black_friday_week", 2026, "2026-11-23", "2026-11-29"),
        ("cyber_monday", 2026, "2026-11-30", "2026-11-30"),
        ("christmas", 2026, "2026-12-01", "2026-12-24"),
    ],
)
def test_known_dates(code: str, year: int, start: str, end: str) -> None:
    assert of(code, year) == [(start, end)]


@pytest.mark.parametrize(
    ("year", "announced"),
    [
        (2020, [("2020-05-27", "2020-06-01"), ("2020-09-25", "2020-09-28")]),
        (2021, [("2021-04-28", "2021-05-04"), ("2021-09-22", "2021-09-28")]),
        (2022, [("2022-05-04", "2022-05-10"), ("2022-09-23", "2022-09-26")]),
        (2017, []),
    ],
)
def test_french_days(year: int, announced: list[tuple[str, str]]) -> None:
    assert of("french_days", year) == announced


@given(st.integers(2022, 2100))
def test_the_law_on_soldes(year: int) -> None:
    events = {event.code: event for event in retail_events([year])}
    winter, summer = events["winter_sales"], events["summer_sales"]
    for sale in (winter, summer):
        assert sale.start.isoweekday() == 3
        assert year == 2023 or (sale.end - sale.start).days == 27
    assert 6 <= winter.start.day <= 12
    assert (summer.start.month, 22 <= summer.start.day <= 28) == (6, True)


@given(YEARS)
def test_events_are_sorted_named_and_in_their_year(year: int) -> None:
    events = retail_events([year])
    assert events == sorted(events, key=lambda event: event.start)
    assert {event.code for event in events} == set(EVENT_NAMES) - {"own_event", "closure"}  # the company's
    assert all(event.start <= event.end and event.start.year == event.end.year == year for event in events)


def test_outside_france_only_what_is_not_french() -> None:
    codes = {event.code for event in retail_events([2026], country="GB")}
    assert codes == {"black_friday_week", "black_friday", "cyber_monday", "christmas"}


def test_events_have_a_name() -> None:
    with override("en"):
        assert next(e.name for e in retail_events([2026])) == "Winter sales"


def test_french_public_holidays() -> None:
    found = public_holidays("FR", [2027])
    assert len(found) == 11
    assert found[date(2027, 3, 29)] == "Easter Monday"
    assert public_holidays("FR", [2027], "fr")[date(2027, 7, 14)] == "Fête nationale"


def test_holiday_names_do_not_follow_the_language_of_the_machine() -> None:
    program = "from base.events import public_holidays as p; print(*p('FR', [2027]).values(), sep='|')"
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"LANG": lang, "LANGUAGE": lang},
            capture_output=True,
            check=True,
        ).stdout
        for lang in ("fr_FR.UTF-8", "en_GB.UTF-8", "C")
    }
    assert len(told) == 1


@pytest.mark.parametrize("country", ["ZZ", ""])
def test_an_unknown_country_has_no_holidays(country: str) -> None:
    assert public_holidays(country, [2027]) == {}


@pytest.mark.parametrize("country", ["GB", "DE", "BE", "ES", "IT", "JP", "US"])
def test_other_countries_have_theirs(country: str) -> None:
    assert date(2027, 1, 1) in public_holidays(country, [2027])


def test_flags_of_days() -> None:
    flags = day_flags([date(2026, 11, 27), date(2026, 12, 20)], "FR")
    assert flags.events[date(2026, 11, 27)] == {"black_friday", "black_friday_week"}
    assert flags.events[date(2026, 12, 1)] == {"christmas"}
    assert date(2026, 12, 30) not in flags.events
    assert flags.holidays == {date(2026, 12, 25): "Christmas Day"}  # within a week of the last day


def test_flags_see_the_holiday_of_next_year_from_its_eve() -> None:
    assert date(2027, 1, 1) in day_flags([date(2026, 12, 31)], "FR").holidays


def test_flags_follow_the_events_of_the_company() -> None:
    own = [Event("french_days", date(2026, 12, 30), date(2027, 1, 2))]
    flags = day_flags([date(2027, 1, 1)], "FR", own)
    assert flags.events == {date(2026, 12, 30) + timedelta(days=n): {"french_days"} for n in range(4)}


def test_no_days_no_flags() -> None:
    assert day_flags([], "FR") == DayFlags({}, {})


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 900))
def test_each_flag_is_the_day_of_an_event(start: date, length: int) -> None:
    days = [start + timedelta(days=n) for n in range(length + 1)]
    flags = day_flags(days, "FR").events
    for event in retail_events(range(start.year, days[-1].year + 1)):
        for day in (event.start, event.end):
            assert (event.code in flags.get(day, ())) or not days[0] <= day <= days[-1]
    outside = event_free_days(days)
    assert not outside & set(flags)


def event_free_days(days: list[date]) -> set[date]:
    """Days that no event holds: October after the 4th and August after the 11th, whatever the year."""
    return {day for day in days if (day.month == 10 and day.day > 4) or (day.month == 8 and day.day > 11)}
