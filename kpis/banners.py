"""What every page may have to say of the night: that one was missed, or that the last one failed."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from base import formats
from kpis.models import NightlyRun, NightState
from kpis.nightly import missed_night


@dataclass(frozen=True)
class Banner:
    """Shown by the ``banner`` component; the same fields as an item of ``site_banners``."""

    tone: str
    text: str
    url: str
    action: str


def night_banner(now: datetime) -> Banner | None:
    """A word when the last night failed, or when one is overdue; at most two queries."""
    last = NightlyRun.objects.filter(historical=False).order_by("-id").first()
    if last is not None and last.state == NightState.FAILED:
        text = _("The night of %(day)s failed: the figures shown are older.") % {
            "day": formats.day(last.as_of)
        }
        return Banner("bad", text, reverse("night_detail", args=[last.pk]), _("See why"))
    due = missed_night(now, settings.NIGHT_HOUR)
    if due is None or (last is not None and last.state == NightState.RUNNING):
        return None
    text = _("The night of %(day)s was not run: the figures shown are older.") % {"day": formats.day(due)}
    return Banner("warn", text, reverse("night_list"), _("Night runs"))
