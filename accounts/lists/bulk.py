"""One action done to many rows of a list: to those the person may act on, and that are still as they were shown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Right, has_right
from accounts.lists.paging import MOST_PER_PAGE

MOST_NAMED = 5  # rows named in one sentence about what was not done
_LARGEST = 2**63 - 1  # of a primary key


class Refused(Exception):  # noqa: N818  # an answer, not a fault
    """A row the action cannot be done to; its text says why, in the reader's language."""


@dataclass(frozen=True)
class BulkAction:
    """``run(row, by=…, **asked)`` does it to one row or raises ``Refused``; ``form`` asks what else it needs.

    A form is shown on a page of its own between choosing and doing: ``form(data)``.
    """

    code: str
    label: Any
    right: Right
    run: Callable[..., None]
    icon: str = "check"
    form: Callable[[Any], Form] | None = None


@dataclass(frozen=True)
class Bulk:
    """The actions of a list, and what of a row may not have changed between the page and the action.

    ``named`` says a row in words.
    """

    actions: Sequence[BulkAction]
    watched: Sequence[str] = ()
    named: Callable[[Any], str] = str

    def open_to(self, user: Any) -> list[BulkAction]:
        return [action for action in self.actions if has_right(user, action.right)]

    def value(self, row: Any) -> str:
        """Of a row's checkbox: which row, and a mark of what its watched attributes were."""
        kept = "\n".join(str(getattr(row, name)) for name in self.watched)
        return f"{row.pk}:{sha256(kept.encode()).hexdigest()[:16]}"


def chosen(values: Iterable[str]) -> dict[int, str]:
    """Primary key → value as given, of those that can be one; at most as many as a page holds."""
    found: dict[int, str] = {}
    for value in values:
        key = value.partition(":")[0]
        if key.isascii() and key.isdigit() and len(key) < 20 and int(key) <= _LARGEST:
            found[int(key)] = value
        if len(found) == MOST_PER_PAGE:
            break
    return found


def act(request: HttpRequest, rows: Any, bulk: Bulk) -> HttpResponse:
    """Do what was asked to the rows chosen and go back to the list, which says how many and which not."""
    action = next((one for one in bulk.actions if one.code == request.POST.get("action")), None)
    picked = chosen(request.POST.getlist("row"))
    back = f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path
    if action is None or not picked:
        messages.warning(request, _("Choose at least one row, and what to do with it."))
        return _to(request, back)
    if not has_right(request.user, action.right):
        raise PermissionDenied
    asked: dict[str, Any] = {}
    if action.form is not None:
        form = action.form(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            found = rows.filter(pk__in=picked)
            context = {
                "action": action,
                "form": form,
                "rows": [bulk.named(row) for row in found],
                "values": picked.values(),
                "back": back,
            }
            return render(request, "accounts/list_action.html", context)
        asked = form.cleaned_data
    done, refused = _run(action, rows, picked, bulk, by=request.user, asked=asked)
    _say(request, action, done, len(picked), refused)
    return _to(request, back)


@transaction.atomic
def _run(
    action: BulkAction,
    rows: Any,
    picked: Mapping[int, str],
    bulk: Bulk,
    *,
    by: Any,
    asked: Mapping[str, Any],
) -> tuple[int, dict[str, list[str]]]:
    """How many it was done to; why not → names of the others. The rows are locked before they are looked at."""
    list(rows.model._base_manager.select_for_update().filter(pk__in=picked).order_by("pk").values_list("pk"))
    seen = {row.pk: row for row in rows.filter(pk__in=picked)}
    changed = {pk for pk, row in seen.items() if bulk.value(row) != picked[pk]}
    done, refused = 0, dict[str, list[str]]()
    for pk in picked:
        row = seen.get(pk)
        if row is None:
            refused.setdefault(_("no longer there"), []).append(_("No. %(n)s") % {"n": pk})
        elif pk in changed:
            refused.setdefault(_("changed meanwhile: look at it again"), []).append(bulk.named(row))
        else:
            try:
                action.run(row, by=by, **asked)
                done += 1
            except Refused as why:
                refused.setdefault(str(why), []).append(bulk.named(row))
    return done, refused


def _say(
    request: HttpRequest, action: BulkAction, done: int, asked: int, refused: dict[str, list[str]]
) -> None:
    told = {"action": action.label, "done": done, "all": asked}
    if done:
        messages.success(request, _("%(action)s: done for %(done)s of %(all)s.") % told)
    else:
        messages.warning(request, _("%(action)s: done for none.") % told)
    for why, names in refused.items():
        messages.warning(request, _("Not done: %(rows)s (%(why)s).") % {"rows": _named(names), "why": why})


def _named(names: list[str]) -> str:
    shown, left = "; ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    if left <= 0:
        return shown
    return ngettext("%(rows)s and %(n)s more", "%(rows)s and %(n)s more", left) % {"rows": shown, "n": left}


def _to(request: HttpRequest, address: str) -> HttpResponse:
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return redirect(address if safe else "/")
