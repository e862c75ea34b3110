"""Roles that take two people: one asks, another grants, and the software can tell that they are two.

Two people do not count as two while one of them made the other's account what it is: invited it, changed its address or
its role, or let it in again, and nobody else vouched for it since (docs/decisions/0002). A broken rule raises
``ValidationError`` with one sentence; nothing is changed then.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.access import ROLES_GIVEN_ALONE, ROLES_LEADING, ROLES_TAKING_TWO, Right, has_right
from accounts.models import (
    AccessAct,
    ApprovalRequest,
    ApprovalRequestQuerySet,
    Role,
    RoleRequest,
    State,
    User,
)
from accounts.organisation import leading_ends

_Request = TypeVar("_Request", bound=ApprovalRequest)
COMPANY_LOCK = 0x5649_4741  # "VIGA": the advisory lock under which accounts are added


def takes_two(role: str, by: User) -> bool:
    """Whether a second person grants the role; who asks holds ``lock_company``, or knows of another person."""
    return role in ROLES_TAKING_TWO and not (role in ROLES_GIVEN_ALONE and is_the_only_account(by))


def lock_company() -> None:
    """Until the transaction ends, nobody else is added, and nobody else does what only the first account may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COMPANY_LOCK])


def is_the_only_account(person: User) -> bool:
    """True before any second account was ever made: closing or deleting the others makes nobody alone again.

    Whatever is written about people is about one with an account, so nothing is then.
    """
    users, events = User.objects.get_queryset(), User.pgh_event_model.objects  # type: ignore[attr-defined]  # set by pghistory.track
    is_administrator = users.active().filter(pk=person.pk, role=Role.ADMINISTRATOR).exists()
    others = users.exclude(pk=person.pk).exists() or events.exclude(pgh_obj_id=person.pk).exists()
    return is_administrator and not others


def note(*, person: User, by: User | None, kind: AccessAct.Kind, at: datetime) -> None:
    """Keep who had a hand in this account; what people do about their own is theirs."""
    if person != by:
        AccessAct.objects.create(person=person, by=by, kind=kind, at=at)


def hands_in(person: User) -> frozenset[int]:
    """The ids of the person, of those who alone made their account what it is, and of those behind them in turn."""
    found: set[int] = set()
    ahead = {person.pk}
    while ahead:
        found |= ahead
        acts = AccessAct.objects.alone().filter(person__in=ahead, by__isnull=False)
        ahead = {by for by in acts.values_list("by_id", flat=True) if by is not None} - found
    return frozenset(found)


def role_ask(*, person: User, role: str, by: User, at: datetime) -> RoleRequest:
    """A request for a second person, in place of one for another role; the same one stands."""
    if person == by:
        raise ValidationError({"role": _("You cannot change your own role.")})
    if not person.is_active:
        raise ValidationError(
            {"role": _("Reopen the access first: nobody could grant this role to who may not sign in.")}
        )
    pending = RoleRequest.objects.pending().filter(person=person).first()
    if pending is not None:
        if pending.role == role and pending.email == person.email and pending.requested_by_id == by.pk:
            return pending
        asked_close(pending, State.WITHDRAWN, by, at)
    return RoleRequest.objects.create(
        person=person, role=role, email=person.email, requested_by=by, requested_at=at
    )


def requests_void(*, about: User, state: State, by: User, at: datetime) -> None:
    """Close what waits for this person, and what they asked for others once they may no longer ask."""
    asked_void(RoleRequest.objects.filter(person=about), about=about, state=state, by=by, at=at)


def why_not_answer(asked: RoleRequest, by: User) -> str:
    """Why this person may not be the second one, in a sentence; empty when they may."""
    return why_not_second(by, asker=asked.requested_by, concerned={asked.person_id})


def why_not_second(by: User, *, asker: User, concerned: Collection[int]) -> str:
    """Why ``by`` may not grant what ``asker`` asks for the people ``concerned`` (ids), in a sentence; else empty."""
    if by.pk == asker.pk or by.pk in concerned or not has_right(by, Right.APPROVE_ROLES):
        return _now("A second person has to answer this request.")
    if by.address_proven_at is None:
        return _now("Confirm your own address in your preferences first: a second person is known by theirs.")
    if hands_in(by) & hands_in(asker):
        return _now(
            "You and {name} do not count as two people here: one of your accounts was made or changed by the other, "
            "and nobody else vouched for it since."
        ).format(name=asker)
    return ""


