"""Invitations, requests for roles that take two people, and who had a hand in whose account."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models.approval_requests import (
    ApprovalRequest,
    ApprovalRequestQuerySet,
    State,
    granted_by_another,
    state_is_known,
)
from accounts.models.people import Role, User


class Invitation(models.Model):
    """The open invitation of a person to set their first password. The link carries ``nonce``, signed."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="invitation")
    email = models.EmailField(_("e-mail"))  # where it was sent; it opens nothing once the person's is another
    nonce = models.CharField(max_length=32)
    sent_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sent_invitations", verbose_name=_("sent by")
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("sent_at")),
                name="invitation_expires_after_sending",
            )
        ]

    def __str__(self) -> str:
        return str(self.person)

    def is_open(self, *, at: datetime) -> bool:
        """Whether it can still be accepted: a password, however it came, closes it."""
        return (
            self.accepted_at is None
            and at < self.expires_at
            and self.person.is_active
            and self.email == self.person.email
            and not self.person.has_usable_password()
        )


class AccessActQuerySet(models.QuerySet["AccessAct"]):
    def alone(self) -> "AccessActQuerySet":
        """What one person did without a second one, since the account was last vouched for."""
        vouching = AccessAct.objects.filter(person=models.OuterRef("person"), kind__in=AccessAct.VOUCHING)
        last = models.Subquery(vouching.order_by("-id").values("id")[:1])
        acts = self.exclude(kind__in=AccessAct.VOUCHING).annotate(vouched=Coalesce(last, 0))
        return acts.filter(id__gt=models.F("vouched"))


class AccessAct(models.Model):
    """What somebody did about another's account that decides who holds it, or by which it was vouched for.

    ``operator`` is the first start or a command, and has no ``by``.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        ADDRESS = "address", _("address changed")
        ROLE = "role", _("role changed")
        REOPENED = "reopened", _("let in again")
        GRANTED = "granted", _("role granted by a second person")
        OPERATOR = "operator", _("vouched for by the operator")

    VOUCHING = (Kind.GRANTED, Kind.OPERATOR)

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_acts")
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()

    objects = AccessActQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["added", "address", "role", "reopened", "granted", "operator"]),
                name="access_act_kind_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(by__isnull=True) | ~models.Q(by=models.F("person")),
                name="access_act_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"


class RoleRequest(ApprovalRequest):
    """A role that takes two people: asked by one, granted or refused by another."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="role_requests", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    email = models.EmailField(_("e-mail"))  # the person's when it was asked: what the second person is shown

    objects = ApprovalRequestQuerySet["RoleRequest"].as_manager()

    class Meta(ApprovalRequest.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="role_request_role_is_known"
            ),
            state_is_known("role_request_state_is_known"),
            granted_by_another("requested_by", "person", name="role_request_granted_by_a_second_person"),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(state=State.PENDING),
                name="role_request_one_pending_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.get_role_display()}"
