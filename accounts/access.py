"""The access door: which right each role has, and the decorators by which a view says what it asks for.

Deny by default: a view without a policy is an error of ``manage.py check`` (see ``accounts/checks.py``).
Third-party views are given theirs where their URL is declared (``accounts/urls.py``).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts import limits
from accounts.models import ApiToken, Role, Scope, User, UserQuerySet
from accounts.tokens import bearer_of, note_use, token_of
from accounts.tries import wrong_token

type_of_view = Callable[..., HttpResponseBase]


class Right(StrEnum):
    SIGNED_IN = "signed_in"  # any person who may sign in, with or without a role
    VIEW_FIGURES = "view_figures"
    HANDLE_DEVIATIONS = "handle_deviations"
    PROPOSE_TARGETS = "propose_targets"  # they count once somebody who may set them agrees
    SET_TARGETS = "set_targets"
    IMPORT_DATA = "import_data"
    OPEN_RAW_ROWS = "open_raw_rows"  # as they came in a file somebody else gave: they may name customers
    RUN_NIGHT = "run_night"
    SEE_COLLEAGUES = "see_colleagues"  # what those of one's teams and departments share; any role but none
    LEAD_PEOPLE = "lead_people"  # may be somebody's manager: see accounts/relations.py
    LOOK_AFTER_PEOPLE = "look_after_people"  # human resources
    VIEW_PEOPLE = "view_people"  # the list of people, of which each sees those their relations open
    MANAGE_PEOPLE = "manage_people"
    APPROVE_ROLES = "approve_roles"  # the second person for a role that opens people's records
    MANAGE_SETTINGS = "manage_settings"
    EDIT_CALENDAR = "edit_calendar"  # the company's settings and the events its figures are judged by
    VIEW_DESIGN = "view_design"  # the page of components, for those who extend or look after the product


_READER = frozenset({Right.SIGNED_IN, Right.SEE_COLLEAGUES, Right.VIEW_FIGURES})
_LEADER = frozenset({Right.LEAD_PEOPLE, Right.VIEW_PEOPLE})
_FIGURES = _READER | {
    Right.HANDLE_DEVIATIONS,
    Right.PROPOSE_TARGETS,
    Right.SET_TARGETS,
    Right.IMPORT_DATA,
    Right.RUN_NIGHT,
}
RIGHTS: dict[str, frozenset[Right]] = {
    Role.NONE: frozenset({Right.SIGNED_IN}),
    Role.DIRECTOR: _FIGURES | _LEADER | {Right.OPEN_RAW_ROWS, Right.APPROVE_ROLES},
    Role.TOP_MANAGEMENT: _READER | _LEADER,
    Role.MANAGER: _READER | _LEADER | {Right.HANDLE_DEVIATIONS, Right.PROPOSE_TARGETS},
    Role.MEMBER: _READER | {Right.PROPOSE_TARGETS},
    Role.HR: _READER | {Right.LOOK_AFTER_PEOPLE, Right.VIEW_PEOPLE},
    Role.CONTRIBUTOR: _READER,
    Role.ANALYST: _FIGURES | {Right.EDIT_CALENDAR, Right.VIEW_DESIGN},
    Role.ADMINISTRATOR: _READER
    | {
        Right.IMPORT_DATA,
        Right.OPEN_RAW_ROWS,
        Right.RUN_NIGHT,
        Right.VIEW_PEOPLE,
        Right.MANAGE_PEOPLE,
        Right.APPROVE_ROLES,
        Right.MANAGE_SETTINGS,
        Right.EDIT_CALENDAR,
        Right.VIEW_DESIGN,
    },
}

# Roles by which one reads what is written about others: human resources all of it, a director and a manager of those
# they appraise, top management of the director.
ROLES_OPENING_RECORDS: frozenset[str] = frozenset({Role.HR, Role.DIRECTOR, Role.MANAGER, Role.TOP_MANAGEMENT})
# One person asks for these and another grants them: they open records, or their holder is such a second person.
ROLES_TAKING_TWO: frozenset[str] = ROLES_OPENING_RECORDS | {
    role for role, rights in RIGHTS.items() if Right.APPROVE_ROLES in rights
}
# What the only account there is may give alone, so that a company can begin: none that opens records of others yet.
ROLES_GIVEN_ALONE: frozenset[str] = frozenset({Role.DIRECTOR, Role.ADMINISTRATOR})
# Those who may lead a team, and so appraise it: had by two people, whoever names the lead.
ROLES_LEADING: frozenset[str] = frozenset(
    role for role, rights in RIGHTS.items() if Right.LEAD_PEOPLE in rights
)


# What a token of a scope may use of its owner's rights, and no more.
SCOPES: dict[str, frozenset[Right]] = {
    Scope.FIGURES_READ: frozenset({Right.VIEW_FIGURES}),
    Scope.TARGETS_WRITE: frozenset({Right.PROPOSE_TARGETS, Right.SET_TARGETS}),
    Scope.FACTS_WRITE: frozenset({Right.IMPORT_DATA}),
}


class Policy(NamedTuple):
    """What a view asks for; ``None`` is open to anybody. ``scope`` lets programs in that have a token of it, and
    ``write_scope`` those that write, where that takes another.
    """

    read: Right | None
    write: Right | None
    scope: Scope | None = None
    write_scope: Scope | None = None

    def right_for(self, method: str | None) -> Right | None:
        return self.read if method in ("GET", "HEAD") else self.write

    def scope_for(self, method: str | None) -> Scope | None:
        return self.scope if method in ("GET", "HEAD") else self.write_scope or self.scope


PUBLIC = Policy(read=None, write=None)


def rights_of(user: Any) -> frozenset[Right]:
    """The rights that what a signed-in, active person is carries; none for anybody else."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return RIGHTS[user.role] | (RIGHTS[Role.DIRECTOR] if user.is_director_too else frozenset())


