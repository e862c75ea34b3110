"""The retail calendar of the company in the form the expectation reads it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import holidays

from base.calendar import CalendarRules, Period
from base.models import CalendarEvent
from kpis.expectation.types import Calendar


def calendar_of(
    events: Iterable[CalendarEvent], rules: CalendarRules, country: str, first: date, last: date
) -> Calendar:
    """Public holidays of the country and the company's retail events between two days."""
    dated: dict[date, set[str]] = defaultdict(set)
    for event in events:
        if event.start <= last and event.end >= first:
            for day in Period(event.start, event.end):
                dated[day].add(event.code)
    return Calendar(public_holidays(country, first, last), dict(dated), rules.open_weekdays)


def public_holidays(country: str, first: date, last: date) -> dict[date, str]:
    if not country or country not in holidays.list_supported_countries():
        return {}
    found = holidays.country_holidays(country, years=range(first.year, last.year + 1), language="en_US")
    return {day: name for day, name in found.items() if first <= day <= last}
