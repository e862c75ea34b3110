"""The nights: their list, starting one, one of them with its live progress, and another try of what failed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, has_right, requires
from accounts.lists import list_page
from accounts.views.acting import actor
from base.jobs.pages import progress
from base.jobs.waking import wake
from kpis import nightly
from kpis.coverage import last_day, load_coverage
from kpis.models import NightlyRun, NightlyStep, StepState
from kpis.models.nights import NightlyRunQuerySet
from kpis.models.rights import codes_closed_to, steps_closed_to
from kpis.pages import words
from kpis.pages.banners import night_banner
from kpis.pages.forms import NightForm
from kpis.pages.tables import NightTable, counts_of, duration, night_state
from kpis.tasks import advance_night
from kpis.views.pages import is_htmx

DETAIL = "kpis/night_detail.html"


def _visible(request: HttpRequest) -> NightlyRunQuerySet:
    closed = Q(steps__name__in=steps_closed_to(request.user, nightly.GAPS))
    failed = Count("steps", filter=Q(steps__state=StepState.FAILED) & ~closed)
    seen = NightlyRun.objects.visible_to(request.user).select_related("by")
    return seen.annotate(failed=failed, closed_codes=codes_closed_to(request.user))


def _form(data: Any = None) -> NightForm:
    today = timezone.localdate()
    return NightForm(data, last=last_day(load_coverage(today)), today=today)


@requires(Right.VIEW_FIGURES)
@require_safe
def night_list(request: HttpRequest) -> HttpResponse:
    """The nights, latest first, and the form to run one now."""
    return _list(request, _form() if has_right(request.user, Right.RUN_NIGHT) else None)


def _list(request: HttpRequest, form: NightForm | None) -> HttpResponse:
    return list_page(
        request,
        "kpis/night_list.html",
        name="night_list",
        rows=_visible(request),
        table=NightTable,
        context=lambda _filters: {"form": form, "banner": night_banner(timezone.now(), request.user)},
    )


@requires(Right.RUN_NIGHT)
@require_POST
@transaction.atomic
def night_run(request: HttpRequest) -> HttpResponse:
    """Create the run, or find the one of that day still going, and wake a worker for it."""
    form = _form(request.POST)
    if not form.is_valid():
        return _list(request, form)
    try:
        run = nightly.ensure_run(as_of=form.cleaned_data["as_of"], trigger="page", by=actor(request))
    except nightly.NightError as error:
        form.add_error("as_of", _(str(error)))
        return _list(request, form)
    wake(advance_night, run.pk)
    return redirect("night_detail", run.pk)


@requires(Right.VIEW_FIGURES)
@require_safe
def night_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One night; htmx asks its progress again each second, and is told to stop once it is over."""
    run = get_object_or_404(_visible(request), pk=pk)
    context = _progress(run, request.user)
    if is_htmx(request):
        return progress(request, run, f"{DETAIL}#progress", context)
    may_run = has_right(request.user, Right.RUN_NIGHT) and not run.in_progress
    return render(
        request,
        DETAIL,
        context
        | {
            "may_retry": may_run and any(line["step"].state == StepState.FAILED for line in context["steps"]),
            "may_run": may_run,
        },
    )


def _progress(run: NightlyRun, reader: Any) -> dict[str, Any]:
    steps = list(run.steps.exclude(name__in=steps_closed_to(reader, nightly.GAPS)))
    names = words.indicator_names(reader)
    done = sum(step.state != StepState.WAITING for step in steps)
    return {
        "run": run,
        "counts": counts_of(run),
        "message": _failure(run.message),
        "state": words.NIGHT_STATES[night_state(run)],
        "trigger": words.TRIGGERS.get(run.trigger, run.trigger),
        "seconds": duration(run),
        "running": run.in_progress,
        "log": run.log_in_words(),
        "steps": [_line(step, names) for step in steps],
        "done": done,
        "total": len(steps),
    }


def _line(step: NightlyStep, names: dict[str, str]) -> dict[str, Any]:
    """A step in words."""
    return {
        "step": step,
        "title": words.step(step.name, names),
        "state": words.STEP_STATES[step.state],
        "error": _failure(step.error),
    }


def _failure(kept: str) -> str:
    """What readers are told; older rows hold what Python said of a fault, which is for the log."""
    return _(kept if kept in nightly.TOLD else nightly.FAULT) if kept else ""


@requires(Right.RUN_NIGHT)
@require_POST
@transaction.atomic
def night_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the failed steps again."""
    run = get_object_or_404(NightlyRun.objects.visible_to(request.user), pk=pk)
    try:
        nightly.retry(run=run)
    except nightly.NightError as error:
        messages.error(request, _(str(error)))
    else:
        wake(advance_night, run.pk)
    return redirect("night_detail", pk)
