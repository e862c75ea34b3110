"""Days that are not like others: French retail events and public holidays.

These are the defaults; what a company decides lies in ``base.CalendarEvent``, and ``calendar_of_company`` puts the two
together.

- *Soldes*: national dates, also online. Winter: second Wednesday of January, or the first where the second
  falls after the 12th. Summer: last Wednesday of June, or the one before where the last falls after the 28th.
  Four weeks each (arrêté of 27 May 2019; C. com. L310-3), six before 2020. Years the State moved are data.
- *Black Friday*: the day after the fourth Thursday of November. No law; that of 2020 was moved by agreement.
- *French Days*: since 2018, no law: the shops that run them announce them each time. A usual week is given,
  and the dates announced where they were far from it.
- *Christmas season*: 1 to 24 December, a convention of ours.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WEDNESDAY, THURSDAY = 3, 4

EVENT_NAMES: Mapping[str, Promise] = {
    "winter_sales": _("Winter sales"),
    "summer_sales": _("Summer sales"),
    "french_days": _("French Days"),
    "black_friday_week": _("Black Friday week"),
    "black_friday": _("Black Friday"),
    "cyber_monday": _("Cyber Monday"),
    "christmas": _("Christmas season"),
    "own_event": _("Own event"),
    "closure": _("Closure"),
}
CLOSURE = "closure"  # no sale is possible: nothing is expected of these days


@dataclass(frozen=True)
class Event:
    """A retail event and its days, both ends included; ``code`` is one of ``EVENT_NAMES``."""

    code: str
    start: date
    end: date

    @property
    def name(self) -> str:
        return str(EVENT_NAMES[self.code])


class Dated(Protocol):
    """Days with a code: an ``Event``, or what a company made of one."""

    @property
    def code(self) -> str: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


class Decision(Protocol):
    """What a company decided (a row of ``base.CalendarEvent``): an event of its own, or instead of the one of that code
    that law or habit starts on ``replaces``; without dates, that one is not held.
    """

    @property
    def code(self) -> str: ...
    @property
    def start(self) -> date | None: ...
    @property
    def end(self) -> date | None: ...
    @property
    def replaces(self) -> date | None: ...


@dataclass(frozen=True)
class DayFlags:
    """day → name of its public holiday; day → codes of its retail events. Ordinary days are absent."""

    holidays: dict[date, str]
    events: dict[date, frozenset[str]]


MOVED_SALES: Mapping[tuple[str, int], tuple[date, date]] = {
    ("summer_sales", 2020): (date(2020, 7, 15), date(2020, 8, 11)),  # after the first lockdown
    ("winter_sales", 2021): (date(2021, 1, 20), date(2021, 3, 2)),  # moved, then extended by two weeks
    ("summer_sales", 2021): (date(2021, 6, 30), date(2021, 7, 27)),
    ("summer_sales", 2023): (date(2023, 6, 28), date(2023, 8, 1)),  # extended (arrêté of 6 July 2023)
}
MOVED_BLACK_FRIDAY: Mapping[int, date] = {2020: date(2020, 12, 4)}
ANNOUNCED_FRENCH_DAYS: Mapping[tuple[str, int], tuple[date, date]] = {
    ("spring", 2020): (date(2020, 5, 27), date(2020, 6, 1)),  # put off by the first lockdown
    ("autumn", 2020): (date(2020, 9, 25), date(2020, 9, 28)),
    ("autumn", 2022): (date(2022, 9, 23), date(2022, 9, 26)),
}
FIRST_FRENCH_DAYS = 2018


def retail_events(years: Iterable[int], country: str = "FR") -> list[Event]:
    """The retail events that start in the years, by date; outside France, those that are not French."""
    found: list[Event] = []
    for year in years:
        found += [*_black_friday(year), Event("christmas", date(year, 12, 1), date(year, 12, 24))]
        if country == "FR":
            found += [*_sales(year), *_french_days(year)]
    return sorted(found, key=lambda event: (event.start, event.end))


def calendar_of_company(years: Iterable[int], country: str, decisions: Iterable[Decision]) -> list[Event]:
    """The events that start in the years, by date: those of law and habit as the company decided them, and its own."""
    wanted, decided = set(years), list(decisions)
    replaced = {(row.code, row.replaces) for row in decided}
    usual = [event for event in retail_events(wanted, country) if (event.code, event.start) not in replaced]
    own = [
        Event(row.code, row.start, row.end)
        for row in decided
        if row.start is not None and row.end is not None and row.start.year in wanted
    ]
    return sorted([*usual, *own], key=lambda event: (event.start, event.end))


def _sales(year: int) -> list[Event]:
    starts = {
        "winter_sales": _winter_sales_start(year),
        "summer_sales": _summer_sales_start(year),
    }
    length = timedelta(weeks=4 if year >= 2020 else 6, days=-1)
    return [
        Event(code, *MOVED_SALES.get((code, year), (start, start + length))) for code, start in starts.items()
    ]


def _winter_sales_start(year: int) -> date:
    second = _weekday_from(date(year, 1, 8), WEDNESDAY)
    return second if second.day <= 12 else second - timedelta(weeks=1)


def _summer_sales_start(year: int) -> date:
    last = _weekday_from(date(year, 6, 24), WEDNESDAY)
    return last if last.day <= 28 else last - timedelta(weeks=1)


def _black_friday(year: int) -> list[Event]:
    usual = _weekday_from(date(year, 11, 22), THURSDAY) + timedelta(days=1)
    friday = MOVED_BLACK_FRIDAY.get(year, usual)
    monday = friday + timedelta(days=3)
    return [
        Event("black_friday_week", friday - timedelta(days=4), friday + timedelta(days=2)),
        Event("black_friday", friday, friday),
        Event("cyber_monday", monday, monday),
    ]


def _french_days(year: int) -> list[Event]:
    if year < FIRST_FRENCH_DAYS:
        return []
    usual = {"spring": date(year, 4, 28), "autumn": date(year, 9, 22)}
    found = []
    for edition, earliest in usual.items():
        start = _weekday_from(earliest, WEDNESDAY)
        announced = ANNOUNCED_FRENCH_DAYS.get((edition, year), (start, start + timedelta(days=6)))
        found.append(Event("french_days", *announced))
    return found


def _weekday_from(day: date, weekday: int) -> date:
    """The first such ISO weekday on or after the day."""
    return day + timedelta(days=(weekday - day.isoweekday()) % 7)


def public_holidays(country: str, years: Iterable[int], language: str = "en_US") -> dict[date, str]:
    """day → name of the public holiday; none for a country the ``holidays`` library does not know.

    A holiday keeps its name from year to year, so it can be told from the others by it. Where the library has
    not the language for the country, names are in that country's own.
    """
    import holidays  # takes a while to load, and only the night and the forms need it

    if country not in holidays.list_supported_countries(include_aliases=True):
        return {}
    return dict(sorted(holidays.country_holidays(country, years=years, language=language).items()))


def day_flags(days: Iterable[date], country: str, events: Iterable[Dated] | None = None) -> DayFlags:
    """What the days are known for, with those of the week before and after: an eve counts too.

    :param events: those of the company's calendar; the defaults of the country when None.
    """
    known = sorted(days)
    if not known:
        return DayFlags({}, {})
    first, last = known[0] - timedelta(weeks=1), known[-1] + timedelta(weeks=1)
    years = range(first.year, last.year + 1)
    # A season may begin in the year before the one it ends in.
    own: Iterable[Dated] = events or ()
    if events is None:
        own = retail_events(range(first.year - 1, last.year + 1), country)
    holidays = public_holidays(country, years)
    return DayFlags(
        {day: name for day, name in holidays.items() if first <= day <= last}, _by_day(own, first, last)
    )


def _by_day(events: Iterable[Dated], first: date, last: date) -> dict[date, frozenset[str]]:
    codes: dict[date, set[str]] = defaultdict(set)
    for event in events:
        start, end = max(event.start, first), min(event.end, last)
        for offset in range((end - start).days + 1):
            codes[start + timedelta(days=offset)].add(event.code)
    return {day: frozenset(found) for day, found in sorted(codes.items())}
