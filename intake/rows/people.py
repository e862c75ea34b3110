"""People, from a workbook: who is new is added as if invited by hand, who is known is changed, by their address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from accounts.access import Right, people_with
from accounts.after_answer import after_answer
from accounts.granting import lock_company, takes_two
from accounts.inviting import invite, requests_wait
from accounts.models import (
    Department,
    Language,
    Membership,
    OrganisationRequest,
    ReportingLine,
    Role,
    RoleRequest,
    Team,
    TeamLead,
    User,
)
from accounts.people import PersonDetails, person_add, person_change
from accounts.readers import one_at_once
from accounts.relations import managers_of
from base import dates
from intake.mapping import plain
from intake.problems import BadCell
from intake.rows.kinds import Change, Choice, Column, Option, Outcome, Row, RowKind, Stored
from intake.sentences import sentence

if TYPE_CHECKING:
    from django.http import HttpRequest

_BECOMES = gettext_noop("%(what)s: %(before)s → %(after)s")
_IS = gettext_noop("%(what)s: %(after)s")
_ROLE_WAITS = gettext_noop("The role “%(role)s” opens people's records: a second person has to grant it.")
_PLACE_WAITS = gettext_noop("This opens people's records to somebody else: a second person has to grant it.")
_NO_TEAM = gettext_noop("There is no team “%(name)s”: add it first.")
_NOT_THERE = gettext_noop("The team “%(name)s” is not of this department.")
_WHICH_TEAM = gettext_noop("Several departments have a team “%(name)s”: say the department.")
_WHICH_PERSON = gettext_noop("Several people are called “%(name)s”: write the e-mail.")
_NO_MANAGER = gettext_noop("Nobody who may lead people is called “%(name)s”.")
_LEADS_NOBODY_YET = gettext_noop(
    "“%(name)s” may not lead people yet, so the manager is left out: give the file again once the role is granted."
)
INVITE = "invite"
_ROLES: dict[str, tuple[str, ...]] = {
    Role.NONE: ("aucun", "sans accès", "none", "no role"),
    Role.DIRECTOR: ("directeur e-commerce", "directrice e-commerce", "directeur", "directrice", "director"),
    Role.TOP_MANAGEMENT: ("direction générale", "comité de direction", "codir", "executive"),
    Role.MANAGER: ("manager", "responsable", "responsable d’équipe", "chef d’équipe", "team lead"),
    Role.MEMBER: ("collaborateur", "collaboratrice", "membre", "équipier", "employee", "salarié", "salariée"),
    Role.HR: ("rh", "drh", "ressources humaines", "hr"),
    Role.CONTRIBUTOR: ("contributeur", "contributrice", "prestataire"),
    Role.ANALYST: ("analyste", "data analyst", "analyste de données", "analyst"),
    Role.ADMINISTRATOR: ("administrateur", "administratrice", "admin"),
}


_HEADINGS: dict[str, tuple[str, ...]] = {
    "email": (
        *(
            "mail",
            "courriel",
            "adresse e-mail",
            "adresse mail",
            "adresse électronique",
            "e-mail professionnel",
        ),
        *("mail pro", "email address", "user principal name", "login"),
    ),
    "full_name": (
        *("nom complet", "nom et prénom", "prénom et nom", "nom prénom", "prénom nom", "nom d’usage"),
        *("nom de famille", "collaborateur", "full name", "last name", "surname", "display name"),
    ),
    "first_name": ("prénom", "given name", "firstname"),
    "role": ("rôle", "rôle dans vigie", "profil", "accès", "profile"),
    "department": ("service", "département", "direction", "pôle"),
    "team": ("équipe", "squad"),
    "manager": (
        *("manager", "responsable hiérarchique", "supérieur hiérarchique", "n+1", "responsable"),
        *("rattachement hiérarchique", "line manager", "reports to", "e-mail du manager", "manager e-mail"),
    ),
    "start": (
        *("depuis", "à partir du", "date d’effet", "date d’arrivée", "date d’entrée", "since", "start date"),
    ),
}


@dataclass(frozen=True)
class _Known:
    """What there is before the rows, read once: people by address, where they work and who manages them."""

    people: dict[str, User]
    places: dict[int, Membership]
    lines: dict[int, User]
    managers: dict[int, int]
    leads: dict[int, int]
    teams: list[Team]
    leaders: dict[str, list[User]]
    others: set[str]


@dataclass
class _Plan:
    details: PersonDetails
    person: User | None


class PeopleKind(RowKind):
    code = "people"
    label = _("People")
    lead = _("Known people, by their address, are changed; the others are added.")
    right = Right.MANAGE_PEOPLE
    page = "people_list"
    most_rows = 500
    undo_said = _(
        "It is not taken back in one go, as people may have come in since: close an access on its own page."
    )
    options = (Option(INVITE, _("Send each new person their invitation")),)

    def columns(self, by: User) -> Sequence[Column]:  # noqa: ARG002  # the same for all
        roles = tuple(Choice(role.value, role.label, _ROLES[role]) for role in Role)
        languages = tuple(Choice(one.value, one.label) for one in Language)
        return (
            Column(
                "email", _("E-mail"), "email", _HEADINGS["email"], required=True, key=True, longest=254,
                example="camille.durand@exemple.fr",
            ),
            Column(
                "full_name", _("Name"), "text", _HEADINGS["full_name"], longest=150, example="Camille Durand",
                help=_("Needed for who is new. Beside a column of first names, the family name alone."),
            ),
            Column("first_name", _("First name"), "text", _HEADINGS["first_name"], longest=100),
            Column(
                "role", _("Role"), "choice", _HEADINGS["role"], choices=roles, example=str(Role.MEMBER.label)
            ),
            Column(
                "department", _("Department"), "found", _HEADINGS["department"], find=department_named(),
                help=_("One there is already."),
            ),
            Column(
                "team", _("Team"), "text", _HEADINGS["team"],
                help=_("One there is already; it brings its department with it."),
            ),
            Column(
                "manager", _("Manager"), "text", _HEADINGS["manager"],
                help=_("Their e-mail or name; the lead of the team where it is blank."),
            ),
            Column(
                "start", _("From"), "date", _HEADINGS["start"],
                help=_("When the department, the team or the manager changes; today where it is blank."),
            ),
            Column(
                "language", _("Language"), "choice", ("langue",), choices=languages,
                example=str(Language.FRENCH.label),
            ),
        )  # fmt: skip

    def lock(self) -> None:
        lock_company()
        one_at_once()

    def plan(self, rows: Sequence[Row], by: User, at: datetime) -> list[Change]:
        today = timezone.localdate(at)
        known = _known(rows, today)
        return [_change(row, known, by) for row in rows]

    def store(self, changes: Sequence[Change], by: User, at: datetime) -> Stored:
        stored, added = Stored(), list[User]()
        asked: set[int] = set()
        for change in changes:
            number, plan = change.row.number, change.plan
            try:
                with transaction.atomic():
                    if plan.person is None:
                        added.append(person_add(details=plan.details, by=by, at=at))
                    else:
                        person_change(person=plan.person, details=plan.details, by=by, at=at)
            except ValidationError as refused:
                stored.refused[number] = " ".join(refused.messages)
                continue
            waiting = _waiting(by, at) - asked
            if waiting:
                stored.notes[number] = [sentence(_PLACE_WAITS)]
                asked |= waiting
        stored.kept = [person.pk for person in added], at
        return stored

    def after(self, request: "HttpRequest", stored: Stored, ticked: frozenset[str]) -> None:
        by, (people, at) = request.user, stored.kept
        assert isinstance(by, User)  # behind requires(): never anonymous
        invited = people if INVITE in ticked else []

        def send(_request: "HttpRequest") -> None:
            for person in User.objects.get_queryset().filter(pk__in=invited):
                invite(person=person, by=by, at=at)
            of_theirs = {"requested_by": by, "requested_at": at}
            roles = RoleRequest.objects.pending().filter(**of_theirs)
            requests_wait([*roles, *OrganisationRequest.objects.pending().filter(**of_theirs)], by=by)

        after_answer(request, send)
        if invited:
            told = ngettext(
                "%(n)d invitation is being sent.", "%(n)d invitations are being sent.", len(invited)
            )
            messages.info(request, told % {"n": len(invited)})


def _waiting(by: User, at: datetime) -> set[int]:
    found = OrganisationRequest.objects.pending().filter(requested_by=by, requested_at=at)
    return set(found.values_list("pk", flat=True))


def department_named() -> Callable[[str], Department]:
    """Finds an open department by its name or code; read when first asked."""
    known: dict[str, Department] = {}

    def find(text: str) -> Department:
        if not known:
            for department in Department.objects.open():
                known.update({plain(department.code): department, plain(department.name): department})
        if plain(text) not in known:
            raise BadCell(gettext_noop("There is no department “%(name)s”: add it first."), name=text[:100])
        return known[plain(text)]

    return find


def _known(rows: Sequence[Row], today: date) -> _Known:
    people = User.objects.get_queryset().filter(email__in=[row.values["email"] for row in rows])
    found = {person.email: person for person in people}
    places = Membership.objects.in_force(today).filter(main=True, person__in=people)
    lines = ReportingLine.objects.in_force(today).filter(person__in=people).select_related("manager")
    leaders = people_with(Right.LEAD_PEOPLE)
    by_name: dict[str, list[User]] = {}
    for leader in leaders:
        by_name.setdefault(leader.email, []).append(leader)
        by_name.setdefault(plain(leader.full_name), []).append(leader)
    return _Known(
        people=found,
        places={row.person_id: row for row in places.select_related("department", "team")},
        lines={row.person_id: row.manager for row in lines},
        managers=managers_of(list(found.values()), as_of=today) if found else {},
        leads={row.team_id: row.person_id for row in TeamLead.objects.in_force(today)},
        teams=list(Team.objects.open().select_related("department")),
        leaders=by_name,
        others=_others(rows),
    )


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
        change.errors["full_name"] = sentence(gettext_noop("“%(column)s” is empty."), column=_now("Name"))
    _say(change, details, person, place, known)
    if (
        change.outcome != Outcome.SAME
        and details.role != (person.role if person else Role.NONE)
        and takes_two(details.role, by)
    ):
        change.details.append(sentence(_ROLE_WAITS, role=str(Role(details.role).label)))
    change.plan = _Plan(details, person)
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
    pairs: list[tuple[str, Any, Any]] = [
        (_now("Name"), person.full_name if person else None, details.full_name),
        (_now("Role"), Role(person.role).label if person else None, Role(details.role).label),
        (_now("Department"), place.department if place else None, details.department),
        (_now("Team"), place.team if place else None, details.team),
        (_now("Manager"), line, details.reports_to),
        (
            _now("Language"),
            Language(person.language).label if person else None,
            Language(details.language).label,
        ),
    ]
    said = []
    for what, before, after in pairs if person else pairs[1:]:
        if before == after:
            continue
        said.append(
            sentence(
                _IS if before is None else _BECOMES,
                what=what,
                after=str(after or "—"),
                **({} if before is None else {"before": str(before)}),
            )
        )
    if person is not None and said:
        change.outcome = Outcome.CHANGED
    if details.start and (
        place is None or (details.department, details.team) != (place.department, place.team)
    ):
        said.append(sentence(_IS, what=_now("From"), after=dates.day(details.start)))
    change.details[:0] = said
