"""Giving a deviation to somebody, who is told of it in the app and in their language."""

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from base.models import Notification
from kpis.handling import assign
from kpis.models import Deviation


@transaction.atomic
def hand_over(*, deviation: Deviation, owner: User | None, by: User) -> None:
    """Make somebody the owner, or nobody; whoever receives it from somebody else is told."""
    locked = Deviation.objects.select_for_update().get(pk=deviation.pk)
    if locked.owner_id == (owner.pk if owner else None):
        return
    assign(deviation=locked, owner=owner, by=by)
    if owner is not None and owner != by:
        _tell(locked, owner, by)


def _tell(deviation: Deviation, owner: User, by: User) -> None:
    with translation.override(owner.language):
        told = {"name": by, "indicator": deviation.indicator.name}
        text = _("%(name)s gave you the deviation of “%(indicator)s”.") % told
    key = f"deviation:{deviation.pk}:given"
    Notification.objects.filter(user=owner, key=key).delete()  # given again: told again
    url = reverse("deviation_detail", args=[deviation.pk])
    Notification.objects.create(user=owner, key=key, text=text[:300], url=url)
