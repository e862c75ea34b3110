"""What happens before any view: sign-in as a backstop, the person's language, and their second factor."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.access import PUBLIC, policy_of, to_sign_in
from accounts.after_answer import hand_over
from accounts.devices import keep_device
from accounts.limits import TooManyTries
from accounts.tokens import bearer_of
from accounts.views.sign_in import too_many_tries


class TokenMiddleware:
    """A request with a bearer token is a program's: no cookie counts, so no other site can forge it. Before sessions.

    Who it is, ``accounts.access.requires`` finds out where a view takes tokens; it is nobody elsewhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if bearer_of(request) is not None:
            request.COOKIES = {}
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        policy = policy_of(view)
        if bearer_of(request) is not None and policy is not None and policy.scope is not None:
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # what Django's own checks read
        return None


class SignInMiddleware(LoginRequiredMiddleware):
    """Backstop behind the decorators of ``accounts.access``: what is not declared public asks to sign in."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if bearer_of(request) is not None and policy_of(view_func) not in (None, PUBLIC):
            return None  # the decorator answers programs, in words for programs
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # Django's stub promises a redirect; htmx needs a header
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],  # noqa: ARG002  # Django's signature
    ) -> HttpResponseBase:
        return to_sign_in(request)


class PersonLocaleMiddleware(LocaleMiddleware):
    """The language a signed-in person chose; for anybody else, the cookie, then the browser."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()


class TriesMiddleware:
    """Answers a try past a limit, makes a device known, and lets letters leave after the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        keep_device(request, response)
        hand_over(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_many_tries(request, exception) if isinstance(exception, TooManyTries) else None


class SecondFactorMiddleware:
    """With MFA_REQUIRED, a person without a second factor is sent to set one up before anything else."""

    # What one needs on the way: proving one's password again, the app, its codes, and the way out.
    ON_THE_WAY = frozenset(
        {
            "account_reauthenticate",
            "mfa_activate_totp",
            "mfa_view_recovery_codes",
            "mfa_download_recovery_codes",
            "set_language",
        }
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        if (
            not settings.MFA_REQUIRED
            or not request.user.is_authenticated
            or self._is_on_the_way(request, view)
        ):
            return None
        if is_mfa_enabled(request.user):
            return None
        messages.warning(request, _("Your company asks for a second factor. Set yours up to go on."))
        return redirect("mfa_activate_totp")

    def _is_on_the_way(self, request: HttpRequest, view: Callable[..., Any]) -> bool:
        match = request.resolver_match
        return policy_of(view) == PUBLIC or (match is not None and match.url_name in self.ON_THE_WAY)
