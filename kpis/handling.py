"""What people do with a deviation, and so with the whole of its incident: see it, give it, set it aside, talk of it."""

from datetime import date, datetime

from django.contrib.contenttypes.models import ContentType

from accounts.models import User
from base.models import Comment
from kpis.models import Deviation, DeviationState


def acknowledge(*, deviation: Deviation, by: User, at: datetime) -> None:
    """Say that somebody has seen it; the first to say so stands."""
    unseen = Deviation.objects.of_incident(deviation).filter(acknowledged_at=None)
    unseen.update(acknowledged_by=by, acknowledged_at=at)


def assign(*, deviation: Deviation, owner: User | None) -> None:
    """Make somebody take care of an incident, or nobody."""
    Deviation.objects.of_incident(deviation).update(owner=owner)


def snooze(*, deviation: Deviation, until: date, reason: str) -> None:
    """Set an incident aside until a day, saying why; it comes back by itself when a rule is still broken then."""
    Deviation.objects.of_incident(deviation).exclude(state=DeviationState.CLOSED).update(
        state=DeviationState.SNOOZED, snoozed_until=until, snooze_reason=reason
    )


def wake(*, deviation: Deviation) -> None:
    Deviation.objects.of_incident(deviation).filter(state=DeviationState.SNOOZED).update(
        state=DeviationState.OPEN, snoozed_until=None, snooze_reason=""
    )


def comment(*, deviation: Deviation, author: User, text: str) -> Comment:
    kind = ContentType.objects.get_for_model(Deviation)
    return Comment.objects.create(content_type=kind, object_id=deviation.pk, author=author, text=text)
