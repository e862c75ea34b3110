"""The door of every operation: which right and scope it takes, who asks, how much, and what they read and send."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from ninja.operation import Operation

from accounts.access import Policy, Right, TokenRefused, enter_with_token
from accounts.models import Scope
from api.problems import PROBLEM_JSON, Problem, answer, usual_detail

type_of_view = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=Callable[..., Any])
JSON = "application/json"
LARGEST_BODY = 2_500_000  # bytes


class Need(NamedTuple):
    """What one operation takes of whoever asks, and what the token must carry."""

    right: Right
    scope: Scope


def needs(right: Right, scope: Scope) -> Callable[[V], V]:
    """The policy of an operation. One without is an error of ``manage.py check``, as of any view."""

    def decorate(operation: V) -> V:
        operation.needs = Need(right, scope)  # type: ignore[attr-defined]  # functions carry attributes at run time
        return operation

    return decorate


def need_of(operation: Operation) -> Need | None:
    found = getattr(operation.view_func, "needs", None)
    return found if isinstance(found, Need) else None


def policy_of_operations(operations: Sequence[Operation]) -> Policy | None:
    """What the operations of one address take: one that reads, one that writes, or either; None when one says none."""
    found = {method: need_of(operation) for operation in operations for method in operation.methods}
    reading, writing = found.get("GET"), next((need for m, need in found.items() if m != "GET"), None)
    if None in found.values() or not found:
        return None
    reading, writing = reading or writing, writing or reading
    assert reading is not None and writing is not None  # noqa: PT018  # one of both is there
    return Policy(read=reading.right, write=writing.right, scope=reading.scope, write_scope=writing.scope)


def door(view: type_of_view, operations: Sequence[Operation]) -> type_of_view:
    """The view of an address, behind the policy of its operations; unchanged, and refused by the check, without one."""
    policy = policy_of_operations(operations)
    if policy is None:
        return view
    by_method = {method: operation for operation in operations for method in operation.methods}
    methods = [*by_method, *(["HEAD"] if "GET" in by_method else [])]

    @require_http_methods(methods)
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _let_in(request, policy)
            with _as_get(request):
                _check_form(request, by_method[str(request.method)])
                return view(request, *args, **kwargs)
        except Problem as problem:
            return answer(problem)

    checked.policy = policy  # type: ignore[attr-defined]  # as above
    checked.login_required = False  # type: ignore[attr-defined]  # no page to sign in on: 401 says so
    return checked


def _let_in(request: HttpRequest, policy: Policy) -> None:
    """Make the token's owner the user of this request. Cookies never count: who sends no token is nobody."""
    try:
        enter_with_token(request, policy)
    except TokenRefused as refused:
        raise Problem(refused.status, usual_detail(refused.status), headers=refused.headers) from None


@contextmanager
def _as_get(request: HttpRequest) -> Iterator[None]:
    """HEAD is answered as GET is; the server leaves its body out."""
    method = request.method
    request.method = "GET" if method == "HEAD" else method
    try:
        yield
    finally:
        request.method = method


def _check_form(request: HttpRequest, operation: Operation) -> None:
    """Raises Problem for what no operation could read, or would read otherwise than it was meant."""
    if not (request.accepts(JSON) or request.accepts(PROBLEM_JSON)):
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, _("Answers are in JSON: accept application/json."))
    if any(model.__ninja_param_source__ == "body" for model in operation.models):
        _check_body(request)
    errors = list(_wrong_names(request, _parameters(operation)))
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("Part of the request is not as it should be."), errors=errors)


def _check_body(request: HttpRequest) -> None:
    if request.content_type != JSON:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("Send JSON, and say so in the header Content-Type.")
        )
    size = str(request.META.get("CONTENT_LENGTH") or "")
    if size.isdecimal() and int(size) > LARGEST_BODY:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, usual_detail(413))


def _parameters(operation: Operation) -> Mapping[str, bool]:
    """The names an operation takes after the “?”, each with whether it may be given several times."""
    return {
        name: name in model.__ninja_collection_fields__
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }


def _wrong_names(request: HttpRequest, known: Mapping[str, bool]) -> Iterator[dict[str, str]]:
    """A name mistyped would be left out in silence, and one given twice say two things."""
    for name, values in request.GET.lists():
        if name not in known:
            yield {"where": f"query.{name[:80]}", "detail": _("There is no such parameter.")}
        elif len(values) > 1 and not known[name]:
            yield {"where": f"query.{name}", "detail": _("It is given twice.")}
