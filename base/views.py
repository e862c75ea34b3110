"""A person's own notifications, and the living page of components."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, requires
from accounts.lists import paged
from accounts.models import User
from base import design as samples
from base.models import Notification
from base.notifications import as_readable

PER_PAGE = 30


@requires(Right.SIGNED_IN)
@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """All of one's own, or the unread ones with ``?unread=1``; latest first."""
    found = Notification.objects.visible_to(request.user)
    only_unread = request.GET.get("unread") == "1"
    page = Paginator(found.unread() if only_unread else found, PER_PAGE).get_page(request.GET.get("page"))
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    page.object_list = as_readable(page.object_list, by=request.user)
    return render(request, "base/notification_list.html", {"page": page, "only_unread": only_unread})


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where it leads, which is having read it; POST only marks it read."""
    note = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    Notification.objects.visible_to(request.user).unread().filter(pk=pk).update(read_at=timezone.now())
    assert isinstance(request.user, User)  # as above
    (note,) = as_readable([note], by=request.user)
    if request.method == "POST" or not _is_local(request, note.url):
        return redirect("notification_list")
    return HttpResponseRedirect(note.url)


def _is_local(request: HttpRequest, url: str) -> bool:
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())


@requires(Right.SIGNED_IN)
@require_POST
def notification_read_all(request: HttpRequest) -> HttpResponse:
    Notification.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    return redirect("notification_list")


@requires(Right.VIEW_DESIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest) -> HttpResponse:
    """Every component in all its states; its form answers as forms do, and keeps nothing."""
    return render(request, "base/design.html", design_context(request))


def design_context(request: HttpRequest) -> dict[str, Any]:
    found, empty = samples.filled(), samples.empty()
    table = paged(request, found, per_page=5)
    return samples.samples(request.POST or None) | {"table": table, "empty": empty}
