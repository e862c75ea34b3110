"""What changed about a person: what they may do, where they work and who answers for whom, newest first."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from accounts.days import long_day
from accounts.history import EMPTY, Change, author_of, history_of
from accounts.models import Department, Team, User

_Names = dict[str, dict[Any, str]]


def history_of_person(person: User) -> list[Change]:
    """The number of queries does not grow with the history."""
    dated = [(model, event) for model in _SAID for event in _events(model, person)]
    names = _names_in([event for _model, event in dated])
    changes = history_of(person)
    changes[-1:-1] = [_change(model, event, names) for model, event in reversed(dated)]  # after the coming
    return sorted(changes, key=lambda change: change.at, reverse=True)


def _events(model: str, person: User) -> list[Any]:
    found = apps.get_model("accounts", model).objects.filter(person_id=person.pk)
    return list(found.select_related("pgh_context").order_by("pgh_created_at", "pgh_id"))


def _change(model: str, event: Any, names: _Names) -> Change:
    what, by = _SAID[model](event, names), names["person"].get(author_of(event), "")
    return Change(at=event.pgh_created_at, by=by, title=f"{what} ({_days(event)})", fields=())


def _place(event: Any, names: _Names) -> str:
    department, team = names["department"].get(event.department_id), names["team"].get(event.team_id)
    return _("Works in {place}").format(place=" · ".join(filter(None, [department, team])))


def _team(event: Any, names: _Names) -> str:
    return _("Leads {team}").format(team=names["team"].get(event.team_id, EMPTY))


def _department(event: Any, names: _Names) -> str:
    return _("Heads {department}").format(department=names["department"].get(event.department_id, EMPTY))


def _manager(event: Any, names: _Names) -> str:
    return _("Manager: {name}").format(name=names["person"].get(event.manager_id, EMPTY))


def _stand_in(event: Any, names: _Names) -> str:
    return _("Stand-in: {name}").format(name=names["person"].get(event.stand_in_id, EMPTY))


def _scope(event: Any, names: _Names) -> str:
    department = names["department"].get(event.department_id, EMPTY)
    return _("Looks after {department}").format(department=department)


# The events of dated rows about a person, and how each is said.
_SAID: dict[str, Callable[[Any, _Names], str]] = {
    "MembershipEvent": _place,
    "TeamLeadEvent": _team,
    "DepartmentHeadEvent": _department,
    "ReportingLineEvent": _manager,
    "StandInEvent": _stand_in,
    "HRScopeEvent": _scope,
}


def _days(event: Any) -> str:
    if event.pgh_label == "delete":
        return _("taken back")
    start, end = long_day(event.start), long_day(event.end) if event.end else ""
    if not end:
        return _("from {start}").format(start=start)
    if event.pgh_label == "update":
        return _("until {end}").format(end=end)
    return _("from {start} to {end}").format(start=start, end=end)


def _names_in(events: list[Any]) -> _Names:
    said = [author_of(event) for event in events]
    said += [getattr(event, field, None) for event in events for field in ("manager_id", "stand_in_id")]
    people = User.objects.get_queryset().filter(pk__in=[pk for pk in said if pk is not None])
    return {
        "person": {person.pk: str(person) for person in people},
        "department": {row.pk: str(row) for row in Department.objects.all()},
        "team": {row.pk: str(row) for row in Team.objects.all()},
    }
