"""What follows from allauth's steps: a reset proves the mailbox, and a new password ends what the old one opened.

And what others above are told of: ``told`` asks for a notification, which is theirs to keep.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from django.dispatch import Signal, receiver
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.tokens import made_secrets_end

# person: whom to tell; kind: what of; about: whom or what it is about (a model); url: where it leads.
told = Signal()


@receiver(password_reset)
def address_proven_by_reset(user: User, **_signal: Any) -> None:
    """The link came by mail, and whoever followed it holds the account alone from now on."""
    User.objects.get_queryset().filter(pk=user.pk).update(address_proven_at=timezone.now())
    Invitation.objects.filter(person=user, accepted_at=None).delete()


@receiver([password_reset, password_changed])
def made_secrets_end_with_the_password(user: User, **_signal: Any) -> None:
    """Whoever changes a password may do it because somebody else had it: what that one made ends too."""
    made_secrets_end(user, by=user, at=timezone.now())
