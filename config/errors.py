"""What is answered when a request fails: whether it is our fault, or the database or the disk asks for patience."""

import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.views.defaults import server_error as our_fault

from base.faults import away, no_room, sent_twice
from config.wsgi_bridge import REFUSED

_PATIENCE = 15  # seconds after which trying again makes sense


def _let_go(request: HttpRequest) -> None:
    """Remove what came of an upload: Django would keep it until the garbage is collected."""
    for handler in request.upload_handlers:
        with suppress(OSError):  # closing writes what it still holds
            handler.upload_interrupted()


def server_error(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles the exception. Nothing here may need the database."""
    problem = sys.exc_info()[1]
    full = no_room(problem)
    if not full and not away(problem):
        return our_fault(request)
    if full:
        _let_go(request)
    status = HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE
    answer = HttpResponse(loader.get_template("503.html").render({"full": full}), status=status)
    answer["Retry-After"] = str(_PATIENCE)
    return answer


class SentTwiceMiddleware:
    """Of two clicks at the same moment, or two people with one thought, the second is asked again: it then finds what
    the first has written, and is answered as if it had come a moment later.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or not sent_twice(exception):
            return None
        answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return answer


class RefusedBodyMiddleware:
    """Says why the web server took no body: too large (413), too many at once (503), no room for it (507)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        status = request.META.get(REFUSED)
        if status is None:
            return self.get_response(request)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            context = {"most": settings.MAX_UPLOAD_MB}
            return HttpResponse(loader.get_template("413.html").render(context), status=status)
        full = status == HTTPStatus.INSUFFICIENT_STORAGE
        page = loader.get_template("503.html").render({"full": full, "busy": not full})
        return HttpResponse(page, status=status, headers={"Retry-After": str(_PATIENCE)})
