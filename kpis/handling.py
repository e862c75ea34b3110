"""What people do with a deviation, and so with all they may read of its incident: see, give, set aside, talk."""

from datetime import date, datetime

from django.contrib.contenttypes.models import ContentType

from accounts.models import User
from base.models import Comment
from kpis.models import Deviation, DeviationState
from kpis.models.deviations import DeviationQuerySet


def _incident(deviation: Deviation, by: User) -> DeviationQuerySet:
    return Deviation.objects.visible_to(by).of_incident(deviation)


def acknowledge(*, deviation: Deviation, by: User, at: datetime) -> None:
    """Say that somebody has seen it; the first to say so stands."""
    unseen = _incident(deviation, by).filter(acknowledged_at=None)
    unseen.update(acknowledged_by=by, acknowledged_at=at)


def assign(*, deviation: Deviation, owner: User | None, by: User) -> None:
    """Make somebody take care of an incident, or nobody."""
    _incident(deviation, by).update(owner=owner)


def snooze(*, deviation: Deviation, by: User, until: date, reason: str) -> None:
    """Set an incident aside until a day, saying why; it comes back by itself when a rule is still broken then."""
    _incident(deviation, by).exclude(state=DeviationState.CLOSED).update(
        state=DeviationState.SNOOZED, snoozed_until=until, snooze_reason=reason
    )


def wake(*, deviation: Deviation, by: User) -> None:
    _incident(deviation, by).filter(state=DeviationState.SNOOZED).update(
        state=DeviationState.OPEN, snoozed_until=None, snooze_reason=""
    )


def comment(*, deviation: Deviation, author: User, text: str) -> Comment:
    kind = ContentType.objects.get_for_model(Deviation)
    return Comment.objects.create(content_type=kind, object_id=deviation.pk, author=author, text=text)
