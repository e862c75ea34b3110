"""How django-allauth behaves here: no public sign-up, and e-mail in the language of the person it is for."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from accounts.addresses import client_address
from accounts.models import User
from accounts.site import site_link, site_name
from accounts.tries import confirmation_try, password_try

_PROVED = "sign_in_proved"  # key of the session: the person's session hash at the first step of a sign-in


class ResetTokens(PasswordResetTokenGenerator):
    """Django's, which end with the password and the address; closing an access ends them too."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.get_session_auth_hash()}"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """People are invited; nobody signs up alone."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Count the try before the password is looked at, and give it back when it was right."""
        tries = password_try(request, str(credentials.get("email", "")))
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back()
        return user

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Counted for the person signed in: what strangers try at the sign-in page does not stop them here."""
        assert isinstance(user, User)
        tries = confirmation_try(user)
        right = user.check_password(password)
        if right:
            tries.give_back()
        return right

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        person = context.get("user")
        language = person.language if isinstance(person, User) else translation.get_language()
        site = SimpleNamespace(domain=site_name(), name="Vigie")
        with translation.override(language):
            super().send_mail(template_prefix, email, {**context, "current_site": site})

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return site_link(path.replace("UID-KEY", quote(key)))

    def is_safe_url(self, url: Any) -> bool:
        """Whether one may be sent there; an address that cannot be read leads nowhere."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse | None:
        """Remember what the first step of a sign-in proved: it may stop before the second factor."""
        request.session[_PROVED] = user.get_session_auth_hash()
        return super().pre_login(request, user, **details)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, unless the access was closed or the password changed between the steps."""
        if request.session.pop(_PROVED, None) != user.get_session_auth_hash():
            clear_login(request)
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # as above
        return reverse("preferences")


class MFAAdapter(DefaultMFAAdapter):
    def build_totp_svg(self, url: str) -> str:
        """The square to scan, on white whatever the theme: cameras need the contrast."""
        from qrcode.image.svg import SvgPathFillImage
        from qrcode.main import make

        return str(make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user.get_username())
