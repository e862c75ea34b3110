"""Changing who may do what: the rules that hold whichever page or command asks (with two people: ``granting.py``).

A broken rule raises ``ValidationError`` with one sentence; nothing is changed then.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pghistory
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.access import ROLES_LEADING, ROLES_TAKING_TWO
from accounts.changes import make_or_ask, organisation_requests_void, requests_without_object_void
from accounts.granting import keep_an_administrator, lock_company, note, requests_void, role_ask, takes_two
from accounts.models import AccessAct, Department, Invitation, Role, RoleRequest, State, Team, User
from accounts.organisation import leading_ends, manager_name, person_place
from accounts.readers import one_at_once
from accounts.tokens import made_secrets_end

Kind = AccessAct.Kind


@dataclass(frozen=True)
class PersonDetails:
    """What an administrator fills in about a person. ``team`` decides the department when it is given.

    Where they work changes on ``start``; without it, on the day of the change.
    """

    email: str
    full_name: str
    role: str
    department: Department | None
    team: Team | None
    language: str
    reports_to: User | None = None  # the manager named outright, where it is not the team's lead
    start: date | None = None


@transaction.atomic
def person_add(*, details: PersonDetails, by: User | None, at: datetime) -> User:
    """A new person without a password; a role that takes two people waits for the second one.

    ``by`` is None for the operator: the first start and the command line give any role, and vouch for it.
    """
    lock_company()
    waits = by is not None and takes_two(details.role, by)
    alone = by is not None and not waits and details.role in ROLES_TAKING_TWO
    person = User(email=details.email.lower(), role=Role.NONE if waits else details.role)
    person.set_unusable_password()
    _fill(person, details)
    with pghistory.context(**{"note": "alone"} if alone else {}):
        person.save()
    note(person=person, by=by, kind=Kind.OPERATOR if by is None else Kind.ADDED, at=at)
    if by is not None and waits:
        role_ask(person=person, role=details.role, by=by, at=at)
    _join(person, details, by, at)
    return person


@transaction.atomic
def person_change(*, person: User, details: PersonDetails, by: User, at: datetime) -> RoleRequest | None:
    """Apply what the form holds; the request that now waits for a second person, if the role takes two.

    A place or a manager that opens records to new readers waits too (``changes.py``).
    """
    person = _locked(person)
    if details.email.lower() != person.email:
        _change_address(person, details.email, by=by, at=at)
    _fill(person, details)
    waits = details.role != person.role and takes_two(details.role, by)
    if not waits:
        _set_role(person, details.role, by=by, at=at)
    person.save()
    _place(person, details, by, at)
    return role_ask(person=person, role=details.role, by=by, at=at) if waits else None


@transaction.atomic
def person_close(*, person: User, by: User, at: datetime) -> None:
    """The person may no longer sign in, and nothing opened before this moment works again, reopened or not."""
    person = _locked(person)
    if person == by:
        raise ValidationError(_("You cannot close your own access."))
    if not person.is_active:
        return
    keep_an_administrator(person)
    person.is_active = person.is_director_too = False
    person.session_generation += 1
    person.save(update_fields=["is_active", "is_director_too", "session_generation"])
    Invitation.objects.filter(person=person, accepted_at=None).delete()
    made_secrets_end(person, by=by, at=at)
    for void in (requests_void, organisation_requests_void):
        void(about=person, state=State.ACCESS_CLOSED, by=by, at=at)
    requests_without_object_void(by=by, at=at)


@transaction.atomic
def person_reopen(*, person: User, by: User, at: datetime) -> None:
    """Let someone in again; a role that takes two people must be asked for again."""
    person = _locked(person)
    if person.is_active:  # asked twice, it would take away what was granted since
        return
    person.is_active = True
    if person.role in ROLES_TAKING_TWO:
        person.role = Role.NONE
        leading_ends(person=person, last=localdate(at) - timedelta(days=1))
    person.save(update_fields=["is_active", "role"])
    note(person=person, by=by, kind=Kind.REOPENED, at=at)


@transaction.atomic
def role_give(*, person: User, role: str, at: datetime) -> None:
    """The operator gives a role and vouches for the account: the way on where no second person is left.

    Whoever opened an account without its mailbox may not be its owner: they are put out, and it is invited anew.
    """
    person = _locked(person)
    keep_an_administrator(person, new_role=role)
    if person.address_proven_at is None:
        _take_back(person)
        made_secrets_end(person, by=None, at=at)
    RoleRequest.objects.pending().filter(person=person).update(state=State.WITHDRAWN, decided_at=at)
    person.put_role(role)
    if role not in ROLES_LEADING:
        leading_ends(person=person, last=localdate(at) - timedelta(days=1))
    with pghistory.context(note="command"):
        person.save()
    note(person=person, by=None, kind=Kind.OPERATOR, at=at)


def _take_back(person: User) -> None:
    person.set_unusable_password()
    person.session_generation += 1
    Authenticator.objects.filter(user=person).delete()
    Invitation.objects.filter(person=person).delete()


def _locked(person: User) -> User:
    one_at_once()  # before the person: a change of the organisation takes them in this order
    return User.objects.get_queryset().select_for_update().get(pk=person.pk)


def _fill(person: User, details: PersonDetails) -> None:
    person.email = details.email.lower()
    person.full_name = details.full_name
    person.language = details.language


def _join(person: User, details: PersonDetails, by: User | None, at: datetime) -> None:
    """One person places who is new, from today on; a place in the past opens to others what was written then."""
    today = localdate(at)
    start = details.start or today
    if by is not None and start < today:
        _place(person, details, by, at)
        return
    department, team = details.department, details.team
    person_place(person=person, department=department, team=team, start=start, by=by, joins=True)
    manager_name(person=person, manager=details.reports_to, start=start, by=by, joins=True)


def _place(person: User, details: PersonDetails, by: User, at: datetime) -> None:
    """What opens records to new readers waits for a second person (``changes.py``)."""
    start = details.start or localdate(at)
    make_or_ask(
        person_place,
        person=person,
        department=details.department,
        team=details.team,
        start=start,
        by=by,
        at=at,
    )
    make_or_ask(manager_name, person=person, manager=details.reports_to, start=start, by=by, at=at)


def _change_address(person: User, email: str, *, by: User, at: datetime) -> None:
    """Whoever changes an address can take the account over: not while it holds a role that takes two people.

    The new one is not confirmed, and what was on its way to the old one is worth nothing: links, resets, requests.
    """
    if person.role in ROLES_TAKING_TWO and person != by:
        raise ValidationError(
            {"email": _("Take the role away before changing this address: it opens people's records.")}
        )
    person.email = email.lower()
    person.address_proven_at = None
    EmailAddress.objects.filter(user=person).delete()  # allauth would still send resets to the old one
    Invitation.objects.filter(person=person, accepted_at=None).delete()
    made_secrets_end(person, by=by, at=at)
    for void in (requests_void, organisation_requests_void):
        void(about=person, state=State.ADDRESS_CHANGED, by=by, at=at)
    note(person=person, by=by, kind=Kind.ADDRESS, at=at)


def _set_role(person: User, role: str, *, by: User, at: datetime) -> None:
    """Give a role that takes one person; a request that waited for another one is withdrawn."""
    if role == person.role:
        return
    if person == by:
        raise ValidationError({"role": _("You cannot change your own role.")})
    keep_an_administrator(person, new_role=role)
    requests_void(about=person, state=State.WITHDRAWN, by=by, at=at)
    person.put_role(role)
    if role not in ROLES_LEADING:
        leading_ends(person=person, last=localdate(at) - timedelta(days=1))
    note(person=person, by=by, kind=Kind.ROLE, at=at)
