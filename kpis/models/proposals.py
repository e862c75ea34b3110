"""Targets asked for by those who may not set them."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, has_right
from base.models import InWorkflow
from base.workflow.transitions import workflow_constraints
from kpis.models.catalogue import Indicator
from kpis.models.facts import Segment
from kpis.models.rights import open_to
from kpis.models.targets import Target

# By a second person only: ``kpis/proposals.py`` says who.
AGREED = "agreed"
STATES = ("proposed", AGREED, "returned", "withdrawn")


class TargetProposalQuerySet(models.QuerySet["TargetProposal"]):
    def visible_to(self, user: Any) -> "TargetProposalQuerySet":
        """One's own, and all for who may set targets, of the indicators one may read."""
        if not has_right(user, Right.PROPOSE_TARGETS):
            return self.none()
        found = self.filter(open_to(user, "indicator"))
        return found if has_right(user, Right.SET_TARGETS) else found.filter(begun_by=user.pk)

    def waiting(self) -> "TargetProposalQuerySet":
        return self.filter(state="proposed")


class TargetProposal(InWorkflow):
    """A target as somebody proposes it; it counts once another person agreed, as ``target``."""

    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", verbose_name=_("indicator")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, related_name="+", verbose_name=_("segment")
    )
    start = models.DateField(_("from"))
    end = models.DateField(_("to"))
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6, null=True, blank=True)
    low = models.DecimalField(_("lower bound"), max_digits=20, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(_("upper bound"), max_digits=20, decimal_places=6, null=True, blank=True)
    target = models.OneToOneField(Target, on_delete=models.PROTECT, null=True, related_name="proposal")

    objects = TargetProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-begun_at", "-id"]
        constraints = [
            *workflow_constraints("target_proposal", STATES, by_two=[AGREED]),
            models.CheckConstraint(
                condition=Q(state=AGREED, target__isnull=False) | (~Q(state=AGREED) & Q(target=None)),
                name="target_proposal_agreed_is_a_target",
            ),
            models.UniqueConstraint(
                fields=["begun_by", "indicator", "segment", "start", "end", "value", "low", "high"],
                condition=Q(state="proposed"),
                nulls_distinct=False,
                name="target_proposal_waits_once",
            ),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="target_proposal_ends_after_start"),
            models.CheckConstraint(
                condition=Q(value__isnull=False, low=None, high=None)
                | Q(value=None, low__isnull=False, high__isnull=False, high__gte=F("low")),
                name="target_proposal_is_a_value_or_two_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.start} – {self.end}"
