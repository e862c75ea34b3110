"""The page of a list, from one call: it filters, sorts, pages, exports, keeps views and acts on many rows."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.lists.bulk import Bulk, act
from accounts.lists.offers import offered
from accounts.lists.paging import exported, paged
from accounts.lists.saved import views_of
from accounts.tokens import bearer_of


def list_page(
    request: HttpRequest,
    template: str,
    *,
    name: str,
    rows: Any,
    table: Callable[[Any], Any],
    filters: Callable[..., Any] | None = None,
    bulk: Bulk | None = None,
    context: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None = None,
    on_export: Callable[[Any], None] | None = None,
) -> HttpResponse:
    """Answer a request for the list whose URL has this ``name``, as page, as file or by acting on the rows chosen.

    ``rows`` is what the person may see (``visible_to``), ``filters`` a FilterSet class, ``table`` makes the table of
    the rows that pass. ``template`` extends ``layouts/list.html``. ``bulk`` is what may be done to the rows chosen; who
    may write at all, the view's policy says.
    ``context`` is added, or made from the filters once they are read; ``on_export`` is told of the rows of a file.
    """
    if request.method == "POST" and bulk is not None:
        return act(request, rows, bulk)
    found = filters(request.GET, queryset=rows, request=request) if filters else None
    menu = views_of(request, name, found.filters if found else ()) if bearer_of(request) is None else None
    if menu and menu.default and not request.GET and request.method != "POST":
        return redirect(f"{request.path}?{menu.default.query}")
    asked = found.qs if found else rows
    shown = paged(request, table(asked))
    file = exported(request, shown)
    if file is not None:
        if on_export is not None:
            on_export(asked)
        return file
    more = context(found) if callable(context) else context or {}
    offers = offered(name, request.user)
    return render(
        request, template, {**_shown(request, found, shown, bulk), "views": menu, "offered": offers, **more}
    )


def _shown(request: HttpRequest, found: Any, table: Any, bulk: Bulk | None) -> dict[str, Any]:
    """What ``layouts/list.html`` needs; the table knows by ``bulk`` whether its rows have a box to tick."""
    offered = bulk.open_to(request.user) if bulk else []
    table.bulk = bulk if offered else None
    is_filtered = bool(found and found.form.has_changed())
    return {"filter": found, "is_filtered": is_filtered, "table": table, "actions": offered}
