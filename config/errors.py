"""What is answered when a request fails: whether it is our fault, or the database or the disk asks for patience."""

import sys
from contextlib import suppress
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error as our_fault

from base.faults import away, no_room

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
