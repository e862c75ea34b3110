"""What those who grant roles are told when one of them goes: ``accounts`` asks for it, and writes its own letters."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.access import Right
from accounts.models import User
from base.notify.kinds import Kind
from base.notify.tell import tell

APPROVER_GONE = Kind(
    "approver_gone",
    _("Somebody no longer grants roles with you"),
    gettext_noop("%(name)s no longer grants roles and changes with you."),
    page="role_request_list",
    right=Right.APPROVE_ROLES,
    usual="never",  # a letter of its own goes out
)


def tell_approver(person: User, kind: str, about: User, **_signal: Any) -> None:
    """The receiver of ``accounts.signals.told``."""
    now = timezone.now()
    tell(APPROVER_GONE, [person], key=f"{kind}:{about.pk}:{now.isoformat()}", at=now, name=str(about))
