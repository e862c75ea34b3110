"""Signed links: to set one's first password (valid for some days and one use), and to confirm one's address."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import Invitation, User

_signer = Signer(salt="accounts.invitation")
_addresses = TimestampSigner(salt="accounts.address")
_MAILED = "m"  # the link that only the mailbox and the operator see: whoever follows it holds the address
_SHOWN = "s"  # the one shown to administrators, who could follow it themselves


@transaction.atomic
def invitation_issue(*, person: User, by: User | None, at: datetime) -> Invitation:
    """A new invitation for someone who never accepted one; the link of an earlier one stops working.

    Raises ``ValueError`` when they already did: a forgotten password is reset by its owner.
    """
    invitation = Invitation.objects.select_for_update().filter(person=person).first()
    if person.has_usable_password() or (invitation is not None and invitation.accepted_at is not None):
        raise ValueError(_("This person already has a password and can reset it from the sign-in page."))
    invitation = invitation or Invitation(person=person)
    invitation.nonce, invitation.email = get_random_string(32), person.email
    invitation.sent_by, invitation.sent_at = by, at
    invitation.expires_at = at + timedelta(days=settings.INVITATION_DAYS)
    invitation.save()
    return invitation


def invitation_token(invitation: Invitation, *, mailed: bool = False) -> str:
    """What the link carries. ``mailed`` proves the address: never show that one on a page."""
    return _signer.sign(f"{invitation.pk}-{invitation.nonce}-{_MAILED if mailed else _SHOWN}")


def invitation_of(token: str, *, at: datetime) -> Invitation | None:
    """The open invitation this link carries, or None when it is forged, replaced, used, expired or closed."""
    try:
        pk, nonce, *_way = _signer.unsign(token).split("-")
    except (BadSignature, ValueError):
        return None
    invitation = Invitation.objects.select_related("person").filter(pk=int(pk), nonce=nonce).first()
    return invitation if invitation is not None and invitation.is_open(at=at) else None


def proves_address(token: str) -> bool:
    """Whether a token that ``invitation_of`` took is the one that was mailed."""
    return _signer.unsign(token).endswith(f"-{_MAILED}")


@transaction.atomic
def invitation_accept(
    *, invitation: Invitation, password: str, at: datetime, proven: bool = False
) -> User | None:
    """Set the first password; None when the link was used, or the account changed, a moment before."""
    person = User.objects.get_queryset().select_for_update().get(pk=invitation.person_id)
    locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, nonce=invitation.nonce).first()
    if locked is None:
        return None
    locked.person = person
    if not locked.is_open(at=at):
        return None
    locked.accepted_at = at
    locked.save(update_fields=["accepted_at"])
    person.set_password(password)
    person.address_proven_at = at if proven else None
    person.save(update_fields=["password", "address_proven_at"])
    return person


def address_token(person: User) -> str:
    """What the link mailed to a person carries: it confirms this address of theirs, and no later one."""
    return _addresses.sign(f"{person.pk}-{person.email}")


@transaction.atomic
def address_prove(*, token: str, by: User, at: datetime) -> bool:
    """Note that the signed-in person reads this mailbox; False when the link is another's, old or forged.

    Being signed in matters: the owner of a mailbox must not confirm, by a click, an account another holds.
    """
    try:
        value = _addresses.unsign(token, max_age=timedelta(days=settings.INVITATION_DAYS))
    except BadSignature:
        return False
    person = User.objects.get_queryset().select_for_update().get(pk=by.pk)
    if value != f"{person.pk}-{person.email}":
        return False
    person.address_proven_at = person.address_proven_at or at
    person.save(update_fields=["address_proven_at"])
    return True