def has_right(user: Any, right: Right) -> bool:
    """True when a signed-in, active person's role carries the right."""
    return right in rights_of(user)


def people_with(*needed: str) -> UserQuerySet:
    """The active people whose role carries every right needed, e.g. those a deviation may be given to."""
    roles = [role for role, rights in RIGHTS.items() if rights.issuperset(needed)]
    both = RIGHTS[Role.ADMINISTRATOR] | RIGHTS[Role.DIRECTOR]
    as_both = Q(is_director_too=True) if both.issuperset(needed) else Q()
    return User.objects.active().filter(Q(role__in=roles) | as_both)


def policy_of(view: Any) -> Policy | None:
    """The policy a URL callback declares, if it declares one."""
    policy = getattr(view, "policy", None)
    return policy if isinstance(policy, Policy) else None


def may_open(user: Any, policy: Policy | None) -> bool:
    """Whether this person may GET what has this policy: what navigation shows is what the door lets through."""
    return policy is not None and (policy.read is None or has_right(user, policy.read))


# The methods of forms and links. Whatever a page declares is among them; a view that declares nothing takes no other.
_METHODS = ("GET", "HEAD", "POST")


def public(view: type_of_view) -> type_of_view:
    """Open to anybody, signed in or not."""
    return _open(require_http_methods(_METHODS)(view))


def _open(view: type_of_view) -> type_of_view:
    view.policy = PUBLIC  # type: ignore[attr-defined]  # functions carry attributes at run time
    view.login_required = False  # type: ignore[attr-defined]  # read by Django's LoginRequiredMiddleware
    return view


