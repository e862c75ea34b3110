"""Changing the company and its calendar: what follows is said before, and what would falsify figures is refused.

Upper floors say what follows for what they keep: ``kpis`` registers a function in ``CONSEQUENCES``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.calendar import Period
from base.events import Event, calendar_of_company
from base.models import CalendarEvent, Company


@dataclass(frozen=True)
class Consequence:
    """One sentence about what a change does; ``refuses`` when it must not be done at all."""

    text: str
    refuses: bool = False


type_of_question = Callable[[Company, Company], Iterable[Consequence]]
CONSEQUENCES: list[type_of_question] = []


def consequences(before: Company, after: Company) -> list[Consequence]:
    """What the change does, in the reader's language; nothing for a name."""
    return [found for question in (_of_the_calendar, *CONSEQUENCES) for found in question(before, after)]


def _of_the_calendar(before: Company, after: Company) -> Iterable[Consequence]:
    if before.timezone != after.timezone:
        yield Consequence(
            _(
                "Files imported from now on are read in the new time zone; days already known stay as they are."
            )
        )
    if before.country != after.country:
        yield Consequence(
            _("Public holidays and retail events become those of the new country, past years included.")
        )


@transaction.atomic
def company_change(*, company: Company) -> Company:
    """Keep the company as filled in. ValidationError, and nothing changed, when a consequence refuses it."""
    before = Company.objects.select_for_update().get(pk=company.pk)
    refusals = [found.text for found in consequences(before, company) if found.refuses]
    if refusals:
        raise ValidationError(refusals)
    company.save()
    return company


@dataclass(frozen=True)
class CalendarLine:
    """An event of the year as pages list it: ``decision`` is the company's row behind it, if any."""

    name: str
    code: str
    start: date | None
    end: date | None
    usual: Event | None = None
    decision: CalendarEvent | None = None


def calendar_lines(year: int, country: str) -> list[CalendarLine]:
    """All events that start in the year, those that are not held included, by date. One query."""
    decisions = list(CalendarEvent.objects.all())
    by_default = {(row.code, row.replaces): row for row in decisions if row.replaces}
    lines = []
    for event in calendar_of_company([year], country, ()):
        row = by_default.get((event.code, event.start))
        if row is None:
            lines.append(CalendarLine(event.name, event.code, event.start, event.end, usual=event))
        else:
            lines.append(CalendarLine(str(row), row.code, row.start, row.end, usual=event, decision=row))
    shown = {line.decision for line in lines}
    lines += [
        CalendarLine(str(row), row.code, row.start, row.end, decision=row)
        for row in decisions
        if row not in shown and row.start is not None and row.start.year == year
    ]
    return sorted(lines, key=_place)


def _place(line: CalendarLine) -> Any:
    return line.start or (line.usual.start if line.usual else date.max), line.name


@transaction.atomic
def event_save(*, event: CalendarEvent) -> CalendarEvent:
    """Keep an event of the company's; ValidationError when its days meet those of another of the same kind."""
    if event.start is not None and event.end is not None:
        days = Period(event.start, event.end)
        years = range(days.start.year - 1, days.end.year + 2)
        others = list(CalendarEvent.objects.select_for_update().filter(code=event.code).exclude(pk=event.pk))
        held = calendar_of_company(years, Company.current().country, [*others, event])
        met = [e for e in held if e.code == event.code and days.overlap(Period(e.start, e.end))]
        if len(met) > 1:
            raise ValidationError(
                _("These days overlap another event of the same kind: change that one instead.")
            )
    event.save()
    return event
