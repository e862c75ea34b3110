"""A person's own notifications, and how they want to be told."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Right, requires
from accounts.lists import list_page
from accounts.models import User
from base.models import Notification
from base.notify.forms import PreferencesForm
from base.notify.list import BULK, NotificationFilter, NotificationTable


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def notification_list(request: HttpRequest) -> HttpResponse:
    """All of one's own, or the unread ones with ``?unread=1``; latest first."""
    return list_page(
        request,
        "base/notification_list.html",
        name="notification_list",
        rows=Notification.objects.visible_to(request.user).with_objects().select_related("user"),
        filters=NotificationFilter,
        table=NotificationTable,
        bulk=BULK,
    )


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
