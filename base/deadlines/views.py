"""My day: what waits for me, late, today and this week; and the address of my private calendar."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, public, requires
from accounts.models import User
from accounts.tries import wrong_token
from base.context import company_of
from base.deadlines import feed
from base.deadlines.escalation import OLDEST
from base.deadlines.rooms import Deadline, deadlines_of
from base.models import CalendarFeed


@requires(Right.SIGNED_IN)
@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """What waits for me; with ``?all=1`` whatever waits for anybody, of what I may see."""
    return render(request, "base/my_day.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    user, today = _person(request), timezone.localdate()
    last = today + timedelta(days=(company_of(request).week_start - 1 - today.isoweekday()) % 7)
    everything = request.GET.get("all") == "1"
    found = [row for row in deadlines_of(user, today - OLDEST, last) if everything or row.is_mine]
    return {
        "groups": _groups(found, today),
        "everything": everything,
        "feed": CalendarFeed.objects.filter(owner=user).first(),
    }


def _groups(rows: list[Deadline], today: date) -> list[tuple[str, str, list[Deadline]]]:
    """(code, name, rows) of what is late, due today, and due later this week."""
    return [
        ("late", _("Late"), [row for row in rows if row.due < today]),
        ("today", _("Today"), [row for row in rows if row.due == today]),
        ("week", _("This week"), [row for row in rows if row.due > today]),
    ]


@requires(Right.SIGNED_IN)
@require_POST
def calendar_make(request: HttpRequest) -> HttpResponse:
    """A new address, shown this once; one made before ends."""
    secret = feed.feed_make(owner=_person(request), at=timezone.now())
    return render(request, "base/my_day.html", _context(request) | {"address": feed.address_of(secret)})


@requires(Right.SIGNED_IN)
@require_POST
def calendar_end(request: HttpRequest) -> HttpResponse:
    feed.feed_end(owner=_person(request))
    messages.success(request, _("Your calendar's address is ended."))
    return redirect("my_day")


@public
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever made this address; to anybody else it does not exist."""
    today = timezone.localdate()
    found = feed.feed_of(token)
    if found is None:
        wrong_token(request)
        raise Http404
    if request.method == "GET":
        feed.note_read(found, on=today)
    content = feed.calendar_of(found.owner, at=timezone.now(), today=today)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    return request.user
