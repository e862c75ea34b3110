"""Changes of the organisation that wait for a second person, because they open people's records to new readers."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models.approval_requests import (
    ApprovalRequest,
    ApprovalRequestQuerySet,
    State,
    granted_by_another,
    state_is_known,
)
from accounts.models.people import User


class OrganisationRequestQuerySet(ApprovalRequestQuerySet["OrganisationRequest"]):
    def reading(self, reader: User) -> Self:
        """Those that would open somebody's records to this person."""
        return self.filter(opens__contains=[{"reader": reader.pk}])


class OrganisationRequest(ApprovalRequest):
    """A change of who works where or answers for whom: asked by one, made once another grants it.

    ``change`` and ``arguments`` say which (``accounts/changes.py``), ``names`` what its rows were called when it was
    asked: some are gone by the time somebody reads of it. ``opens`` is what the second person is shown: each new
    reader with the address they had when it was asked, and the people whose records they would read.
    """

    change = models.CharField(max_length=30)
    arguments = models.JSONField()
    names = models.JSONField(default=dict)  # {argument: name}
    opens = models.JSONField()  # [{"reader": id, "email": …, "people": [id, …]}, …]

    objects = OrganisationRequestQuerySet.as_manager()

    class Meta(ApprovalRequest.Meta):
        constraints = [
            state_is_known("organisation_request_state_is_known"),
            granted_by_another("requested_by", name="organisation_request_granted_by_a_second_person"),
            models.UniqueConstraint(
                fields=["change", "arguments", "requested_by"],
                condition=Q(state=State.PENDING),
                name="organisation_request_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return self.change

    def pairs(self) -> frozenset[tuple[int, int]]:
        return frozenset((opened["reader"], person) for opened in self.opens for person in opened["people"])
