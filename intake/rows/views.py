"""The pages of rows somebody brings in. Each door asks for the right the kind of rows asks for."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, has_right, requires
from accounts.lists.exports import EXCEL, file_answer
from accounts.views.acting import actor
from base.sentences import in_words
from intake.problems import Refused
from intake.rows import actions, pages
from intake.rows.forms import ColumnsForm, PlaceForm, RowsForm
from intake.rows.kinds import RowKind, kind_for
from intake.rows.models import RowsImport, RowsState, StagedSheet
from intake.rows.templates import template_of

PER_PAGE = 50


@requires(Right.VIEW_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def rows_new(request: HttpRequest, kind: str) -> HttpResponse:
    """What the rows are, the template, the file to give, and what was given before."""
    found, by = _kind(request, kind), actor(request)
    form = RowsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            run = actions.stage(file=given, filename=given.name, kind=found, by=by, at=timezone.now())
        except Refused as refused:
            form.add_error("file", refused.said)
        else:
            return redirect(run if run.digest else reverse("rows_columns", args=[run.pk]))
    given_before = RowsImport.objects.visible_to(by).filter(kind=kind).exclude(state=RowsState.DROPPED)
    context = {
        "kind": found,
        "back": reverse(found.page),
        "form": form,
        "columns": pages.columns_help(found.columns(by)),
        "before": Paginator(given_before.select_related("by"), 10).get_page(request.GET.get("page")),
    }
    return render(request, "intake/rows/new.html", context)


@requires(Right.VIEW_FIGURES)
@require_safe
def rows_template(request: HttpRequest, kind: str) -> HttpResponse:
    """The workbook to fill."""
    found = _kind(request, kind)
    return file_answer(template_of(found, actor(request)), f"{found.code}-template.xlsx", EXCEL)


@requires(Right.VIEW_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def rows_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the rows stand, and which column is which; asked again for another sheet or row of headings."""
    run = _visible(request, pk)
    if run.state == RowsState.DONE:  # by the back button, or in another tab
        return redirect(run)
    if not run.is_draft:
        raise Http404
    return _columns(request, run)


def _columns(request: HttpRequest, run: RowsImport) -> HttpResponse:
    kind, by = kind_for(run.kind), actor(request)
    sheets = list(run.sheets.all())
    place = PlaceForm(_place_asked(request, run), sheets=sheets)
    is_placed = place.is_valid()
    position, header = (
        (place.cleaned_data["sheet"], place.cleaned_data["header"] - 1)
        if is_placed
        else (run.sheet, run.header)
    )
    sheet = next(one for one in sheets if one.position == position)
    known = kind.columns(by)
    told = actions.guess_of(sheet, header, known, actions.remembered_by(by, run.kind))
    if (position, header) == (run.sheet, run.header) and run.digest:
        told.columns = dict(run.columns)
    form = ColumnsForm(
        request.POST if request.method == "POST" and "look" not in request.POST else None,
        header=sheet.rows[header] if header < len(sheet.rows) else [],
        samples=pages.samples(sheet.rows, header), known=known, told=told,
    )  # fmt: skip
    if request.method == "POST" and is_placed and form.is_valid():
        try:
            actions.choose(run, sheet=sheet, header=header, columns=form.columns(), by=by, at=timezone.now())
        except Refused as refused:
            form.add_error(None, refused.said)
        else:
            return redirect(run)
    context = {
        "run": run,
        "kind": kind,
        "place": place,
        "form": form,
        "is_unknown": not told.columns,
        "back": run.get_absolute_url() if run.digest else reverse("rows_new", args=[run.kind]),
    }
    return render(request, "intake/rows/columns.html", context)


def _place_asked(request: HttpRequest, run: RowsImport) -> dict[str, Any]:
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in ("sheet", "header")}
    return {"sheet": run.sheet, "header": run.header + 1}


@requires(Right.VIEW_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def rows_import(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rows would do, to be confirmed; once they are stored, what they did."""
    run = _visible(request, pk)
    if run.is_draft and not run.digest:
        return redirect("rows_columns", run.pk)
    kind = kind_for(run.kind)
    if request.method == "POST":
        return _confirmed(request, run, kind)
    lines = pages.chosen(run.lines, request.GET.get("outcome", ""))
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "kind": kind,
        "back": reverse(kind.page),
        "said": [in_words(kept) for kept in run.said],
        "outcomes": pages.outcomes(run, request.GET.get("outcome", "")),
        "doubtful": len(pages.chosen(run.lines, pages.DOUBTFUL)),
        "page": page,
        "shown": [pages.line_in_words(line) for line in page],
        "header": run.header + 1,
        "sheet": StagedSheet.objects.filter(run=run, position=run.sheet).only("name").first(),
    }
    return render(request, "intake/rows/import.html", context)


def _confirmed(request: HttpRequest, run: RowsImport, kind: RowKind) -> HttpResponse:
    by, now = actor(request), timezone.now()
    ticked = frozenset(option.code for option in kind.options if option.code in request.POST)
    try:
        stored = actions.confirm(run, digest=request.POST.get("digest", ""), by=by, at=now)
    except actions.Changed:
        actions.show(run, by=by, at=now)
        messages.warning(
            request, _("What the rows would do has changed since it was shown: look at it again.")
        )
        return redirect(run)
    except Refused as refused:
        messages.warning(request, refused.said)
        return redirect(run)
    if stored is not None:
        messages.success(request, _("The rows are imported."))
        kind.after(request, stored[0], ticked)
    return redirect(run)


@requires(Right.VIEW_FIGURES)
@require_POST
def rows_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a file up before it is confirmed."""
    run = _visible(request, pk)
    actions.drop(run, at=timezone.now())
    if run.state == RowsState.DONE:  # in another tab
        messages.warning(request, _("The file was imported meanwhile: it cannot be given up any more."))
        return redirect(run)
    messages.success(request, _("The file is given up: nothing was changed."))
    return redirect("rows_new", run.kind)


def _kind(request: HttpRequest, code: str) -> RowKind:
    try:
        found = kind_for(code)
    except KeyError:
        raise Http404 from None
    if not has_right(request.user, found.right):
        raise PermissionDenied
    return found


def _visible(request: HttpRequest, pk: int) -> RowsImport:
    return get_object_or_404(RowsImport.objects.visible_to(request.user).select_related("by"), pk=pk)
