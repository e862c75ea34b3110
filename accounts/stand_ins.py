"""Who stands in for a manager who is away: it opens the records of the manager's people, so few may name one.

A broken rule raises ``ValidationError`` with one sentence, and nothing is changed then.
"""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ROLES_LEADING, Right, has_right
from accounts.models import StandIn, User
from accounts.organisation import end_row
from accounts.readers import one_at_once
from accounts.relations import Relation, relations_to


def may_set_stand_in(by: Any, person: User, *, as_of: date) -> bool:
    """A manager names who stands in for them, or their own manager does, also when their access is closed."""
    if person.role not in ROLES_LEADING:
        return False
    return not {Relation.OWN, Relation.MANAGER}.isdisjoint(relations_to(by, person, as_of=as_of))


@transaction.atomic
def stand_in_set(
    *, person: User, stand_in: User, start: date, end: date, reason: str, by: User, today: date
) -> StandIn:
    """Who stands in for ``person`` from ``start`` to ``end``, both included. Nobody makes themselves one."""
    if not may_set_stand_in(by, person, as_of=today):
        raise ValidationError(_("Only the person who is away, or their manager, names a stand-in."))
    if stand_in == by:
        raise ValidationError({"stand_in": _("Nobody names themselves as a stand-in.")})
    if stand_in == person:
        raise ValidationError({"stand_in": _("Somebody else has to stand in.")})
    if not has_right(stand_in, Right.SEE_COLLEAGUES):
        raise ValidationError({"stand_in": _("This person has no access yet.")})
    if start < today:
        raise ValidationError({"start": _("A stand-in begins today or later.")})
    if end < start:
        raise ValidationError({"end": _("The last day comes before the first one.")})
    one_at_once()
    if person.stand_ins.in_force_or_planned(start).filter(start__lte=end).exists():
        raise ValidationError(_("Somebody already stands in on some of these days: end that first."))
    return StandIn.objects.create(
        person=person, stand_in=stand_in, start=start, end=end, reason=reason, set_by=by
    )


@transaction.atomic
def stand_in_end(*, stand_in: StandIn, today: date) -> None:
    """From today on, nobody stands in any more."""
    end_row(stand_in, today - timedelta(days=1))
