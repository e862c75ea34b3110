"""Tokens for programs: made once, found by their digest, ended for good."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import ApiToken, User

SAME_CLICK = timedelta(minutes=1)
secrets_ended = Signal()  # owner: whose secrets made elsewhere, that need no password, end too


class AlreadyMade(Exception):  # noqa: N818  # an answer to a person, not a fault
    """The form that asks for a token was sent before, and what it made is told no more."""


def token_issue(
    *, owner: User, name: str, scopes: Sequence[str], days: int, at: datetime, once: str = ""
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is told now or never.

    ``once`` names the sheet that asks: however often one clicks, it makes one token, and the last answer, the only one
    a browser shows, still tells its secret. Raises AlreadyMade when the same comes back later.
    """
    asked = [owner.pk, once, name, *sorted(scopes), days]
    secret = f"vigie_{_secret_of(asked) if once else secrets.token_urlsafe(32)}"
    made = ApiToken.objects.filter(digest=_digest(secret)).first()
    if made is not None and (made.revoked_at is not None or at - made.created_at > SAME_CLICK):
        raise AlreadyMade
    return made or _create(owner, name, secret, scopes, days, at), secret


def _create(owner: User, name: str, secret: str, scopes: Sequence[str], days: int, at: datetime) -> ApiToken:
    return ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=_digest(secret),
        beginning=secret[:12],
        scopes=list(scopes),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )


def _secret_of(asked: Sequence[object]) -> str:
    """256 bits that nobody can tell from random ones without the key of the instance."""
    mac = salted_hmac("accounts.tokens", repr(asked), algorithm="sha256")
    return urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def token_of(secret: str, *, at: datetime) -> ApiToken | None:
    """The usable token with this secret. The look-up is by digest, so its time tells nothing of other secrets."""
    return ApiToken.objects.usable(at=at).select_related("owner").filter(digest=_digest(secret)).first()


def made_secrets_end(owner: User, *, by: User | None, at: datetime) -> None:
    """End whatever this person made that lets a program in without a password: tokens, and what other floors keep.

    Where the access closes, or the password or address changes: somebody else may have made it.
    """
    ApiToken.objects.filter(owner=owner).revoke(by=by, at=at)
    secrets_ended.send(ApiToken, owner=owner)


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Keep the day of the last use: one write a day."""
    if token.last_used_on is not None and token.last_used_on >= at.date():
        return
    unused = Q(last_used_on=None) | Q(last_used_on__lt=at.date())
    ApiToken.objects.filter(unused, pk=token.pk).update(last_used_on=at.date())


def bearer_of(request: HttpRequest) -> str | None:
    """What a program sends as its token; None when it sends none, and cookies then count."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
