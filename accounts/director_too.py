"""An administrator who is alone is director too: the one role that takes no second person, because there is none.

Taken and given up by oneself; lost with the administrator's role or the access (``User.put_role``). Once anybody else
was ever known, no page gives it any more: a role of its own for another person takes two.
"""

import logging
from datetime import datetime, timedelta

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.granting import is_the_only_account, lock_company
from accounts.models import Role, User
from accounts.organisation import leading_ends

logger = logging.getLogger(__name__)


def may_become_director_too(person: User) -> bool:
    """Whether it can be taken now; asks the database only of administrators."""
    return person.role == Role.ADMINISTRATOR and not person.is_director_too and is_the_only_account(person)


@transaction.atomic
def director_too_take(*, person: User) -> User:
    """Become director too; somebody added in the same moment is waited for, and then it is refused."""
    lock_company()
    locked = User.objects.get_queryset().select_for_update().get(pk=person.pk)
    if not is_the_only_account(locked):
        raise ValidationError(
            _(
                "You are not the only person here, or were not always: the role of director takes two people now."
            )
        )
    if not locked.is_director_too:
        locked.is_director_too = True
        with pghistory.context(note="alone"):
            locked.save(update_fields=["is_director_too"])
        logger.warning("director_too_taken_alone", extra={"person": locked.email})
    return locked


@transaction.atomic
def director_too_give_up(*, person: User, at: datetime) -> None:
    """Be an administrator only, who leads nobody; there is no way back once somebody else is known."""
    locked = User.objects.get_queryset().select_for_update().get(pk=person.pk)
    if locked.is_director_too:
        locked.is_director_too = False
        locked.save(update_fields=["is_director_too"])
        leading_ends(person=locked, last=localdate(at) - timedelta(days=1))