def why_not_grant(asked: RoleRequest) -> str:
    """Why nobody can grant this now (refusing it is possible), in a sentence; empty when it can be granted."""
    return why_not_asker(asked.requested_by) or why_not_given(asked.person, asked.email)


def why_not_asker(asker: User) -> str:
    """Why what they asked for cannot be granted now, in a sentence; else empty."""
    if not has_right(asker, Right.MANAGE_PEOPLE):
        return _now("{name}, who asked, may no longer ask.").format(name=asker)
    if asker.address_proven_at is None:
        return _now("{name}, who asks, has not confirmed their own address yet.").format(name=asker)
    return ""


def why_not_given(person: User | None, email: str) -> str:
    """Why nothing may be opened to ``person``, for whom it was asked under that address, in a sentence; else empty."""
    if person is None or person.email != email or not person.is_active:
        return _now("The address or the access was changed since it was asked.")
    if person.address_proven_at is None:
        return _now("{name} has not confirmed this address yet: it can be granted once they have.").format(
            name=person
        )
    return ""


@transaction.atomic
def role_request_decide(*, request: RoleRequest, grant: bool, by: User, at: datetime) -> RoleRequest:
    """The second person's answer. Nobody answers their own request, nor one made for them."""
    concerned = (request.person_id, request.requested_by_id, by.pk)
    people = User.objects.get_queryset().select_for_update().filter(pk__in=concerned).order_by("pk").in_bulk()
    asked = asked_pending(request)
    asked.person, asked.requested_by = people[asked.person_id], people[asked.requested_by_id]
    refused = why_not_answer(asked, people[by.pk]) or (why_not_grant(asked) if grant else "")
    if refused:
        raise ValidationError(refused)
    if grant:
        _give(asked, by, at)
    return asked_close(asked, State.GRANTED if grant else State.REFUSED, by, at)


def _give(asked: RoleRequest, by: User, at: datetime) -> None:
    person = asked.person
    keep_an_administrator(person, new_role=asked.role)
    person.put_role(asked.role)
    person.save(update_fields=["role", "is_director_too"])
    if person.role not in ROLES_LEADING:
        leading_ends(person=person, last=localdate(at) - timedelta(days=1))
    note(person=person, by=by, kind=AccessAct.Kind.GRANTED, at=at)


def keep_an_administrator(person: User, *, new_role: str | None = None) -> None:
    """Refuse what leaves nobody to manage people. Administrators are locked: two cannot leave at once."""
    if new_role == Role.ADMINISTRATOR or person.role != Role.ADMINISTRATOR:
        return
    others = User.objects.active().in_role(Role.ADMINISTRATOR).select_for_update().exclude(pk=person.pk)
    if not others.exists():
        raise ValidationError(_("This is the last person who can manage people: name another one first."))


# Every request that takes two people, whatever it asks for


@transaction.atomic
def request_withdraw(*, request: ApprovalRequest, by: User, at: datetime) -> None:
    """Whoever asked takes the request back; another person refuses it."""
    asked = asked_pending(request)
    if asked.requested_by_id != by.pk:
        raise ValidationError(_("Only the person who asked can withdraw this request."))
    asked_close(asked, State.WITHDRAWN, by, at)


def asked_pending(request: _Request) -> _Request:
    """The request as it is now, locked; a sentence when it no longer waits."""
    asked = type(request)._default_manager.select_for_update(of=("self",)).get(pk=request.pk)
    if asked.state != State.PENDING:
        raise ValidationError(_("This request was already answered, or is void."))
    return asked


def asked_void(
    concerned: ApprovalRequestQuerySet[Any], *, about: User, state: State, by: User, at: datetime
) -> None:
    """Close what waits of the ``concerned``, and what this person asked for others once they may no longer ask."""
    if state == State.ACCESS_CLOSED:
        concerned = concerned | concerned.model.objects.filter(requested_by=about)
    for asked in concerned.pending().select_for_update():
        asked_close(asked, state, by, at)


def asked_close(request: _Request, state: State, by: User | None, at: datetime) -> _Request:
    request.state, request.decided_by, request.decided_at = state, by, at
    request.save(update_fields=["state", "decided_by", "decided_at"])
    return request
