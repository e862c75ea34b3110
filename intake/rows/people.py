"""People, from a workbook: who is new is added as if invited by hand, who is known is changed, by their address."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from accounts.access import Right
from accounts.after_answer import after_answer
from accounts.granting import lock_company
from accounts.inviting import invite, requests_wait
from accounts.models import Department, Language, OrganisationRequest, Role, RoleRequest, User
from accounts.people import person_add, person_change
from accounts.readers import checked_together, one_at_once
from base.sentences import refusal_of, sentence
from intake.names import plain
from intake.problems import BadCell
from intake.rows.kinds import Change, Choice, Column, Option, Row, RowKind
from intake.rows.people_changes import PLACED_FROM, changes_of

if TYPE_CHECKING:
    from django.http import HttpRequest

_log = logging.getLogger(__name__)
_PLACE_WAITS = gettext_noop("This opens people's records to somebody else: a second person has to grant it.")
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
    "start": (*("depuis", "du", "date d’effet", "date d’arrivée", "date d’entrée", "since", "start date"),),
}


class PeopleKind(RowKind):
    code = "people"
    label = _("People")
    lead = _("Known people, by their address, are changed; the others are added.")
    right = Right.MANAGE_PEOPLE
    page = "people_list"
    most_rows = 300
    undo_said = _(
        "It is not taken back in one go, as people may have come in since: close an access on its own page."
    )
    options = (Option(INVITE, _("Send each new person their invitation"), of_new=True),)

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
                "start", PLACED_FROM, "date", _HEADINGS["start"],
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
        return changes_of(rows, by, timezone.localdate(at))

    def store(self, changes: Sequence[Change], by: User, at: datetime) -> tuple[list[int], datetime]:
        """Answers the ids of those who were added, and when."""
        new = [change for change in changes if change.plan.joins_from(timezone.localdate(at))]
        added, asked = _added_together(new, by, at), set[int]()
        left = [change for change in changes if added is None or change not in new]
        added = added or []
        for change in left:
            person = _stored(change, by, at)
            if change.plan.person is None and person is not None:
                added.append(person)
            if waiting := _waiting(by, at) - asked:
                change.details.append(sentence(_PLACE_WAITS))
                asked |= waiting
        return added, at

    def after(self, request: "HttpRequest", kept: tuple[list[int], datetime], ticked: frozenset[str]) -> None:
        by, (people, at) = request.user, kept
        assert isinstance(by, User)  # behind requires(): never anonymous
        invited = people if INVITE in ticked else []

        def send(_request: "HttpRequest") -> None:
            for person in User.objects.get_queryset().filter(pk__in=invited):
                try:
                    invite(person=person, by=by, at=at)
                except Exception:  # the others, and who is to agree, are written to all the same
                    _log.exception("invitation_failed")
            of_theirs = {"requested_by": by, "requested_at": at}
            roles = RoleRequest.objects.pending().filter(**of_theirs)
            requests_wait([*roles, *OrganisationRequest.objects.pending().filter(**of_theirs)], by=by)

        after_answer(request, send)
        if invited:
            told = ngettext(
                "%(n)d invitation is being sent.", "%(n)d invitations are being sent.", len(invited)
            )
            messages.info(request, told % {"n": len(invited)})


def _added_together(new: Sequence[Change], by: User, at: datetime) -> list[int] | None:
    """Add all who are new, and look once at who reads whom then; None when one of them may not be: which, is found one
    by one.
    """
    added: list[int] = []
    start = min((change.plan.details.start or timezone.localdate(at) for change in new), default=None)
    if start is None:
        return added
    try:
        with checked_together(by, start, free=lambda pair: pair[1] in added):
            for change in new:
                person = _stored(change, by, at)
                if person is not None:
                    added.append(person)
    except ValidationError:
        for change in new:
            change.refused = ""
        return None
    return added


def _stored(change: Change, by: User, at: datetime) -> int | None:
    """Add or change the person, and answer their id; None when a rule refuses it."""
    details, person = change.plan.details, change.plan.person
    try:
        with transaction.atomic():
            if person is None:
                return person_add(details=details, by=by, at=at).pk
            person_change(person=person, details=details, by=by, at=at)
    except ValidationError as refused:
        change.refused = refusal_of(refused)
        return None
    return int(person.pk)


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
