"""A person's own notifications, and how they want to be told."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, requires
from accounts.models import User
from base.models import Notification
from base.notify.forms import PreferencesForm

PER_PAGE = 30


@requires(Right.SIGNED_IN)
@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """All of one's own, or the unread ones with ``?unread=1``; latest first."""
    found = Notification.objects.visible_to(request.user).with_objects()
    only_unread = request.GET.get("unread") == "1"
    page = Paginator(found.unread() if only_unread else found, PER_PAGE).get_page(request.GET.get("page"))
    for note in page.object_list:
        note.user = cast("User", request.user)  # not asked of the database for each
    return render(request, "base/notification_list.html", {"page": page, "only_unread": only_unread})


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where it leads, which is having read it; POST only marks it read."""
    note = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    Notification.objects.visible_to(request.user).unread().filter(pk=pk).update(read_at=timezone.now())
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


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def notification_preferences(request: HttpRequest) -> HttpResponse:
    """How often one is written to of each kind one may be told, and the quiet hours."""
    assert isinstance(request.user, User)  # behind requires()
    form = PreferencesForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, _("Your choices are saved."))
        return redirect("notification_preferences")
    return render(request, "base/notification_preferences.html", {"form": form})
