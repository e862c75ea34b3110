"""Import pages. Which runs a person sees, and may undo or open as they came, each kind says (``intake/rights.py``).

Every door asks for the right to read figures, which whoever has a role has; what else is needed depends on the kind.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, has_right, requires
from accounts.lists import list_page, paged
from accounts.lists.exports import csv_file
from accounts.models import User
from accounts.views.acting import actor
from base import formats
from base.jobs.pages import progress
from intake import presentation, retention, rights, runs
from intake.covering import asks_what_it_covers
from intake.forms import ImportForm
from intake.models import ImportRun, Purge, State
from intake.presentation import TONES, example_rows, kinds_help, rule_in_words
from intake.tables import PurgeTable, RejectTable, RunFilter, RunTable


@requires(Right.VIEW_FIGURES)
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    visible = ImportRun.objects.visible_to(request.user)
    return list_page(
        request,
        "intake/import_list.html",
        name="import_list",
        rows=visible.select_related("by"),
        filters=RunFilter,
        table=RunTable,
        context=lambda _filters: {
            "may_import": rights.may_import_some(request.user),
            "may_see_retention": has_right(request.user, Right.MANAGE_SETTINGS),
            "kinds": [] if visible.exists() else kinds_help(request.user),
        },
    )


@requires(Right.VIEW_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def import_add(request: HttpRequest) -> HttpResponse:
    if not rights.may_import_some(request.user):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        run = _queued(form, actor(request))
        if run is not None:
            return redirect(run)
    return render(request, "intake/import_form.html", {"form": form, "kinds": kinds_help(request.user)})


@requires(Right.MANAGE_SETTINGS)
@require_safe
def import_retention(request: HttpRequest) -> HttpResponse:
    """How long files are kept, and what was purged."""
    purges = Purge.objects.visible_to(request.user)
    seen = ImportRun.objects.visible_to(request.user).exclude(purged_at=None)
    return list_page(
        request,
        "intake/import_retention.html",
        name="import_retention",
        rows=purges.select_related("run"),
        table=lambda found: PurgeTable(found, seen=set(seen.values_list("pk", flat=True))),
        context={"rules": [rule_in_words(rule.kind, rule.days) for rule in retention.rules()]},
    )


@requires(Right.VIEW_FIGURES)
@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "intake/import_detail.html", _detail(request, _visible(request, pk)))


@requires(Right.VIEW_FIGURES)
@require_safe
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the run's page that changes while it works; 286 once it is over."""
    run = _visible(request, pk)
    return progress(request, run, "intake/import_detail.html#run", _detail(request, run))


@requires(Right.VIEW_FIGURES)
@require_safe
def import_rejects(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All rejected rows as they came, as CSV, streamed."""
    run = _visible(request, pk)
    if not rights.may_open_raw(request.user, run):
        raise PermissionDenied
    return csv_file(_reject_rows(run), f"rejects-{run.pk}")


@requires(Right.VIEW_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    run = _writable(request, pk)
    if request.method != "POST":
        return render(request, "intake/import_undo.html", {"run": run})
    try:
        removed = runs.undo(run.pk, by=actor(request))
    except runs.Refused as refused:
        messages.error(request, refused.said)
    else:
        said = ngettext(
            "The import is undone: %(n)s fact changed.", "The import is undone: %(n)s facts changed.", removed
        )
        messages.success(request, said % {"n": formats.count(removed)})
    return redirect(run)


@requires(Right.VIEW_FIGURES)
@require_POST
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the kept file once more, e.g. after an undo or after columns became known."""
    run = _writable(request, pk)
    try:
        again = runs.import_again(run, by=actor(request), covers=request.POST.get("covers", ""))
    except runs.Refused as refused:
        messages.error(request, refused.said)
        return redirect(run)
    return redirect(again)


@requires(Right.VIEW_FIGURES)
@require_safe
def import_example(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A small file of a kind to start from."""
    found = next((one for one in rights.kinds_seen_by(request.user) if one.code == kind), None)
    if found is None:
        raise Http404
    if not rights.may_import(request.user, found):
        raise PermissionDenied
    return csv_file(example_rows(found, request.user), f"{found.code}-example")


def _visible(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(
        ImportRun.objects.visible_to(request.user).select_related("by", "undone_by"), pk=pk
    )


def _writable(request: HttpRequest, pk: int) -> ImportRun:
    """A run the person may undo or have read again; 403 for one they may only see."""
    run = _visible(request, pk)
    if not rights.may_write(request.user, run):
        raise PermissionDenied
    return run


def _queued(form: ImportForm, by: User) -> ImportRun | None:
    given = form.cleaned_data["file"]
    try:
        return runs.queue_import(
            given,
            filename=given.name,
            kind=form.cleaned_data["kind"],
            source=form.cleaned_data["source"],
            mapping=form.cleaned_data["mapping"],
            by=by,
        )
    except runs.Refused as refused:
        form.add_error(None, refused.said)
        return None


def _detail(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    may_write, raw = rights.may_write(request.user, run), rights.may_open_raw(request.user, run)
    return {
        "run": run,
        "tone": TONES[run.state],
        "may_import": rights.may_import_some(request.user),
        "may_open_raw": raw,
        "may_undo": may_write and run.state == State.DONE,
        "may_import_again": may_write
        and not run.in_progress
        and run.purged_at is None
        and run.state not in (State.DONE, State.UNCHANGED),
        "asks_what_it_covers": asks_what_it_covers(run),
        "provenance": [*presentation.provenance(run), *presentation.keeping(run)],
        "columns": presentation.columns(run),
        "totals": presentation.totals(run),
        "pages": presentation.pages(run, request.user),
        "steps": presentation.steps(run),
        "log": presentation.log(run, raw=raw) if may_write else [],
        "rejects": _reject_table(request, run, raw=raw) if may_write and run.rows_rejected else None,
    }


def _reject_table(request: HttpRequest, run: ImportRun, *, raw: bool) -> RejectTable:
    found: RejectTable = paged(request, RejectTable(run.rejects.all(), raw=raw))
    return found


def _reject_rows(run: ImportRun) -> Iterator[list[Any]]:
    yield [_("Line"), _("Why"), _("As in the file")]
    for reject in run.rejects.order_by("line", "id").iterator(chunk_size=2_000):
        yield [reject.line, reject.said, reject.raw]
