"""What rows of people would change of those there are, in words; whose place and manager are meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from accounts.access import Right, people_with
from accounts.granting import takes_two
from accounts.models import (
    Department,
    Language,
    Membership,
    ReportingLine,
    Role,
    RoleRequest,
    Team,
    TeamLead,
    User,
)
from accounts.people import PersonDetails
from accounts.relations import managers_of
from base import dates
from base.sentences import sentence
from intake.kinds import Label
from intake.names import plain
from intake.rows.kinds import Change, Outcome, Row, difference

if TYPE_CHECKING:
    from django.db.models import QuerySet

_Dated = TypeVar("_Dated", Membership, ReportingLine)
PLACED_FROM = pgettext_lazy("a place or a manager", "From")
_ROLE_WAITS = gettext_noop("The role “%(role)s” opens people's records: a second person has to grant it.")
_ROLE_IS_ASKED = gettext_noop("The role “%(role)s” waits for a second person already.")
_NO_TEAM = gettext_noop("There is no team “%(name)s”: add it first.")
_NOT_THERE = gettext_noop("The team “%(name)s” is not of this department.")
_WHICH_TEAM = gettext_noop("Several departments have a team “%(name)s”: say the department.")
_WHICH_PERSON = gettext_noop("Several people are called “%(name)s”: write the e-mail.")
_NO_MANAGER = gettext_noop("Nobody who may lead people is called “%(name)s”.")
_LEADS_NOBODY_YET = gettext_noop(
    "“%(name)s” may not lead people yet, so the manager is left out: give the file again once the role is granted."
)


@dataclass(frozen=True)
class _Known:
    """What there is before the rows, read once: people by address, where they work and who manages them, on the day
    their row speaks of.
    """

    people: dict[str, User]
    places: dict[int, Membership]
    lines: dict[int, User]
    managers: dict[int, int]
    leads: dict[int, int]
    teams: list[Team]
    leaders: dict[str, list[User]]
    others: set[str]
    asked: dict[int, str]  # the role that waits for a second person


@dataclass(frozen=True)
class PersonPlan:
    details: PersonDetails
    person: User | None

    def joins_from(self, today: date) -> bool:
        """Whether a new person comes in, from today or later: one person places them."""
        return self.person is None and (self.details.start or today) >= today


def changes_of(rows: Sequence[Row], by: User, today: date) -> list[Change]:
    """What each row would do; the plan of each is a ``PersonPlan``."""
    known = _known(rows, today)
    return [_change(row, known, by) for row in rows]


def _known(rows: Sequence[Row], today: date) -> _Known:
    people = User.objects.get_queryset().filter(email__in=[row.values["email"] for row in rows])
    found = {person.email: person for person in people}
    days = {row.values["email"]: max(today, row.values.get("start") or today) for row in rows}
    places = Membership.objects.in_force_or_planned(today).filter(main=True, person__in=people)
    lines = ReportingLine.objects.in_force_or_planned(today).filter(person__in=people)
    leaders = people_with(Right.LEAD_PEOPLE)
    by_name: dict[str, list[User]] = {}
    for leader in leaders:
        by_name.setdefault(leader.email, []).append(leader)
        by_name.setdefault(plain(leader.full_name), []).append(leader)
    return _Known(
        people=found,
        places=_on_their_day(places.select_related("person", "department", "team"), days),
        lines={
            person: line.manager
            for person, line in _on_their_day(lines.select_related("person", "manager"), days).items()
        },
        managers=managers_of(list(found.values()), as_of=today) if found else {},
        leads={row.team_id: row.person_id for row in TeamLead.objects.in_force(today)},
        teams=list(Team.objects.open().select_related("department")),
        leaders=by_name,
        others=_others(rows),
        asked=dict(RoleRequest.objects.pending().filter(person__in=people).values_list("person", "role")),
    )


def _on_their_day(dated: "QuerySet[_Dated]", days: Mapping[str, date]) -> dict[int, _Dated]:
    """By id of the person, what is in force on the day their row speaks of, by their address."""
    found = {}
    for one in dated:
        day = days[one.person.email]
        if one.start <= day and (one.end is None or one.end >= day):
            found[one.person_id] = one
    return found


def _others(rows: Sequence[Row]) -> set[str]:
    """Addresses and plain names of those who are not among the leaders yet, but are known or in the file."""
    found = {row.values["email"] for row in rows} | {plain(_name(row)) for row in rows}
    for email, name in User.objects.get_queryset().values_list("email", "full_name"):
        found |= {email, plain(name)}
    return found


def _name(row: Row) -> str:
    parts = (row.values.get("first_name"), row.values.get("full_name"))
    return " ".join(part for part in parts if part)[:150]


def _change(row: Row, known: _Known, by: User) -> Change:
    email, person = row.values["email"], known.people.get(row.values["email"])
    change = Change(row, Outcome.NEW if person is None else Outcome.SAME, _name(row) or str(person or email))
    place = known.places.get(person.pk) if person else None
    department, team = _place(change, place, known)
    manager = _manager(change, person, team, known)
    named = _name(row) if row.values.get("full_name") else ""
    details = PersonDetails(
        email=email,
        full_name=named or (person.full_name if person else ""),
        role=row.values.get("role", person.role if person else Role.NONE),
        department=department,
        team=team,
        language=row.values.get("language", person.language if person else Language.FRENCH),
        reports_to=manager,
        start=row.values.get("start"),
    )
    if not details.full_name:
        change.errors["full_name"] = sentence(gettext_noop("“%(column)s” is empty."), column=str(_("Name")))
    if person is not None and known.asked.get(person.pk) == details.role != person.role:
        change.details.append(sentence(_ROLE_IS_ASKED, role=Role(details.role).label))
        details = replace(details, role=person.role)
    _say(change, details, person, place, known)
    if (
        change.outcome != Outcome.SAME
        and details.role != (person.role if person else Role.NONE)
        and takes_two(details.role, by)
    ):
        change.details.append(sentence(_ROLE_WAITS, role=Role(details.role).label))
    change.plan = PersonPlan(details, person)
    return change


def _place(change: Change, place: Membership | None, known: _Known) -> tuple[Department | None, Team | None]:
    """Where the person works after the row: a blank cell changes nothing."""
    values = change.row.values
    now = (place.department, place.team) if place else (None, None)
    department: Department | None = values.get("department", now[0])
    if "team" not in values:
        return department, now[1] if department == now[0] else None
    alike = [team for team in known.teams if plain(team.name) == plain(values["team"])]
    if "department" in values:
        alike = [team for team in alike if team.department_id == values["department"].pk] or alike
    if len(alike) == 1 and values.get("department", alike[0].department) == alike[0].department:
        return alike[0].department, alike[0]
    told = _NO_TEAM if not alike else _NOT_THERE if len(alike) == 1 else _WHICH_TEAM
    change.errors["team"] = sentence(told, name=values["team"][:100])
    return now


def _manager(change: Change, person: User | None, team: Team | None, known: _Known) -> User | None:
    """The manager named outright after the row: nobody new where the one it says is the person's already."""
    now = known.lines.get(person.pk) if person else None
    said = change.row.values.get("manager", "")
    if not said:
        return now
    found = known.leaders.get(said.lower()) or known.leaders.get(plain(said)) or []
    if len(found) == 1:
        usual = known.leads.get(team.pk) if team else None
        is_theirs = (person is not None and known.managers.get(person.pk) == found[0].pk) or found[
            0
        ].pk == usual
        return now if is_theirs else found[0]
    if found:
        change.errors["manager"] = sentence(_WHICH_PERSON, name=said[:100])
    elif said.lower() in known.others or plain(said) in known.others:
        change.details.append(sentence(_LEADS_NOBODY_YET, name=said[:100]))
    else:
        change.errors["manager"] = sentence(_NO_MANAGER, name=said[:100])
    return now


