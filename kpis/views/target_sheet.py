"""The targets of a year on one sheet: typed or filled from last year, odd ones asked about, saved all at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import Right, has_right, requires
from accounts.views.acting import actor
from base.context import company_of
from base.grid.reading import Sent, read_sheet
from base.grid.sheet import Sheet, token
from base.workflow.models import LONGEST_REASON
from kpis.catalogue import catalogue_for
from kpis.models import Target
from kpis.pages.forms import FillForm, YearForm
from kpis.pages.target_sheet import SheetAsked, TargetYear, bounds_in, filled, sheet_of, value_of
from kpis.target_changes import Stored, TargetChange, TargetsRefusedError, set_targets
from kpis.target_doubts import doubt_about
from kpis.targets import bounds_of


@dataclass(frozen=True)
class Shown:
    """The page as it is drawn: a sheet, and what was asked beside it."""

    sheet: Sheet
    fill: FillForm
    doubts: tuple[tuple[str, str, str], ...] = ()  # the field, where it is, why it is odd
    sure: str = ""  # sent back by who means them
    reason: str = ""


@requires(Right.VIEW_FIGURES, Right.PROPOSE_TARGETS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_sheet(request: HttpRequest) -> HttpResponse:
    """Indicators × months of a fiscal year, those of a group if asked; for who may propose targets, a form."""
    rules, today = company_of(request).rules, timezone.localdate()
    about = TargetYear(
        SheetAsked.of(request.GET, today, rules), rules, actor(request), catalogue_for(request.user)
    )
    sheet = sheet_of(about, editable=has_right(request.user, Right.PROPOSE_TARGETS))
    if request.method != "POST":
        return _page(request, about, Shown(sheet, FillForm(indicators=about.indicators)))
    sent = read_sheet(sheet, request.POST, about.place_of)
    if "fill" in request.POST:
        return _fill(request, about, sent)
    return _save(request, about, sent)


def _fill(request: HttpRequest, about: TargetYear, sent: Sent) -> HttpResponse:
    """What was typed, and the cells filled beside it: nothing is stored."""
    form = FillForm(request.POST, indicators=about.indicators)
    sheet = filled(sent.sheet, about, form.cleaned_data) if form.is_valid() else sent.sheet
    return _page(request, about, Shown(sheet, form, reason=_reason(request)))


def _save(request: HttpRequest, about: TargetYear, sent: Sent) -> HttpResponse:
    fill, reason = FillForm(indicators=about.indicators), _reason(request)
    if sent.has_errors:
        return _page(request, about, Shown(sent.sheet, fill, reason=reason))
    doubts = _doubts(about, sent)
    sure = _digest(sent, doubts)
    if doubts and request.POST.get("sure") != sure:
        return _page(request, about, Shown(sent.sheet, fill, tuple(doubts), sure, reason))
    changes = {name: _change(about, sent, name) for name in sent.changes}
    try:
        stored = set_targets(
            changes=list(changes.values()), by=actor(request), at=timezone.now(), reason=reason
        )
    except TargetsRefusedError as refused:
        names = list(changes)
        told = {names[place]: value_of(bounds_of(target)) for place, target in refused.meanwhile.items()}
        sheet = sent.refused(_refusals(sent, names, refused), told)
        return _page(request, about, Shown(sheet, fill, reason=reason))
    messages.success(request, _said(stored))
    return redirect(_address(about.asked))


def _change(about: TargetYear, sent: Sent, name: str) -> TargetChange:
    change = sent.changes[name]
    month, indicator = about.by_key[change.column.key], about.by_row[change.row.key]
    return TargetChange(
        indicator.code, month.start, month.end, bounds_in(change.value), seen=bounds_in(change.seen)
    )


def _doubts(about: TargetYear, sent: Sent) -> list[tuple[str, str, str]]:
    """The changes that look like a slip: the field, where it is, why."""
    found = []
    for name, change in sent.changes.items():
        indicator, bounds = about.by_row[change.row.key], bounds_in(change.value)
        month = about.by_key[change.column.key]
        why = doubt_about(indicator, bounds, about.last_year(indicator, month)) if bounds else ""
        if why:
            found.append((name, f"{change.row.heading}, {change.column.heading}", why))
    return found


def _digest(sent: Sent, doubts: list[tuple[str, str, str]]) -> str:
    """Of the odd values: whoever is sure of these is not asked again, but of others."""
    odd = ";".join(f"{name}={token(sent.changes[name].value)}" for name, _place, _why in doubts)
    return sha256(odd.encode()).hexdigest()[:16]


def _refusals(sent: Sent, names: list[str], refused: TargetsRefusedError) -> dict[str, str]:
    """A sentence for each cell that kept all from being stored."""
    found = {names[place]: why for place, why in refused.problems.items()}
    for place, target in refused.meanwhile.items():
        found[names[place]] = _meanwhile(sent, names[place], target)
    return found


def _meanwhile(sent: Sent, name: str, target: Target | None) -> str:
    if target is None:
        return _("Somebody took this target back meanwhile. Save again to set yours.")
    told = {
        "figure": sent.changes[name].row.written(value_of(bounds_of(target))),
        "name": target.created_by or _("a program"),
    }
    return _("%(name)s set %(figure)s meanwhile. Save again to set yours instead.") % told


def _said(stored: Stored) -> str:
    """What became of it, in a sentence, and when it counts."""
    told = {"set": stored.set, "proposed": stored.proposed, "withdrawn": stored.withdrawn}
    counted = {
        "set": ngettext("%(n)s target set.", "%(n)s targets set.", stored.set),
        "proposed": ngettext("%(n)s target proposed.", "%(n)s targets proposed.", stored.proposed),
        "withdrawn": ngettext("%(n)s target taken back.", "%(n)s targets taken back.", stored.withdrawn),
    }
    parts = [counted[name] % {"n": n} for name, n in told.items() if n]
    if stored.set or stored.withdrawn:
        parts.append(_("The next night compares the figures with them."))
    elif stored.proposed:
        agreed = ngettext(
            "It counts once somebody who may set targets agrees.",
            "They count once somebody who may set them agrees.",
            stored.proposed,
        )
        parts.append(agreed)
    return " ".join(parts) or _("Nothing was changed: the targets stood so already.")


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:LONGEST_REASON].replace("\0", "")


def _address(asked: SheetAsked) -> str:
    query: Mapping[str, Any] = {"year": asked.year, "group": asked.group, "page": asked.page}
    return f"{reverse('target_sheet')}?{urlencode({k: v for k, v in query.items() if v and v != 1})}"


def _page(request: HttpRequest, about: TargetYear, shown: Shown) -> HttpResponse:
    context = {
        "shown": shown,
        "longest_reason": LONGEST_REASON,
        "year": about.year,
        "page": about.page,
        "form": YearForm(initial={"year": about.asked.year, "group": about.asked.group}, rules=about.rules),
        "address": _address(about.asked),
        "may_set": has_right(request.user, Right.SET_TARGETS),
    }
    return render(request, "kpis/target_sheet.html", context)
