"""Changes of the organisation by two people: what opens records to new readers waits until another person grants it.

One door for pages and forms, ``make_or_ask``: it makes the change, or writes down what it is and what it would open.
The second person's grant makes it then, if it opens nothing more by that time. A broken rule raises
``ValidationError``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts import organisation
from accounts.access import Right, has_right
from accounts.granting import why_not_second
from accounts.models import Department, Membership, OrganisationRequest, RoleRequest, Team, User
from accounts.readers import Granted, Pair, TakesTwoError, one_at_once

State = RoleRequest.State
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
    )
}
_MODELS: dict[str, type[models.Model]] = {
    "person": User,
    "manager": User,
    "lead": User,
    "head": User,
    "team": Team,
    "department": Department,
    "membership": Membership,
}


@transaction.atomic
def make_or_ask(change: _Change, *, by: User, at: datetime, **arguments: Any) -> OrganisationRequest | None:
    """Make the change, and answer None; the request that waits for a second person, if it opens records."""
    try:
        change(by=by, **arguments)
    except TakesTwoError as refused:
        return _ask(change.__name__, arguments, refused.opens, by, at)
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
        _close(pending, State.WITHDRAWN, by, at)
    return OrganisationRequest.objects.create(
        change=name, arguments=kept, opens=opens, requested_by=by, requested_at=at
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


def _decode(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "departments":
        return list(Department.objects.filter(pk__in=value))
    if name in _MODELS:
        return _MODELS[name]._base_manager.get(pk=value)
    return date.fromisoformat(value)


def why_not_answer(asked: OrganisationRequest, by: User) -> str:
    """Why this person may not be the second one, in a sentence; empty when they may. No new reader is."""
    readers = {opened["reader"] for opened in asked.opens}
    return why_not_second(by, asker=asked.requested_by, concerned=readers)


def why_not_grant(asked: OrganisationRequest) -> str:
    """Why nobody can grant this now (refusing it is possible), in a sentence; empty when it can be granted."""
    asker = asked.requested_by
    if not has_right(asker, Right.MANAGE_PEOPLE):
        return _("{name}, who asked, may no longer ask.").format(name=asker)
    if asker.address_proven_at is None:
        return _("{name}, who asks, has not confirmed their own address yet.").format(name=asker)
    readers = User.objects.get_queryset().in_bulk([opened["reader"] for opened in asked.opens])
    for opened in asked.opens:
        reader = readers.get(opened["reader"])
        if reader is None or reader.email != opened["email"] or not reader.is_active:
            return _("The address or the access was changed since it was asked.")
        if reader.address_proven_at is None:
            return _("{name} has not confirmed this address yet: it can be granted once they have.").format(
                name=reader
            )
    return ""


@transaction.atomic
def organisation_request_decide(
    *, request: OrganisationRequest, grant: bool, by: User, at: datetime
) -> OrganisationRequest:
    """The second person's answer; granting makes the change. Nobody answers what they asked or would read."""
    concerned = {opened["reader"] for opened in request.opens} | {request.requested_by_id, by.pk}
    one_at_once()  # before any person is locked, as everywhere
    people = User.objects.get_queryset().select_for_update().filter(pk__in=concerned).order_by("pk").in_bulk()
    asked = _pending(request)
    asked.requested_by = people[asked.requested_by_id]
    refused = why_not_answer(asked, people[by.pk]) or (why_not_grant(asked) if grant else "")
    if refused:
        raise ValidationError(refused)
    if grant:
        _make(asked, by, at)
    return _close(asked, State.GRANTED if grant else State.REFUSED, by, at)


@transaction.atomic
def organisation_request_withdraw(
    *, request: OrganisationRequest, by: User, at: datetime
) -> OrganisationRequest:
    asked = _pending(request)
    if asked.requested_by_id != by.pk:
        raise ValidationError(_("Only the person who asked can withdraw this request."))
    return _close(asked, State.WITHDRAWN, by, at)


def organisation_requests_void(*, about: User, state: RoleRequest.State, by: User, at: datetime) -> int:
    """Close what would open records to this person, and what they asked once they may no longer ask."""
    waiting = OrganisationRequest.objects.pending().reading(about)
    if state == State.ACCESS_CLOSED:
        waiting = waiting | OrganisationRequest.objects.pending().filter(requested_by=about)
    return len([_close(asked, state, by, at) for asked in waiting.select_for_update()])


def _pending(request: OrganisationRequest) -> OrganisationRequest:
    asked = OrganisationRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if asked.state != State.PENDING:
        raise ValidationError(_("This request was already answered, or is void."))
    return asked


def _make(asked: OrganisationRequest, by: User, at: datetime) -> None:
    try:
        arguments = {name: _decode(name, value) for name, value in asked.arguments.items()}
    except ObjectDoesNotExist:
        raise ValidationError(_("What it is about no longer exists: refuse it.")) from None
    closed = [
        row for row in arguments.values() if isinstance(row, Team | Department) and row.closed_on is not None
    ]
    if closed:
        raise ValidationError(_("What it is about no longer exists: refuse it."))
    if "today" in arguments:
        arguments["today"] = localdate(at)
    granted = Granted(asked_by=asked.requested_by, granted_by=by, opens=asked.pairs())
    _CHANGES[asked.change](by=granted, **arguments)


def _close(
    request: OrganisationRequest, state: RoleRequest.State, by: User, at: datetime
) -> OrganisationRequest:
    request.state, request.decided_by, request.decided_at = state, by, at
    request.save(update_fields=["state", "decided_by", "decided_at"])
    return request


# In words, for the second person


def title_of(asked: OrganisationRequest) -> str:
    """What would change, and from when: "Lea Petit – Works in Web (from 1 December 2026)"."""
    about, said = _SAID[asked.change](defaultdict(lambda: "—", _names_of(asked.arguments)))
    return f"{about} – {said}{_when(asked.arguments)}"


def _when(arguments: Mapping[str, Any]) -> str:
    days = {
        name: date_format(date.fromisoformat(arguments[name]))
        for name in ("start", "last")
        if name in arguments
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


def _names_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    names = {}
    for name, value in arguments.items():
        model = Department if name == "departments" else _MODELS.get(name)
        if model is not None and value is not None:
            keys: Iterable[Any] = value if isinstance(value, list) else [value]
            names[name] = ", ".join(str(row) for row in model._base_manager.filter(pk__in=keys))
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
}  # fmt: skip
