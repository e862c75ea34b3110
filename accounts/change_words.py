"""Changes of the organisation that wait for a second person, in words."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.days import long_day
from accounts.models import Department, Membership, OrganisationRequest, Team, User

# What the arguments of a change are rows of.
MODELS: dict[str, type[models.Model]] = {
    "person": User,
    "manager": User,
    "lead": User,
    "head": User,
    "team": Team,
    "department": Department,
    "departments": Department,
    "membership": Membership,
}


def title_of(asked: OrganisationRequest) -> str:
    """What would change, and from when: "Lea Petit – Works in Web (from 1 December 2026)"."""
    about, said = _SAID[asked.change](defaultdict(lambda: "—", asked.names | names_of(asked.arguments)))
    return f"{about} – {said}{_when(asked.arguments)}"


def _when(arguments: Mapping[str, Any]) -> str:
    days = {
        name: long_day(date.fromisoformat(arguments[name])) for name in ("start", "last") if name in arguments
    }
    if "start" in days:
        return f" ({_('from {start}').format(start=days['start'])})"
    return f" ({_('until {end}').format(end=days['last'])})" if days else ""


def readings_of(asked: OrganisationRequest) -> list[tuple[User, str, list[User]]]:
    """Each new reader, the address it was asked for, and whose records they would read."""
    people = User.objects.get_queryset().in_bulk({pk for pair in asked.pairs() for pk in pair})
    return [
        (
            people[opened["reader"]],
            opened["email"],
            sorted((people[pk] for pk in opened["people"] if pk in people), key=str),
        )
        for opened in asked.opens
        if opened["reader"] in people
    ]


def names_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    """What the rows behind the arguments are called today; those that are gone are left out."""
    names = {}
    for name, value in arguments.items():
        if name in MODELS and value is not None:
            keys: list[Any] = value if isinstance(value, list) else [value]
            rows = MODELS[name]._base_manager.filter(pk__in=keys)
            if len(rows) == len(keys):
                names[name] = ", ".join(map(str, rows))
    return names


def _place(names: dict[str, str]) -> tuple[str, str]:
    place = names.get("team") or names.get("department")
    said = _("Works in {place}").format(place=place) if place else _("In no department.")
    return names["person"], said


# Whom or what each change is about, and what is said of it.
_SAID: dict[str, Callable[[dict[str, str]], tuple[str, str]]] = {
    "person_place": _place,
    "person_also_in": _place,
    "membership_end": lambda names: (names.get("membership", "—"), _("End it")),
    "manager_name": lambda names: (
        names["person"], _("Manager: {name}").format(name=names.get("manager", _("The lead of the team"))),
    ),
    "team_lead_name": lambda names: (names["team"], _("Team lead: {name}").format(name=names.get("lead", "—"))),
    "department_head_name": lambda names: (
        names["department"], _("Head of the department: {name}").format(name=names.get("head", "—")),
    ),
    "team_move": lambda names: (names["team"], _("Moves to {department}").format(department=names["department"])),
    "team_close": lambda names: (names["team"], _("Closed")),
    "hr_limit": lambda names: (
        names["person"], _("Looks after {department}").format(department=names.get("departments") or "—"),
    ),
    "leave_all": lambda names: (names["person"], _("Leaves the company")),
    "department_close": lambda names: (names["department"], _("Closed")),
}  # fmt: skip
