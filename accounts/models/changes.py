"""Changes of the organisation that wait for a second person, because they open people's records to new readers."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.granting import RoleRequest
from accounts.models.people import User

State = RoleRequest.State


class OrganisationRequestQuerySet(models.QuerySet["OrganisationRequest"]):
    def pending(self) -> "OrganisationRequestQuerySet":
        return self.filter(state=State.PENDING)

    def reading(self, reader: User) -> "OrganisationRequestQuerySet":
        """Those that would open somebody's records to this person."""
        return self.filter(opens__contains=[{"reader": reader.pk}])

    def visible_to(self, user: Any) -> "OrganisationRequestQuerySet":
        """All of them for who may be a second person."""
        from accounts.access import Right, has_right  # it reads these models

        return self.all() if has_right(user, Right.APPROVE_ROLES) else self.none()


class OrganisationRequest(models.Model):
    """A change of who works where or answers for whom: asked by one, made once another grants it.

    ``change`` and ``arguments`` say which (``accounts/changes.py``). ``opens`` is what the second person is shown: each
    new reader with the address they had when it was asked, and the people whose records they would read.
    """

    change = models.CharField(max_length=30)
    arguments = models.JSONField()
    opens = models.JSONField()  # [{"reader": id, "email": …, "people": [id, …]}, …]
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PENDING)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = OrganisationRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "pending",
                        "granted",
                        "refused",
                        "withdrawn",
                        "address_changed",
                        "access_closed",
                    ]
                ),
                name="organisation_request_state_is_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="granted")
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("requested_by"))),
                name="organisation_request_granted_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["change", "arguments", "requested_by"],
                condition=models.Q(state="pending"),
                name="organisation_request_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return self.change

    def pairs(self) -> frozenset[tuple[int, int]]:
        return frozenset((opened["reader"], person) for opened in self.opens for person in opened["people"])
