"""Keeping a view of a list, changing it, taking it away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Right, requires
from accounts.fields import LineField
from accounts.lists.saved import PLAIN, kept_query, lists_open_to
from accounts.models import SavedView, User
from accounts.models.saved_views import MOST_IN_QUERY
from accounts.views.acting import actor

MOST_VIEWS = 50  # of one list, by one person


class SavedViewForm(forms.ModelForm):  # type: ignore[type-arg]  # as shipped
    name = LineField(label=_lazy("Name"), max_length=60)

    class Meta:
        model = SavedView
        fields = ["name", "shared", "is_default"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        of_owner = SavedView.objects.filter(owner=self.instance.owner, list_name=self.instance.list_name)
        others = of_owner.exclude(pk=self.instance.pk)
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("You have a view of this name already."))
        if others.count() >= MOST_VIEWS:
            raise forms.ValidationError(_("There are too many views of this list: remove one first."))
        return name


@transaction.atomic
def keep(form: SavedViewForm) -> bool:
    """Save it if it may be; what one sees first is the view last said to be. The owner's row is the lock."""
    view: SavedView = form.instance
    list(User.objects.select_for_update().filter(pk=view.owner_id).values_list("pk"))
    if not form.is_valid():
        return False
    if form.cleaned_data["is_default"]:
        SavedView.objects.filter(owner=view.owner, list_name=view.list_name).update(is_default=False)
    form.save()
    return True


@requires(Right.SIGNED_IN)
@require_POST
def saved_view_add(request: HttpRequest) -> HttpResponse:
    """Keep what a list shows: ``list``, ``query`` and a name."""
    owner, name = actor(request), request.POST.get("list", "")
    if name not in lists_open_to(owner):
        raise Http404
    query = kept_query(request.POST.get("query", ""))
    if len(query) > MOST_IN_QUERY:
        messages.error(request, _("These filters are too long to be kept."))
        return redirect(name)
    form = SavedViewForm(request.POST, instance=SavedView(owner=owner, list_name=name, query=query))
    if keep(form):
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": form.instance})
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect(f"{reverse(name)}?{query or PLAIN + '=1'}")


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def saved_view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, share, see first or remove a view of one's own."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    if view.owner_id != actor(request).pk:
        raise PermissionDenied
    address = f"{reverse(view.list_name)}?{view.query}"
    if "remove" in request.POST:
        view.delete()
        messages.success(request, _("The view “%(name)s” is removed.") % {"name": view})
        return redirect(view.list_name)
    form = SavedViewForm(request.POST or None, instance=view)
    if request.method == "POST" and keep(form):
        messages.success(request, _("The changes are saved."))
        return redirect(address)
    context: dict[str, Any] = {"form": form, "view": view, "address": address}
    return render(request, "accounts/saved_view_form.html", context)
