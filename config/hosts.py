"""The names this site answers to: any other is told so, in a sentence and one line of the log.

Health checks ask by a loopback name, whatever name people type: they alone are answered under it.
"""

from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.template import loader
from django.utils import translation

from config.request_log import PROBES, add_to_line
from config.site import LOOPBACK

_refused = count(1)  # requests under a foreign name, in this process


class HostMiddleware:
    """A probe that names a loopback host is taken as one to the site; what it answers holds no link."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = request.META.get("HTTP_HOST", "")
        if request.path in PROBES and _name(host) in LOOPBACK:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        try:
            request.get_host()
        except DisallowedHost:
            return _foreign(request, host)
        return self.get_response(request)


def _foreign(request: HttpRequest, host: str) -> HttpResponse:
    add_to_line(request, foreign_host=host[:100], foreign_hosts=next(_refused))
    with translation.override(translation.get_language_from_request(request)):
        page = loader.get_template("400.html").render({"foreign": True})
    answer = HttpResponse(page, status=HTTPStatus.BAD_REQUEST)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # by our line: Django would add one of its own
    return answer


def _name(host: str) -> str:
    return split_domain_port(host.lower())[0]
