"""Known devices: a signed cookie per person and device, so that strangers' guesses do not lock its owner out.

It opens nothing: whoever brings it has a count of their own at sign-in, no more. It holds for the password and the
address it was made under, and is sent to the pages of sign-in only.
"""

from datetime import timedelta
from typing import Any

from allauth.account import signals
from django.conf import settings
from django.contrib.auth import user_logged_in
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import get_random_string, salted_hmac

from accounts.models import User

_SALT = "accounts.devices"
_LASTS = timedelta(days=180)


def account_name(login: str) -> str:
    """An address as the sign-in looks it up, so that another spelling of it is the same account."""
    return login.strip().lower()


def password_mark(person: User) -> str:
    """Changes with the password or the address of the person, and when an access is closed; tells nothing of them."""
    whole = f"{person.pk}\n{person.email}\n{person.password}\n{person.session_generation}"
    return salted_hmac(_SALT, whole, algorithm="sha256").hexdigest()


def known_device(request: HttpRequest, login: str) -> str:
    """The name of the device when this person has signed in on it before; else empty."""
    cookie = request.COOKIES.get(_cookie(login))
    if not cookie:
        return ""
    try:
        name, mark = signing.loads(cookie, salt=_SALT, max_age=_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    person = User.objects.active().filter(email=account_name(login)).first()
    return str(name) if person is not None and mark == password_mark(person) else ""


def remember_device(request: HttpRequest, user: User, **_: Any) -> None:
    """The person has just proved who they are, all that is asked: the answer will carry the cookie."""
    request.device_of = user  # type: ignore[attr-defined]  # read when the answer leaves


def keep_device(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write the cookie of who signed in during this request, unless they brought one that holds."""
    person = getattr(request, "device_of", None)
    if person is None or known_device(request, person.email):
        return
    response.set_cookie(
        _cookie(person.email),
        signing.dumps((get_random_string(22), password_mark(person)), salt=_SALT),
        max_age=_LASTS,
        path=reverse("account_login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie(login: str) -> str:
    return f"device_{salted_hmac(_SALT, account_name(login), algorithm='sha256').hexdigest()[:16]}"


for _proof in (user_logged_in, signals.password_changed, signals.password_set):
    _proof.connect(remember_device, dispatch_uid="accounts.devices")
