"""What takes two people: one asks, another answers. The columns, states and constraints every such request has."""

from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User

Row = TypeVar("Row", bound=models.Model)


class State(models.TextChoices):
    PENDING = "pending", _("Waiting for a second person")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ADDRESS_CHANGED = "address_changed", _("Void: the address changed")
    ACCESS_CLOSED = "access_closed", _("Void: an access was closed")
    GONE = "gone", _("Void: what it was about is gone")


class ApprovalRequestQuerySet(models.QuerySet[Row]):
    def pending(self) -> Self:
        return self.filter(state=State.PENDING)

    def visible_to(self, user: Any) -> Self:
        """All of them for who may be a second person."""
        from accounts.access import Right, has_right  # it reads these models

        return self.all() if has_right(user, Right.APPROVE_ROLES) else self.none()


class ApprovalRequest(models.Model):
    """``decided_by`` is nobody for what the operator's commands withdrew."""

    State: ClassVar = State

    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PENDING)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-requested_at", "-id"]


def state_is_known(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(state__in=State.values), name=name)


def granted_by_another(*concerned: str, name: str) -> models.CheckConstraint:
    """Whoever grants is none of the ``concerned`` (columns)."""
    another = Q(decided_by__isnull=False)
    for column in concerned:
        another &= ~Q(decided_by=F(column))
    return models.CheckConstraint(condition=~Q(state=State.GRANTED) | another, name=name)
