"""The living page of components."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.access import Right, requires
from accounts.lists import paged
from base import design as samples


@requires(Right.VIEW_DESIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest) -> HttpResponse:
    """Every component in all its states; its form answers as forms do, and keeps nothing."""
    return render(request, "base/design.html", design_context(request))


def design_context(request: HttpRequest) -> dict[str, Any]:
    found, empty = samples.filled(), samples.empty()
    table = paged(request, found, per_page=5)
    return samples.samples(request.POST or None) | {"table": table, "empty": empty}
