"""The access door: which right each role has, and the decorators by which a view says what it asks for.

Deny by default: a view without a policy stops the start of the server (see ``accounts/checks.py``).
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Role, User

type_of_view = Callable[..., HttpResponseBase]


class Right(StrEnum):
    SIGNED_IN = "signed_in"  # any person who may sign in, with or without a role
    VIEW_FIGURES = "view_figures"
    HANDLE_DEVIATIONS = "handle_deviations"
    SET_TARGETS = "set_targets"
    IMPORT_DATA = "import_data"
    RUN_NIGHT = "run_night"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_SETTINGS = "manage_settings"


_READER = frozenset({Right.SIGNED_IN, Right.VIEW_FIGURES})
RIGHTS: dict[str, frozenset[Right]] = {
    Role.NONE: frozenset({Right.SIGNED_IN}),
    Role.DIRECTOR: _READER | {Right.HANDLE_DEVIATIONS, Right.SET_TARGETS, Right.IMPORT_DATA, Right.RUN_NIGHT},
    Role.TOP_MANAGEMENT: _READER,
    Role.MANAGER: _READER | {Right.HANDLE_DEVIATIONS},
    Role.MEMBER: _READER,
    Role.HR: _READER,
    Role.CONTRIBUTOR: _READER,
    Role.ANALYST: _READER | {Right.HANDLE_DEVIATIONS, Right.SET_TARGETS, Right.IMPORT_DATA, Right.RUN_NIGHT},
    Role.ADMINISTRATOR: frozenset(
        {
            Right.SIGNED_IN,
            Right.VIEW_FIGURES,
            Right.IMPORT_DATA,
            Right.RUN_NIGHT,
            Right.MANAGE_PEOPLE,
            Right.MANAGE_SETTINGS,
        }
    ),
}


def has_right(user: Any, right: Right) -> bool:
    """True when a signed-in, active person's role carries the right."""
    return isinstance(user, User) and user.is_active and right in RIGHTS[user.role]


def public(view: type_of_view) -> type_of_view:
    """Open to anybody, signed in or not."""
    view.policy = "public"  # type: ignore[attr-defined]  # functions carry attributes at run time
    view.login_required = False  # type: ignore[attr-defined]  # read by Django's LoginRequiredMiddleware
    return view


def requires(read: Right, write: Right | None = None) -> Callable[[type_of_view], type_of_view]:
    """Ask for ``read`` on GET and HEAD, and for ``write`` (else ``read``) on every other method.

    An anonymous person is sent to sign in; a signed-in one without the right gets 403.
    """

    def decorate(view: type_of_view) -> type_of_view:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            needed = read if request.method in ("GET", "HEAD") else (write or read)
            if not has_right(request.user, needed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.policy = (read, write or read)  # type: ignore[attr-defined]  # as above
        return checked

    return decorate
