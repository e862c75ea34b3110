"""Flagged deviations: episodes that open when a rule breaks and close when the figure is back in range."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from base.models import Handled
from kpis.models.catalogue import Indicator
from kpis.models.facts import Segment
from kpis.models.rights import closed_to, open_to


class DeviationState(models.TextChoices):
    OPEN = "open", _("open")
    SNOOZED = "snoozed", _("snoozed")
    CLOSED = "closed", _("closed")


class Severity(models.TextChoices):
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class DeviationQuerySet(models.QuerySet["Deviation"]):
    def visible_to(self, user: Any) -> "DeviationQuerySet":
        return self.filter(open_to(user, "indicator"))

    def live(self) -> "DeviationQuerySet":
        return self.filter(view=None)

    def seen_from(self, as_of: date) -> "DeviationQuerySet":
        """The episodes of the historical view of that day."""
        return self.filter(view=as_of)

    def leads(self) -> "DeviationQuerySet":
        """One a line: the episodes that lead an incident, without their companions."""
        return self.filter(part_of=None)

    def leads_for(self, reader: Any) -> "DeviationQuerySet":
        """Those that lead as far as the reader may know: under a lead closed to them, each stands for itself."""
        return self.visible_to(reader).filter(Q(part_of=None) | closed_to(reader, "part_of__indicator"))

    def begun_on(self, day: date) -> "DeviationQuerySet":
        """Of leads, those whose incident began that day: not those that only go on under another lead."""
        return self.filter(opened_on=day).exclude(companions__opened_on__lt=day)

    def of(self, user: Any, reader: Any) -> "DeviationQuerySet":
        """What somebody takes care of, or some part of it that the reader may see."""
        theirs = Deviation.objects.visible_to(reader).filter(owner=user).exclude(part_of=None)
        return self.filter(Q(owner=user) | Q(pk__in=theirs.values("part_of")))

    def with_more(self, reader: Any) -> "DeviationQuerySet":
        """Annotated with ``more``, the number of companions the reader may see: asked of each row, so that none has to
        be grouped.
        """
        seen = Deviation.objects.visible_to(reader).filter(part_of=OuterRef("pk"))
        companions = seen.order_by().values("part_of")
        return self.annotate(more=Coalesce(Subquery(companions.values(n=models.Count("pk"))), 0))

    def of_incident(self, deviation: "Deviation") -> "DeviationQuerySet":
        """Every episode of the incident that one belongs to."""
        lead = deviation.part_of_id or deviation.pk
        return self.filter(Q(pk=lead) | Q(part_of=lead))

    def open(self) -> "DeviationQuerySet":
        return self.filter(state=DeviationState.OPEN)

    def standing(self, indicator: Indicator) -> "DeviationQuerySet":
        """The live episodes of an indicator that are not closed, ranked."""
        found = self.live().filter(indicator=indicator).exclude(state=DeviationState.CLOSED)
        return found.select_related("segment", "indicator").ranked()

    def ranked(self) -> "DeviationQuerySet":
        """Most money at stake first; without a path to money, the larger relative gap first."""
        return self.order_by(
            F("at_stake").desc(nulls_last=True), F("weight").desc(nulls_last=True), "-start", "id"
        )


class Deviation(Handled):
    """An episode keyed by indicator, segment, rule, grain and period; ``view`` is null for the live ones."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="deviations")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="deviations")
    # The episode that leads the incident this one is part of; null for those that lead, or stand alone.
    part_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="companions"
    )
    rule = models.CharField(max_length=30)
    grain = models.CharField(max_length=10)
    start = models.DateField()
    end = models.DateField()
    view = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=DeviationState, default=DeviationState.OPEN)
    severity = models.CharField(max_length=10, choices=Severity)
    value = models.FloatField(null=True)
    reference = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    gap = models.FloatField(null=True)
    gap_relative = models.FloatField(null=True)
    money = models.FloatField(null=True)
    # |money| and |relative gap|: what the list is ranked by.
    at_stake = models.GeneratedField(
        expression=models.Func(F("money"), function="ABS"), output_field=models.FloatField(), db_persist=True
    )
    weight = models.GeneratedField(
        expression=models.Func(F("gap_relative"), function="ABS"),
        output_field=models.FloatField(),
        db_persist=True,
    )
    # What the night can say in figures: the orders that weigh most, and the rule's own numbers.
    evidence = models.JSONField(default=dict)
    opened_on = models.DateField()
    updated_on = models.DateField()
    closed_on = models.DateField(null=True)
    frozen = models.BooleanField(default=False)
    SNOOZED: ClassVar[dict[str, Any]] = {"state": DeviationState.SNOOZED}
    AWAKE: ClassVar[dict[str, Any]] = {"state": DeviationState.OPEN}

    objects = DeviationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "segment", "rule", "grain", "start", "view"],
                name="deviation_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="deviation_ends_after_start"),
            models.CheckConstraint(condition=~Q(part_of=F("id")), name="deviation_is_not_part_of_itself"),
            models.CheckConstraint(
                condition=Q(state__in=DeviationState.values), name="deviation_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="deviation_severity_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="snoozed") | (Q(snoozed_until__isnull=False) & ~Q(snooze_reason="")),
                name="deviation_snoozed_with_date_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False)
                | (~Q(state="closed") & Q(closed_on=None)),
                name="deviation_closed_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.grain} {self.start}"

    @property
    def last_day(self) -> date:
        """The last day its figures speak of: its end, or the night it was last updated."""
        until = self.evidence.get("until")
        return min(self.end, date.fromisoformat(until)) if until else self.end

    @property
    def can_be_handled(self) -> bool:
        """Only live episodes are: a historical view is looked at, nothing more."""
        return self.view is None

    @property
    def is_over(self) -> bool:
        return self.state == DeviationState.CLOSED

    def handled_with(self, reader: Any) -> DeviationQuerySet:
        """Its whole incident, as far as the reader may know of it."""
        return Deviation.objects.visible_to(reader).of_incident(self)
