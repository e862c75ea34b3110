"""The description of the API: a page for people, a document for programs."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.access import Right, requires
from accounts.models import Scope
from accounts.site import site_link
from api import openapi
from api.facts import MOST_ROWS
from api.reference import groups
from api.shapes import MOST_A_PAGE
from base import formats


@requires(Right.VIEW_FIGURES, scope=Scope.FIGURES_READ)
@require_safe
def description(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's signature
    return JsonResponse(openapi.document())


@requires(Right.VIEW_FIGURES)
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    context = {
        "groups": groups(),
        "base": site_link(openapi.PREFIX.rstrip("/")),
        "most_a_page": formats.count(MOST_A_PAGE),
        "most_rows": formats.count(MOST_ROWS),
        "requests": formats.count(limits.REQUESTS.tries),
    }
    return render(request, "api/docs.html", context)
