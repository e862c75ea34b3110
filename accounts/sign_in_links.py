"""Signing in by a link sent to one's own address: once, for half an hour, with the second factor still to come.

For whom strangers' guesses have locked out. Whoever reads those letters can reset the password as well: the link
opens no more than that. A new one leaves the earlier ones open, so that nobody can void a link by asking for another.
"""

import hashlib
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.crypto import get_random_string

from accounts.devices import account_name, password_mark
from accounts.limits import LETTER_TIME
from accounts.models import SignInLink, User

_SALT = "accounts.sign_in_links"


def link_owner(email: str) -> User | None:
    """Whom a link may be sent to: an active person who has set a password."""
    person = User.objects.active().filter(email=account_name(email)).first()
    return person if person is not None and person.has_usable_password() else None


def link_issue(*, person: User, at: datetime) -> str:
    """The token of a new link."""
    nonce = get_random_string(32)
    link = SignInLink.objects.create(
        person=person, nonce_hash=_hash(nonce), sent_at=at, expires_at=at + LETTER_TIME
    )
    return signing.dumps((link.pk, nonce, password_mark(person)), salt=_SALT)


def link_of(token: str, *, at: datetime) -> SignInLink | None:
    """The open link of this token; None when it is forged, used, too old, or of another password or address."""
    try:
        pk, nonce, mark = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    links = SignInLink.objects.select_related("person").filter(person__is_active=True)
    link = links.filter(pk=pk, nonce_hash=_hash(nonce), used_at=None, expires_at__gt=at).first()
    return link if link is not None and mark == password_mark(link.person) else None


@transaction.atomic
def link_use(*, link: SignInLink, at: datetime) -> bool:
    """Use it up, with the person's other ones; False when somebody was faster."""
    used = SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=at)
    if used:
        SignInLink.objects.filter(person=link.person, used_at=None).update(used_at=at)
    return bool(used)


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
