"""The company of a request, and how long its answer took."""

import codecs
import time
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.functional import SimpleLazyObject

from base import formats
from base.models import Company


class ServerTimingMiddleware:
    """``Server-Timing`` for a person signed in: what of a slow page is ours, which any browser shows.

    Nobody else is told: how long a refused sign-in takes is nobody's business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if signed_in:
            response["Server-Timing"] = f"app;dur={(time.perf_counter() - start) * 1000:.1f}"
        return response


# How a form may say its text is written: as every browser does, or as old programs do.
_ENCODINGS = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})


class WellFormedMiddleware:
    """Who sends what no text is made of is refused before any form asks for it.

    No text has a NUL in it, and PostgreSQL keeps none; and Python has codecs, which a request may name, that decode no
    text at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.encoding and codecs.lookup(request.encoding).name not in _ENCODINGS:
            request.encoding = "utf-8"  # the answer is read with it too
            raise BadRequest("The text is said to be in an encoding that forms are not sent in.")
        typed = request.POST if request.content_type == "application/x-www-form-urlencoded" else QueryDict()
        if any(
            "\0" in value
            for sent in (request.GET, typed)
            for _name, values in sent.lists()
            for value in values
        ):
            raise BadRequest("A value holds a NUL character.")
        return self.get_response(request)


class CompanyMiddleware:
    """Known before the view, which writes sums of money too, and read once if at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        company = SimpleLazyObject(Company.current)
        request.company = company  # type: ignore[attr-defined]  # what base.context shows
        formats.use_currency(lambda: company.currency)
        return self.get_response(request)
