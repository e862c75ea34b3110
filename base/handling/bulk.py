"""Handling many objects of a list at once, by the rules of one: see them, set them aside, give them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import people_with
from accounts.lists import Bulk, BulkAction, Refused
from accounts.models import User
from base.handling import actions
from base.handling.forms import AssignForm, SnoozeForm
from base.handling.models import Handled
from base.handling.views import Desk, hand_over


def bulk_of(desk: Desk, named: Callable[[Any], str] = str) -> Bulk:
    """The actions of the list of a desk's objects; ``named`` says one in words."""
    return Bulk(
        actions=(
            BulkAction("acknowledge", _("Acknowledge"), desk.right, _acknowledge, "check-check"),
            BulkAction("snooze", _("Snooze"), desk.right, _snooze, "alarm-clock", _snooze_form),
            BulkAction(
                "assign",
                _("Assign"),
                desk.right,
                partial(_assign, desk),
                "user-plus",
                partial(_assign_form, desk),
            ),
        ),
        watched=("owner_id", "acknowledged_at", "snoozed_until", "is_over"),
        named=named,
    )


def _handled(item: Handled) -> Handled:
    if not item.can_be_handled:
        raise Refused(gettext("to look at, not to act on"))
    return item


def _acknowledge(item: Handled, *, by: User) -> None:
    if _handled(item).acknowledged_at is not None:
        raise Refused(gettext("acknowledged by %(name)s") % {"name": item.acknowledged_by or "—"})
    actions.acknowledge(item=item, by=by, at=timezone.now())


def _snooze(item: Handled, *, by: User, until: Any, reason: str) -> None:
    if _handled(item).is_over:
        raise Refused(gettext("closed already"))
    actions.snooze(item=item, by=by, until=until, reason=reason, at=timezone.now())


def _snooze_form(data: Any) -> SnoozeForm:
    return SnoozeForm(data, today=timezone.localdate())


def _assign(desk: Desk, item: Handled, *, by: User, owner: User | None) -> None:
    if owner is not None and not desk.readers(_handled(item)).filter(pk=owner.pk).exists():
        raise Refused(gettext("%(name)s may not open it") % {"name": owner})
    hand_over(desk, _handled(item), owner=owner, by=by)


def _assign_form(desk: Desk, data: Any) -> AssignForm:
    return AssignForm(data, people=people_with(desk.right))
