"""What is done once the answer has left: letters, whose time would tell who has an account."""

import logging
from collections.abc import Callable

from allauth.core.context import request_context
from django.http import HttpRequest, HttpResponseBase

from accounts.letters import nobody_waits

_log = logging.getLogger(__name__)
type_of_work = Callable[[HttpRequest], None]


def after_answer(request: HttpRequest, work: type_of_work) -> None:
    """Do ``work(request)`` after the answer to this request; a failure is logged, as nobody waits for it."""
    waiting: list[type_of_work] = getattr(request, "waiting_work", [])
    request.waiting_work = [*waiting, work]  # type: ignore[attr-defined]  # read when the answer leaves


def hand_over(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the server do the waiting work when it closes this response, whole with its client."""
    for work in getattr(request, "waiting_work", []):
        response._resource_closers.append(lambda work=work: _do(work, request))  # type: ignore[attr-defined]  # stubs


def _do(work: type_of_work, request: HttpRequest) -> None:
    try:
        with request_context(request), nobody_waits():
            work(request)
    except Exception:
        _log.exception("after_answer_failed")
