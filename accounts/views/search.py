"""The page of search, and the suggestions under the field of every page."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, requires
from accounts.search import KINDS, found_of, groups_of, hit_of, words_of

SUGGESTED, OF_A_KIND, PER_PAGE = 4, 8, 25
LONGEST = 200  # of what is shown again


@requires(Right.SIGNED_IN)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """``?q=…``: the first of each kind; with ``kind=…`` all of one; for the field of the header a few of each."""
    asked = " ".join(request.GET.get("q", "").split())
    context: dict[str, Any] = {"asked": asked[:LONGEST], "words": words_of(asked)}
    htmx = getattr(request, "htmx", None)
    if htmx and htmx.target == "suggestions":
        groups = groups_of(request.user, asked, most=SUGGESTED)
        return render(request, "accounts/search_suggestions.html", {**context, "groups": groups})
    kind = KINDS.get(request.GET.get("kind", ""))
    if kind is None:
        groups = groups_of(request.user, asked, most=OF_A_KIND)
        return render(request, "accounts/search.html", {**context, "groups": groups})
    found = found_of(kind, request.user, words_of(asked))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"kind": kind, "page": page, "hits": [hit_of(kind, row) for row in page]}
    return render(request, "accounts/search.html", context)
