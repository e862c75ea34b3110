"""What every page may have to say of the night: that one was missed, or that the last one failed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base import dates
from intake.models import ImportRun, State
from kpis.models import NightlyRun, NightState
from kpis.nightly import missed_night


@dataclass(frozen=True)
class Banner:
    """Shown by the ``banner`` component; the same fields as an item of ``site_banners``."""

    tone: str
    text: str
    url: str
    action: str


# Figures may be this many days behind before it is said: the last day of a file comes with the next one.
USUAL_LAG = timedelta(days=2)


def night_banner(now: datetime, reader: Any) -> Banner | None:
    """A word when the last night failed, when one is overdue, or when no figures have come for days."""
    last = NightlyRun.objects.filter(historical=False).order_by("-id").first()
    if last is not None and last.state == NightState.FAILED:
        text = _("The night of %(day)s failed: the figures shown are older.") % {"day": dates.day(last.as_of)}
        return Banner("bad", text, reverse("night_detail", args=[last.pk]), _("See why"))
    if last is None or last.state == NightState.RUNNING:
        return None
    due = missed_night(now, settings.NIGHT_HOUR)
    if due is None:
        return _newer_files(last, reader) or _no_news(last.as_of, timezone.localtime(now).date())
    text = _("The night of %(day)s was not run: the figures shown are older.") % {"day": dates.day(due)}
    return Banner("warn", text, reverse("night_list"), _("Night runs"))


def _newer_files(last: NightlyRun, reader: Any) -> Banner | None:
    """A word when files that the reader may know of came or went since the last night was begun."""
    since = Q(finished_at__gt=last.created_at, state=State.DONE) | Q(undone_at__gt=last.created_at)
    if not ImportRun.objects.visible_to(reader).filter(since).exists():
        return None
    text = _(
        "Files were imported or undone since the last night: run it again to judge the figures they changed."
    )
    return Banner("info", text, reverse("night_list"), _("Night runs"))


def _no_news(known: date, today: date) -> Banner | None:
    if today - known <= USUAL_LAG:
        return None
    text = _("No figures have come since %(day)s.") % {"day": dates.day(known)}
    return Banner("info", text, reverse("import_list"), _("Import a file"))
