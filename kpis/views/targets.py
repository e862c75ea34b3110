"""The targets: their list, setting one with its phasing shown first, one of them closely, taking one back."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, has_right, requires
from accounts.lists import list_page
from accounts.views.acting import actor
from base.calendar import Period
from kpis.catalogue import catalogue_now
from kpis.models import Indicator, Target, TargetProposal
from kpis.models.targets import TargetQuerySet
from kpis.pages import words
from kpis.pages.filters import TargetFilter
from kpis.pages.forms import TargetForm, asked_again
from kpis.pages.target_page import by_month, page_of, versions_of
from kpis.pages.target_tables import TargetTable, bounds_in_words, target_state
from kpis.proposals import propose_target
from kpis.target_doubts import doubt_about, last_year_of
from kpis.targets import TargetError, bounds_of, phased, set_target, withdraw_target


def _visible(request: HttpRequest) -> TargetQuerySet:
    newer = Target.objects.filter(
        indicator=OuterRef("indicator"),
        segment=OuterRef("segment"),
        start=OuterRef("start"),
        end=OuterRef("end"),
        version__gt=OuterRef("version"),
    )
    found = Target.objects.visible_to(request.user).annotate(newer=Exists(newer))
    return found.select_related("indicator", "segment", "created_by")


@requires(Right.VIEW_FIGURES)
@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """Targets in force, latest period first; older versions when asked."""
    return list_page(
        request,
        "kpis/target_list.html",
        name="target_list",
        rows=_visible(request),
        filters=TargetFilter,
        table=lambda found: TargetTable(found, dimensions=words.dimension_names()),
        context=lambda _filters: {
            "may_set": has_right(request.user, Right.SET_TARGETS),
            "may_propose": has_right(request.user, Right.PROPOSE_TARGETS),
            "waiting": _waiting(request),
        },
    )


def _waiting(request: HttpRequest) -> int:
    """How many proposals wait for an answer, of those this person may see."""
    may = has_right(request.user, Right.PROPOSE_TARGETS)
    return TargetProposal.objects.visible_to(request.user).waiting().count() if may else 0


@requires(Right.PROPOSE_TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: HttpRequest) -> HttpResponse:
    """Ask, show the phasing by month, then save exactly what was shown, or propose it where one may do no more.

    GET keeps what was already typed.
    """
    today = timezone.localdate()
    if request.method != "POST":
        return _ask(request, TargetForm(initial=request.GET.dict(), today=today, by=request.user))
    form = TargetForm(request.POST, today=today, by=request.user)
    if not form.is_valid():
        return _ask(request, form)
    if "save" in request.POST and request.POST.get("previewed") == form.fingerprint():
        return _save(request, form)
    return _ask(request, form, preview=_preview(form))


def _ask(request: HttpRequest, form: TargetForm, preview: dict[str, Any] | None = None) -> HttpResponse:
    may_set = has_right(request.user, Right.SET_TARGETS)
    return render(request, "kpis/target_new.html", {"form": form, "preview": preview, "may_set": may_set})


def _preview(form: TargetForm) -> dict[str, Any]:
    asked = form.asked()
    value = asked["value"]
    arguments = {name: asked[name] for name in ("indicator", "start", "end", "where")}
    shares = phased(**arguments, value=value) if value is not None else {}
    target = Target(
        indicator=form.cleaned_data["indicator"],
        **{name: asked[name] for name in ("start", "end", "value", "low", "high")},
    )
    names = words.dimension_names()
    return {
        "doubt": _doubt(form.cleaned_data["indicator"], target, asked["where"]),
        "target": target,
        "bounds": bounds_in_words(target),
        "segment": words.segment_in_words(asked["where"], names),
        "months": by_month(shares),
        "fingerprint": form.fingerprint(),
    }


def _doubt(indicator: Indicator, target: Target, where: Mapping[str, str]) -> str:
    """Why it may be a slip, in a sentence; the preview asks before anything is saved."""
    bounds, period = bounds_of(target), Period(target.start, target.end)
    last_year = last_year_of(indicator, period, where, catalogue_now())
    return doubt_about(indicator, bounds, last_year) if bounds else ""


def _save(request: HttpRequest, form: TargetForm) -> HttpResponse:
    who: dict[str, Any] = {"at": timezone.now(), "by": actor(request)}
    try:
        if not has_right(request.user, Right.SET_TARGETS):
            proposal = propose_target(**form.asked(), **who, reason=form.cleaned_data["reason"])
            messages.success(
                request, _("The target is proposed. It counts once somebody who may set it agrees.")
            )
            return redirect("target_proposal_detail", proposal.pk)
        target = set_target(**form.asked(), **who)
    except TargetError as error:
        form.add_error(None, str(error))
        return _ask(request, form)
    messages.success(request, _("The target is set. The next night compares the figures with it."))
    return redirect("target_detail", target.pk)


@requires(Right.VIEW_FIGURES)
@require_safe
def target_detail(request: HttpRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(_visible(request), pk=pk)
    live = target.replaced_at is None
    context = page_of(target) | {
        "target": target,
        "bounds": bounds_in_words(target),
        "segment": words.segment_in_words(target.segment.values, words.dimension_names()),
        "state": words.TARGET_STATES[target_state(target)],
        "versions": [(version, bounds_in_words(version)) for version in versions_of(target)],
        "again": asked_again(target),
        "may_set": has_right(request.user, Right.SET_TARGETS),
        "may_propose": has_right(request.user, Right.PROPOSE_TARGETS),
        "may_withdraw": live and has_right(request.user, Right.SET_TARGETS),
    }
    return render(request, "kpis/target_detail.html", context)


@requires(Right.SET_TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a target back after a confirmation; it stays among the older versions."""
    target = get_object_or_404(_visible(request).live(), pk=pk)
    if request.method != "POST":
        return render(
            request, "kpis/target_withdraw.html", {"target": target, "bounds": bounds_in_words(target)}
        )
    withdraw_target(target=target, at=timezone.now())
    messages.success(request, _("The target is withdrawn."))
    return redirect("target_detail", pk)
