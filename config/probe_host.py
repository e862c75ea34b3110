"""Health checks ask by a loopback name, whatever name people type: they alone are answered under it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

from config.request_log import PROBES
from config.site import LOOPBACK


class ProbeHostMiddleware:
    """A probe that names a loopback host is taken as one to the site; what it answers holds no link."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES and _name(request.META.get("HTTP_HOST", "")) in LOOPBACK:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self.get_response(request)


def _name(host: str) -> str:
    return split_domain_port(host.lower())[0]
