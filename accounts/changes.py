"""Changes of the organisation by two people: what opens records to new readers waits until another person grants it.

One door for pages and forms, ``make_or_ask``: it makes the change, or writes down what it is and what it would open.
The second person's grant makes it then, if it opens nothing more by that time. A broken rule raises
``ValidationError``.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts import organisation
from accounts.change_words import MODELS, names_of
from accounts.granting import (
    asked_close,
    asked_pending,
    asked_void,
    why_not_asker,
    why_not_given,
    why_not_second,
)
from accounts.models import Department, Membership, OrganisationRequest, State, Team, User
from accounts.readers import Granted, Pair, TakesTwoError, one_at_once

_Change = Callable[..., object]
_CHANGES: dict[str, _Change] = {
    change.__name__: change
    for change in (
        organisation.person_place,
        organisation.person_also_in,
        organisation.membership_end,
        organisation.manager_name,
        organisation.team_lead_name,
        organisation.department_head_name,
        organisation.team_move,
        organisation.team_close,
        organisation.hr_limit,
        organisation.leave_all,
        organisation.department_close,
    )
}


@transaction.atomic
def make_or_ask(change: _Change, *, by: User, at: datetime, **arguments: Any) -> OrganisationRequest | None:
    """Make the change, and answer None; the request that waits for a second person, if it opens records."""
    try:
        change(by=by, **arguments)
    except TakesTwoError as refused:
        return _ask(change.__name__, arguments, refused.opens, by, at)
    requests_without_object_void(by=by, at=at)
    return None


def _ask(
    name: str, arguments: Mapping[str, Any], pairs: frozenset[Pair], by: User, at: datetime
) -> OrganisationRequest:
    """The same one stands; what would open something else by now is another one: a grant is for what was shown."""
    kept = {key: _encode(value) for key, value in arguments.items()}
    opens = _shown(pairs)
    waiting = OrganisationRequest.objects.pending().filter(change=name, arguments=kept, requested_by=by)
    pending = waiting.select_for_update().first()
    if pending is not None:
        if pending.opens == opens:
            pending.requested_at = at
            pending.save(update_fields=["requested_at"])
            return pending
        asked_close(pending, State.WITHDRAWN, by, at)
    return OrganisationRequest.objects.create(
        change=name, arguments=kept, names=names_of(kept), opens=opens, requested_by=by, requested_at=at
    )


def _shown(pairs: frozenset[Pair]) -> list[dict[str, Any]]:
    people: dict[int, list[int]] = defaultdict(list)
    for reader, person in sorted(pairs):
        people[reader].append(person)
    addresses = dict(User.objects.get_queryset().filter(pk__in=people).values_list("pk", "email"))
    return [
        {"reader": reader, "email": addresses[reader], "people": found} for reader, found in people.items()
    ]


def _encode(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, date):
        return value.isoformat()
    return [_encode(one) for one in value] if isinstance(value, list) else value


def _arguments(asked: OrganisationRequest) -> dict[str, Any] | None:
    """What the change is made with; None when a row of it is gone, closed or over."""
    try:
        arguments = {name: _decode(name, value) for name, value in asked.arguments.items()}
    except ObjectDoesNotExist:
        return None
    rows = [row for value in arguments.values() for row in (value if isinstance(value, list) else [value])]
    return None if any(_is_over(row) for row in rows) else arguments


def _decode(name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_decode(name, one) for one in value]
    return MODELS[name]._base_manager.get(pk=value) if name in MODELS else date.fromisoformat(value)


def _is_over(row: Any) -> bool:
    if isinstance(row, Team | Department):
        return row.closed_on is not None
    if isinstance(row, Membership):
        return row.end is not None and row.end < localdate()
    return isinstance(row, User) and not row.is_active and _has_left(row)


def _has_left(person: User) -> bool:
    return not person.memberships.in_force_or_planned(localdate()).exists()


def requests_without_object_void(*, by: User, at: datetime) -> None:
    """Close what waits about a team, a department, a place or a person that is there no more."""
    for asked in OrganisationRequest.objects.pending().select_for_update():
        if _arguments(asked) is None:
            asked_close(asked, State.GONE, by, at)


def why_not_answer(asked: OrganisationRequest, by: User) -> str:
    """Why this person may not be the second one, in a sentence; empty when they may. No new reader is."""
    readers = {opened["reader"] for opened in asked.opens}
    return why_not_second(by, asker=asked.requested_by, concerned=readers)


def why_not_grant(asked: OrganisationRequest) -> str:
    """Why nobody can grant this now (refusing it is possible), in a sentence; empty when it can be granted."""
    if _arguments(asked) is None:
        return _("What it is about no longer exists: refuse it.")
    readers = User.objects.get_queryset().in_bulk([opened["reader"] for opened in asked.opens])
    reasons = (why_not_given(readers.get(opened["reader"]), opened["email"]) for opened in asked.opens)
    return why_not_asker(asked.requested_by) or next(filter(None, reasons), "")


@transaction.atomic
def organisation_request_decide(
    *, request: OrganisationRequest, grant: bool, by: User, at: datetime
) -> OrganisationRequest:
    """The second person's answer; granting makes the change. Nobody answers what they asked or would read."""
    concerned = {opened["reader"] for opened in request.opens} | {request.requested_by_id, by.pk}
    one_at_once()  # before any person is locked, as everywhere
    people = User.objects.get_queryset().select_for_update().filter(pk__in=concerned).order_by("pk").in_bulk()
    asked = asked_pending(request)
    asked.requested_by = people[asked.requested_by_id]
    refused = why_not_answer(asked, people[by.pk]) or (why_not_grant(asked) if grant else "")
    if refused:
        raise ValidationError(refused)
    if grant:
        _make(asked, by, at)
    asked_close(asked, State.GRANTED if grant else State.REFUSED, by, at)
    requests_without_object_void(by=by, at=at)
    return asked


def organisation_requests_void(*, about: User, state: State, by: User, at: datetime) -> None:
    """Close what would open records to this person, and what they asked once they may no longer ask."""
    asked_void(OrganisationRequest.objects.reading(about), about=about, state=state, by=by, at=at)


def _make(asked: OrganisationRequest, by: User, at: datetime) -> None:
    arguments = _arguments(asked)
    assert arguments is not None  # why_not_grant
    if "today" in arguments:
        arguments["today"] = localdate(at)
    granted = Granted(asked_by=asked.requested_by, granted_by=by, opens=asked.pairs())
    _CHANGES[asked.change](by=granted, **arguments)
