"""Inviting a person: a signed link, valid for some days and one use, to set their first password."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import Invitation, User

_signer = Signer(salt="accounts.invitation")


@transaction.atomic
def invitation_issue(*, person: User, by: User | None, at: datetime) -> Invitation:
    """A new invitation for someone who never accepted one; the link of an earlier one stops working.

    Raises ``ValueError`` when they already did: a forgotten password is reset by its owner.
    """
    invitation = Invitation.objects.select_for_update().filter(person=person).first()
    if person.has_usable_password() or (invitation is not None and invitation.accepted_at is not None):
        raise ValueError(_("This person already has a password and can reset it from the sign-in page."))
    invitation = invitation or Invitation(person=person)
    invitation.nonce = get_random_string(32)
    invitation.sent_by, invitation.sent_at = by, at
    invitation.expires_at = at + timedelta(days=settings.INVITATION_DAYS)
    invitation.save()
    return invitation


def invitation_token(invitation: Invitation) -> str:
    return _signer.sign(f"{invitation.pk}-{invitation.nonce}")


def invitation_of(token: str, *, at: datetime) -> Invitation | None:
    """The open invitation this link carries, or None when it is forged, replaced, used, expired or closed."""
    try:
        pk, _dash, nonce = _signer.unsign(token).partition("-")
    except BadSignature:
        return None
    invitation = Invitation.objects.select_related("person").filter(pk=int(pk), nonce=nonce).first()
    usable = invitation is not None and invitation.is_open(at=at) and invitation.person.is_active
    return invitation if usable else None


@transaction.atomic
def invitation_accept(*, invitation: Invitation, password: str, at: datetime) -> User | None:
    """Set the first password; None when the link was used a moment before."""
    locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, nonce=invitation.nonce).first()
    if locked is None or not locked.is_open(at=at):
        return None
    locked.accepted_at = at
    locked.save(update_fields=["accepted_at"])
    person = invitation.person
    person.set_password(password)
    person.save(update_fields=["password"])
    return person