def _say(
    change: Change, details: PersonDetails, person: User | None, place: Membership | None, known: _Known
) -> None:
    """What differs, from and to; a person of whom nothing does stays the same."""
    line = known.lines.get(person.pk) if person else None
    pairs: list[tuple[Label, Any, Any]] = [
        (_("Name"), person.full_name if person else None, details.full_name),
        (_("Role"), Role(person.role).label if person else None, Role(details.role).label),
        (_("Department"), place.department if place else None, details.department),
        (_("Team"), place.team if place else None, details.team),
        (_("Manager"), line, details.reports_to),
        (
            _("Language"),
            Language(person.language).label if person else None,
            Language(details.language).label,
        ),
    ]
    said = []
    for what, before, after in pairs if person else pairs[1:-1]:
        if before == after:
            continue
        said.append(difference(what, before=before if before is None else _word(before), after=_word(after)))
    if person is not None and said:
        change.outcome = Outcome.CHANGED
    if details.start and (
        place is None or (details.department, details.team) != (place.department, place.team)
    ):
        said.append(difference(PLACED_FROM, before=None, after=dates.day(details.start)))
    change.details[:0] = said


def _word(value: Any) -> Label:
    """What has a word in each language keeps it; an object has its name."""
    return value if isinstance(value, Promise) else str(value or "—")