def for_programs(setting: str) -> Callable[[type_of_view], type_of_view]:
    """Open to the program that sends the bearer token kept in that setting; to anybody else it does not exist.

    Nor does it for anybody while the setting is empty. No person's role opens it.
    """

    def decorate(view: type_of_view) -> type_of_view:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            token = getattr(settings, setting)
            scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
            if not token or scheme.lower() != "bearer" or not constant_time_compare(given.strip(), token):
                if given:
                    wrong_token(request)
                raise Http404
            return view(request, *args, **kwargs)

        return _open(checked)

    return decorate


def requires(
    read: Right, write: Right | None = None, *, scope: Scope | None = None
) -> Callable[[type_of_view], type_of_view]:
    """Ask for ``read`` on GET and HEAD, and for ``write`` (else ``read``) on every other method.

    An anonymous person is sent to sign in; a signed-in one without the right gets 403. A program with a bearer token
    is let in where there is a ``scope``: cookies do not count then, 401 says that the token is worth nothing, 403 that
    it, or its owner's role as it is now, does not carry the right.
    """
    policy = Policy(read=read, write=write or read, scope=scope)

    def decorate(view: type_of_view) -> type_of_view:
        @require_http_methods(_METHODS)
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if bearer_of(request) is not None:
                return _answer_program(request, policy) or view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return to_sign_in(request)
            needed = policy.right_for(request.method)
            if needed is None or not has_right(request.user, needed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.policy = policy  # type: ignore[attr-defined]  # as above
        checked.login_required = True  # type: ignore[attr-defined]  # wraps() may have copied a False
        return checked

    return decorate


def _answer_program(request: HttpRequest, policy: Policy) -> HttpResponseBase | None:
    """None where the program is let in."""
    try:
        enter_with_token(request, policy)
    except TokenRefused as refused:
        return JsonResponse({"error": refused.error}, status=refused.status, headers=dict(refused.headers))
    return None


class TokenRefused(Exception):  # noqa: N818  # an answer to a program, not a fault
    """Why a program is not let in: a status, with the headers that go with it."""

    def __init__(self, status: HTTPStatus, error: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.headers = status, error, headers or {}


def enter_with_token(request: HttpRequest, policy: Policy) -> None:
    """Make the owner of the token sent the user of this request: the one door of programs, pages and API alike.

    Cookies never count. Raises TokenRefused: 401 without a token that is in use, 429 past what one may ask, or past
    the wrong ones that one may send, 403 where it, or its owner's role as it is now, does not carry the right.
    """
    at = timezone.now()
    try:
        token = _token_sent(request, at)
        limits.take((limits.REQUESTS, str(token.pk)), at=at)
    except limits.TooManyTries as many:
        wait = max(1, round((many.until - at).total_seconds()))
        told = {"Retry-After": str(wait)}
        raise TokenRefused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", told) from None
    needed, scope = policy.right_for(request.method), policy.scope_for(request.method)
    carries = scope in token.scopes and needed in SCOPES[str(scope)]
    if needed is None or not carries or not has_right(token.owner, needed):
        raise TokenRefused(HTTPStatus.FORBIDDEN, "insufficient_scope")
    request.user = token.owner
    note_use(token, at=at)


def _token_sent(request: HttpRequest, at: datetime) -> ApiToken:
    """The token of the request. A wrong one is counted: raises TooManyTries past the limit of its address."""
    given = bearer_of(request)
    found = token_of(given, at=at) if given else None
    if found is not None:
        return found
    if given:
        wrong_token(request)
    told = "Bearer" if given is None else 'Bearer error="invalid_token"'
    raise TokenRefused(HTTPStatus.UNAUTHORIZED, "invalid_token", {"WWW-Authenticate": told})


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send to the sign-in page and back; a fragment asked by htmx makes its page reload."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(redirect_to_login(_page_of(request)).url)
    return redirect_to_login(request.get_full_path())


def _page_of(request: HttpRequest) -> str:
    """The path of the page a fragment was asked from, so that one comes back to a page, not to a fragment."""
    details = getattr(request, "htmx", None)
    return (details.current_url_abs_path if details else None) or "/"
