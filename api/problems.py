"""What a program is told when its request is not answered: one JSON shape (RFC 9457), whatever went wrong."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

PROBLEM_JSON = "application/problem+json"
MOST_ERRORS = 20  # of one request; who sends ten thousand wrong rows is told of the first


class Problem(Exception):  # noqa: N818  # an answer, not a fault
    """``detail`` is a sentence for whoever wrote the program; ``errors`` say which part of the request is wrong."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, list(errors), headers or {}


def unprocessable(detail: str, errors: Iterable[Mapping[str, str]] = ()) -> Problem:
    """Well formed, but what it asks for cannot be."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def document(status: int, detail: str, errors: Iterable[Mapping[str, str]] = ()) -> dict[str, Any]:
    found = list(errors)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        **({"errors": found} if found else {}),
    }


def answer(problem: Problem) -> HttpResponse:
    said = document(problem.status, problem.detail, problem.errors)
    return JsonResponse(said, status=problem.status, content_type=PROBLEM_JSON, headers=dict(problem.headers))


def failures(*codes: int) -> dict[str, Any]:
    """The answers of these statuses, as the description of the API says them."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {PROBLEM_JSON: {"schema": schema}}
    return {str(code): {"description": HTTPStatus(code).phrase, "content": content} for code in codes}


def usual_detail(status: int) -> str:
    """What is said of a status where nobody said more."""
    said = {
        HTTPStatus.BAD_REQUEST: _("The request cannot be read."),
        HTTPStatus.UNAUTHORIZED: _("Send a token that is in use, in the header Authorization."),
        HTTPStatus.FORBIDDEN: _("The token, or the role of its owner, does not allow this."),
        HTTPStatus.NOT_FOUND: _("There is nothing here, or nothing that the owner of the token may see."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address does not take this method."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("The body is too large: send it in several parts."),
        HTTPStatus.TOO_MANY_REQUESTS: _("Too many requests: wait a little."),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Not now: try again in a moment."),
        HTTPStatus.INSUFFICIENT_STORAGE: _("The disk of the server is full."),
    }
    return str(said.get(HTTPStatus(status), _("Something went wrong on our side.")))


def on_exceptions(api: NinjaAPI) -> None:
    """Tell ninja how each exception is answered; what is not here is a fault, and Django's to tell."""
    api.add_exception_handler(Problem, _told)
    api.add_exception_handler(Http404, _because(HTTPStatus.NOT_FOUND))
    api.add_exception_handler(PermissionDenied, _because(HTTPStatus.FORBIDDEN))
    api.add_exception_handler(RequestDataTooBig, _because(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    api.add_exception_handler(HttpError, lambda _request, _error: _malformed([]))
    api.add_exception_handler(ValidationError, lambda _request, error: _malformed(vars(error)["errors"]))


def _told(_request: HttpRequest, problem: Any) -> HttpResponse:
    return answer(problem)


def _because(status: HTTPStatus) -> Any:
    def handler(_request: HttpRequest, _error: Any) -> HttpResponse:
        return answer(Problem(status, usual_detail(status)))

    return handler


def _malformed(errors: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """What pydantic says of each part, in its English: it names what was expected there."""
    found = [
        {"where": ".".join(str(part) for part in error["loc"]), "detail": str(error["msg"])}
        for error in list(errors)[:MOST_ERRORS]
    ]
    detail = _("Part of the request is not as it should be.") if found else _("The body is not JSON.")
    return answer(Problem(HTTPStatus.BAD_REQUEST, detail, errors=found))
