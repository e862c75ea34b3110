"""Whatever a program is refused by, it reads the same JSON: also what no operation was asked for."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from api.problems import PROBLEM_JSON, document, usual_detail

ROOT = "/api/"
PAGES = frozenset({"/api/v1/docs"})  # for people: errors are pages
ENGLISH = "en"


class ProblemMiddleware:
    """Outside of all that can answer in an operation's place: host, size of the body, database away, our own faults.

    A program reads English, or the first language of its ``Accept-Language`` that there is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ROOT) or request.path_info in PAGES:
            return self.get_response(request)
        language = _language(request.headers.get("Accept-Language", ""))
        request.META["HTTP_ACCEPT_LANGUAGE"] = language  # what Django's own choice goes by
        response = self.get_response(request)
        if response.status_code >= 400 and isinstance(response, HttpResponse):
            with translation.override(language):
                _say(response)
        return response


def _language(header: str) -> str:
    for code, _quality in parse_accept_lang_header(header.lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return ENGLISH


def _say(response: HttpResponse) -> None:
    """The same status and headers; another body, unless it is a problem already."""
    if response.headers.get("Content-Type", "").startswith(PROBLEM_JSON):
        return
    said = document(response.status_code, usual_detail(response.status_code))
    response.content = json.dumps(said).encode()
    response["Content-Type"] = PROBLEM_JSON
    response["Content-Length"] = str(len(response.content))
