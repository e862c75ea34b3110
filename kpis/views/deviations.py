"""The deviations: their list, ranked by money at stake, one of them closely, and what people do with it."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, has_right, requires
from accounts.lists import exported, paged
from accounts.models import Scope
from base.context import company_of
from kpis import handling
from kpis.catalogue import Catalogue, catalogue_now, load_catalogue
from kpis.models import Deviation, DeviationState, Publication
from kpis.models.deviations import DeviationQuerySet
from kpis.pages import words
from kpis.pages.deviation_page import history, page_of, thread_of
from kpis.pages.filters import DeviationFilter
from kpis.pages.forms import AssignForm, CommentForm, SnoozeForm
from kpis.pages.handling import hand_over
from kpis.pages.tables import DeviationTable
from kpis.views.pages import actor, is_htmx

DETAIL = "kpis/deviation_detail.html"


def _visible(request: HttpRequest) -> DeviationQuerySet:
    found = Deviation.objects.visible_to(request.user)
    return found.select_related("indicator", "segment", "owner", "acknowledged_by", "part_of__indicator")


@requires(Right.VIEW_FIGURES, scope=Scope.FIGURES_READ)
@require_safe
def deviation_list(request: HttpRequest) -> HttpResponse:
    """Most money at stake first, open ones unless asked otherwise; live, or as a past day saw them."""
    filters = DeviationFilter(
        request.GET, queryset=_visible(request).with_more(request.user).ranked(), request=request
    )
    table = paged(request, DeviationTable(filters.qs, dimensions=words.dimension_names()))
    file = exported(request, table, "deviations")
    if file is not None:
        return file
    context = {"filter": filters, "table": table, "view": filters.view_day}
    if not table.paginator.count:
        context |= {
            "night": Publication.objects.select_related("run").first(),
            "is_filtered": filters.form.has_changed(),
        }
    return render(request, "kpis/deviation_list.html", context)


@requires(Right.VIEW_FIGURES)
@require_safe
def deviation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(_visible(request), pk=pk))


def _page(request: HttpRequest, deviation: Deviation, refused: dict[str, Form] | None = None) -> HttpResponse:
    """The page, or only what people change of it for htmx; ``refused`` forms keep what was typed."""
    catalogue = load_catalogue(deviation.view) if deviation.view else catalogue_now()
    context = _handling(request, deviation, catalogue) | (refused or {})
    if is_htmx(request) and request.method == "POST":
        return render(request, f"{DETAIL}#handling", context)
    page = page_of(deviation, company_of(request).rules, request.user, catalogue)
    return render(request, DETAIL, context | page)


def _handling(request: HttpRequest, deviation: Deviation, catalogue: Catalogue) -> dict[str, Any]:
    may_handle = deviation.view is None and has_right(request.user, Right.HANDLE_DEVIATIONS)
    today = timezone.localdate()
    return {
        "deviation": deviation,
        "state": words.STATES[deviation.state],
        "severity": words.SEVERITIES[deviation.severity],
        "history": history(deviation),
        "thread": thread_of(deviation, request.user),
        "may_handle": may_handle,
        "may_snooze": may_handle and deviation.state != DeviationState.CLOSED,
        "assign_form": _assign_form(deviation, catalogue) if may_handle else None,
        "snooze_form": SnoozeForm(today=today) if may_handle else None,
        "comment_form": CommentForm() if may_handle else None,
    }


def _assign_form(deviation: Deviation, catalogue: Catalogue, data: Any = None) -> AssignForm:
    needed = catalogue.rights_for(deviation.indicator.code)
    return AssignForm(data, initial={"owner": deviation.owner_id}, needed=needed)


def _handled(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    """The changed part for htmx, else back to the page, which says what was done."""
    if is_htmx(request):
        deviation = get_object_or_404(_visible(request), pk=pk)
        return render(
            request, f"{DETAIL}#handling", _handling(request, deviation, catalogue_now()) | {"said": said}
        )
    messages.success(request, said)
    return redirect("deviation_detail", pk)


def _live(request: HttpRequest, pk: int) -> Deviation:
    """Only live episodes are handled: a historical view is looked at, nothing more."""
    return get_object_or_404(_visible(request).live(), pk=pk)


@requires(Right.HANDLE_DEVIATIONS)
@require_POST
def deviation_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    handling.acknowledge(deviation=_live(request, pk), by=actor(request), at=timezone.now())
    return _handled(request, pk, _("Noted: you have seen it."))


@requires(Right.HANDLE_DEVIATIONS)
@require_POST
def deviation_assign(request: HttpRequest, pk: int) -> HttpResponse:
    deviation = _live(request, pk)
    form = _assign_form(deviation, catalogue_now(), request.POST)
    if not form.is_valid():
        return _page(request, deviation, {"assign_form": form})
    owner = form.cleaned_data["owner"]
    hand_over(deviation=deviation, owner=owner, by=actor(request))
    said = _("{name} takes care of it.").format(name=owner) if owner else _("Nobody takes care of it now.")
    return _handled(request, pk, said)


@requires(Right.HANDLE_DEVIATIONS)
@require_POST
def deviation_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    deviation, form = _live(request, pk), SnoozeForm(request.POST, today=timezone.localdate())
    if not form.is_valid():
        return _page(request, deviation, {"snooze_form": form})
    until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
    handling.snooze(deviation=deviation, by=actor(request), until=until, reason=reason)
    return _handled(request, pk, _("Set aside; it comes back by itself if it still holds then."))


@requires(Right.HANDLE_DEVIATIONS)
@require_POST
def deviation_wake(request: HttpRequest, pk: int) -> HttpResponse:
    handling.wake(deviation=_live(request, pk), by=actor(request))
    return _handled(request, pk, _("It is open again."))


@requires(Right.HANDLE_DEVIATIONS)
@require_POST
def deviation_comment(request: HttpRequest, pk: int) -> HttpResponse:
    deviation, form = _live(request, pk), CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, deviation, {"comment_form": form})
    handling.comment(deviation=deviation, author=actor(request), text=form.cleaned_data["text"])
    return _handled(request, pk, _("Your comment is added."))
