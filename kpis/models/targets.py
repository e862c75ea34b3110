"""Dated targets, phased to the day where they add up."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpis.models.catalogue import Indicator
from kpis.models.facts import Segment
from kpis.models.rights import open_to


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: Any) -> "TargetQuerySet":
        return self.filter(open_to(user, "indicator"))

    def live(self) -> "TargetQuerySet":
        return self.filter(replaced_at=None)


class Target(models.Model):
    """What an indicator should reach over a period, in one segment.

    ``value`` for a level or a sum; ``low`` and ``high`` for an indicator that must stay within bounds.
    A newer target for the same indicator, segment and period replaces the older one, which is kept.
    """

    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="targets", verbose_name=_("indicator")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, related_name="targets", verbose_name=_("segment")
    )
    start = models.DateField(_("from"))
    end = models.DateField(_("to"))
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6, null=True, blank=True)
    low = models.DecimalField(_("lower bound"), max_digits=20, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(_("upper bound"), max_digits=20, decimal_places=6, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["-start", "indicator"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="target_ends_after_start"),
            models.CheckConstraint(
                condition=Q(value__isnull=False, low=None, high=None)
                | Q(value=None, low__isnull=False, high__isnull=False, high__gte=F("low")),
                name="target_is_a_value_or_two_bounds",
            ),
            models.UniqueConstraint(
                fields=["indicator", "segment", "start", "end"],
                condition=Q(replaced_at=None),
                name="target_alive_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.start} – {self.end}"


class TargetDay(models.Model):
    """A day's share of an additive target; the shares sum to it exactly and are frozen with it."""

    pk = models.CompositePrimaryKey("target_id", "date")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="days", db_index=False)
    date = models.DateField()
    value = models.DecimalField(max_digits=20, decimal_places=6)  # as many as the target it is a share of
