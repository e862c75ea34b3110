"""The deadlines of a person as a calendar that other programs read (iCalendar, RFC 5545), at a secret address."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.site import site_link, site_name
from base.deadlines.rooms import Deadline, deadlines_of
from base.models import CalendarFeed

BEHIND, AHEAD = timedelta(days=30), timedelta(days=90)


def feed_make(*, owner: User, at: datetime) -> str:
    """The secret of a new address, told now or never; an address made before ends."""
    secret = secrets.token_urlsafe(32)
    new = {"digest": _digest(secret), "created_at": at, "last_read_on": None}
    CalendarFeed.objects.update_or_create(owner=owner, defaults=new)
    return secret


def feed_end(*, owner: User, **_signal: Any) -> None:
    """Also the receiver of ``accounts.tokens.secrets_ended``."""
    CalendarFeed.objects.filter(owner=owner).delete()


def feed_of(secret: str) -> CalendarFeed | None:
    """Found by digest, so its time tells nothing of other secrets."""
    found = CalendarFeed.objects.filter(digest=_digest(secret), owner__is_active=True)
    return found.select_related("owner").first()


def note_read(feed: CalendarFeed, *, on: date) -> None:
    """Keep the day of the last reading: one write a day."""
    unread = Q(last_read_on=None) | Q(last_read_on__lt=on)
    CalendarFeed.objects.filter(unread, pk=feed.pk).update(last_read_on=on)


def address_of(secret: str) -> str:
    return site_link(reverse("calendar_feed", args=[secret]))


def calendar_of(owner: User, *, at: datetime, today: date) -> bytes:
    """What waits for the person, in their language, as they may see it now."""
    with translation.override(owner.language):
        rows = [row for row in deadlines_of(owner, today - BEHIND, today + AHEAD) if row.is_mine]
        return _written(rows, at)


def _written(rows: Iterable[Deadline], at: datetime) -> bytes:
    from icalendar import Calendar, Event  # only where one is asked for

    calendar = Calendar()
    calendar.add("prodid", "-//Vigie//Vigie//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Vigie: what waits for me"))
    for row in rows:
        event = Event()
        event.add("uid", f"{row.key}@{site_name()}")
        event.add("dtstamp", at)
        event.add("dtstart", row.due)
        event.add("summary", f"{row.what} · {row.title}")
        event.add("url", site_link(row.url))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
