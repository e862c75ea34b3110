"""Changing who may do what: the rules that hold whichever page or command asks.

A broken rule raises ``ValidationError`` with one sentence; nothing is changed then.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import RIGHTS, ROLES_TAKING_TWO, Right, has_right, people_with
from accounts.models import Department, Role, RoleRequest, Team, User


@dataclass(frozen=True)
class PersonDetails:
    """What an administrator fills in about a person. ``team`` decides the department when it is given."""

    email: str
    full_name: str
    role: str
    department: Department | None
    team: Team | None
    language: str


def takes_two(role: str, by: User) -> bool:
    """Whether a second person grants the role: those that open records, and those whose holder is the second person
    for them, once there is one besides ``by``. Else one could make up one's own second person.
    """
    if Right.APPROVE_ROLES not in RIGHTS[role]:
        return role in ROLES_TAKING_TWO
    return people_with(Right.APPROVE_ROLES).exclude(pk=by.pk).exists()


@transaction.atomic
def person_add(*, details: PersonDetails, by: User | None, at: datetime) -> User:
    """A new person without a password; a role that takes two people waits for the second one."""
    person = User(email=details.email.lower())
    person.set_unusable_password()
    _fill(person, details)
    if by is not None and takes_two(details.role, by):
        person.save()
        _ask(person, details.role, by, at)
    else:
        person.role = details.role
        person.save()
    return person


@transaction.atomic
def person_change(*, person: User, details: PersonDetails, by: User, at: datetime) -> RoleRequest | None:
    """Apply what the form holds; the request that now waits for a second person, if the role takes two."""
    person = _locked(person)
    _check_email(person, details.email, by)
    _fill(person, details)
    waits = details.role != person.role and takes_two(details.role, by)
    if not waits:
        _set_role(person, details.role, by=by, at=at)
    person.save()
    return _ask(person, details.role, by, at) if waits else None


@transaction.atomic
def person_close(*, person: User, by: User) -> None:
    """The person may no longer sign in; open sessions stop at their next request."""
    person = _locked(person)
    if person == by:
        raise ValidationError(_("You cannot close your own access."))
    _keep_an_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])


@transaction.atomic
def person_reopen(*, person: User) -> None:
    """Let someone in again; a role that takes two people must be asked for again."""
    person = _locked(person)
    person.is_active = True
    if person.role in ROLES_TAKING_TWO:
        person.role = Role.NONE
    person.save(update_fields=["is_active", "role"])


@transaction.atomic
def role_request_decide(*, request: RoleRequest, grant: bool, by: User, at: datetime) -> RoleRequest:
    """The second person's answer. Nobody answers their own request, nor one made for them."""
    request = RoleRequest.objects.select_for_update().select_related("person").get(pk=request.pk)
    if request.state != RoleRequest.State.PENDING:
        raise ValidationError(_("This request was already answered."))
    if by.pk in (request.requested_by_id, request.person_id) or not has_right(by, Right.APPROVE_ROLES):
        raise ValidationError(_("A second person has to answer this request."))
    person = _locked(request.person)
    if grant:
        _keep_an_administrator(person, new_role=request.role)
        person.role = request.role
        person.save(update_fields=["role"])
    return _close(request, RoleRequest.State.GRANTED if grant else RoleRequest.State.REFUSED, by, at)


@transaction.atomic
def role_request_withdraw(*, request: RoleRequest, by: User, at: datetime) -> RoleRequest:
    request = RoleRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != RoleRequest.State.PENDING:
        raise ValidationError(_("This request was already answered."))
    return _close(request, RoleRequest.State.WITHDRAWN, by, at)


def _locked(person: User) -> User:
    return User.objects.get_queryset().select_for_update().get(pk=person.pk)


def _fill(person: User, details: PersonDetails) -> None:
    person.email = details.email.lower()
    person.full_name = details.full_name
    person.team = details.team
    person.department = details.team.department if details.team else details.department
    person.language = details.language


def _check_email(person: User, email: str, by: User) -> None:
    """Whoever changes an address can take the account over, so those that take two people keep theirs."""
    if email.lower() == person.email:
        return
    if person.role in ROLES_TAKING_TWO or (person != by and takes_two(person.role, by)):
        raise ValidationError(
            {"email": _("Take the role away before changing this address: it opens people's records.")}
        )
    EmailAddress.objects.filter(user=person).delete()  # allauth would still send resets to the old one


def _set_role(person: User, role: str, *, by: User, at: datetime) -> None:
    """Give a role that takes one person; a request that waited for another one is withdrawn."""
    if role == person.role:
        return
    if person == by:
        raise ValidationError({"role": _("You cannot change your own role.")})
    _keep_an_administrator(person, new_role=role)
    for request in RoleRequest.objects.pending().filter(person=person):
        _close(request, RoleRequest.State.WITHDRAWN, by, at)
    person.role = role


def _keep_an_administrator(person: User, *, new_role: str | None = None) -> None:
    """Refuse what leaves nobody to manage people. Administrators are locked: two cannot leave at once."""
    if new_role == Role.ADMINISTRATOR or person.role != Role.ADMINISTRATOR:
        return
    others = people_with(Right.MANAGE_PEOPLE).select_for_update().exclude(pk=person.pk)
    if not others.exists():
        raise ValidationError(_("This is the last person who can manage people: name another one first."))


def _ask(person: User, role: str, by: User, at: datetime) -> RoleRequest:
    if person == by:
        raise ValidationError({"role": _("You cannot change your own role.")})
    pending = RoleRequest.objects.pending().filter(person=person).first()
    if pending is not None:
        if pending.role == role:
            return pending
        _close(pending, RoleRequest.State.WITHDRAWN, by, at)
    return RoleRequest.objects.create(person=person, role=role, requested_by=by, requested_at=at)


def _close(request: RoleRequest, state: RoleRequest.State, by: User, at: datetime) -> RoleRequest:
    request.state, request.decided_by, request.decided_at = state, by, at
    request.save(update_fields=["state", "decided_by", "decided_at"])
    return request
