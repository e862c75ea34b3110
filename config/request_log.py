"""One line per request, and one name for it: in the log of all that it makes happen, and in the answer."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.encoding import escape_uri_path
from structlog.contextvars import bind_contextvars, clear_contextvars

from accounts.addresses import client_address
from config.response_headers import secrets_of

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
PROBES = frozenset({"/health", "/ready", "/metrics"})
_log = structlog.stdlib.get_logger("vigie.request")


class RequestLogMiddleware:
    """The name a proxy gave the request (X-Request-ID) is taken over when it is one, else made up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        name = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        clear_contextvars()  # what the last request of this thread left: Django tells of refusals after us
        bind_contextvars(request_id=name)
        response = self.get_response(request)
        _tell(request, response.status_code, time.perf_counter() - began)
        response[HEADER] = name
        return response


def add_to_line(request: HttpRequest, **more: Any) -> None:
    """What the line of this request says besides."""
    request.line_of_log = more  # type: ignore[attr-defined]  # read when the answer leaves


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    routine = request.path in PROBES or request.path.startswith(settings.STATIC_URL)
    more: dict[str, Any] = getattr(request, "line_of_log", {})
    tell = _log.debug if routine and status < 500 and not more else _log.info
    person = getattr(request, "_cached_user", None)  # who was looked up already: no question for the log
    tell(
        "request",
        method=request.method,
        path=escape_uri_path(_path(request)),
        status=status,
        client=client_address(request),
        ms=round(seconds * 1000, 1),
        user=getattr(person, "pk", None),
        **more,
    )


def _path(request: HttpRequest) -> str:
    """The path, without what would let a reader of the log in."""
    path = request.path
    for secret in secrets_of(request):
        path = path.replace(secret, "…")
    return path
