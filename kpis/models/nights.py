"""The nightly run, its steps, what it read and the gaps it found."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, has_right
from base.jobs.models import Job, JobQuerySet, JobStep, StepState, job_constraints
from kpis.models.catalogue import Indicator
from kpis.models.facts import Segment
from kpis.models.rights import open_to


class NightState(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Status(models.TextChoices):
    """Where a value stands against its target."""

    GOOD = "good", _("on target")
    AMBER = "amber", _("slightly off")
    RED = "red", _("off target")
    NONE = "none", _("no target")


class Signal(models.TextChoices):
    """Whether a movement is a signal or within the usual noise."""

    NOISE = "noise", _("usual variation")
    HIGH = "high", _("unusually high")
    LOW = "low", _("unusually low")
    UNKNOWN = "unknown", _("too little history")


class NightlyRunQuerySet(JobQuerySet["NightlyRun"]):
    def visible_to(self, user: Any) -> "NightlyRunQuerySet":
        """Nights are the provenance of figures: who may read figures may read how they were computed."""
        return self if has_right(user, Right.VIEW_FIGURES) else self.none()


class NightlyRun(Job):
    """One night: the figures as of the end of ``as_of``. The state of each step lives in its row."""

    OPEN = (NightState.RUNNING,)

    as_of = models.DateField()
    # A run for a day before the one readers see never touches the live deviations.
    historical = models.BooleanField(default=False)
    trigger = models.CharField(max_length=20, default="schedule")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=NightState, default=NightState.RUNNING)
    indicators = models.PositiveIntegerField(default=0)
    gaps = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    # {indicator: [gaps, opened, updated, closed]}: what each has of the counts above, for who may not read them all.
    by_indicator = models.JSONField(default=dict)
    message = models.TextField(blank=True)

    objects = NightlyRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            *job_constraints("night", NightState.values),
            models.UniqueConstraint(
                fields=["as_of"], condition=Q(state="running"), name="night_runs_once_for_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of} ({self.get_state_display()})"


class NightlyStep(JobStep):
    LOCK = 0x5649_0005

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="steps")

    class Meta(JobStep.Meta):
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="night_step_once"),
            *job_constraints("night_step", StepState.values),
        ]


class NightInput(models.Model):
    """The figures a run computes from, frozen by its first step so that later imports do not change them."""

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="inputs")
    name = models.CharField(max_length=80)
    payload = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="night_input_once")]

    def __str__(self) -> str:
        return self.name


class NightFit(models.Model):
    """The calendar curve an indicator was last fitted with, kept for as long as the figures it saw stay the same."""

    indicator = models.OneToOneField(Indicator, on_delete=models.CASCADE, primary_key=True, related_name="+")
    # Of what was fitted, to the last bit: any change of it is another fit (kpis/expectation/fit.py).
    fingerprint = models.CharField(max_length=64)
    payload = models.BinaryField()

    def __str__(self) -> str:
        return self.fingerprint


class Publication(models.Model):
    """One row: the run that readers see."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="publication_is_one")]

    def __str__(self) -> str:
        return str(self.run)


class GapQuerySet(models.QuerySet["Gap"]):
    """Which night and which segment are asked for first, then the rows: a join would be planned by statistics that
    know nothing of the newest night.
    """

    def visible_to(self, user: Any) -> "GapQuerySet":
        return self.filter(open_to(user, "indicator"))

    def published(self) -> "GapQuerySet":
        return self.filter(run=Subquery(Publication.objects.values("run")[:1]))

    def whole(self) -> "GapQuerySet":
        return self.filter(segment=Subquery(Segment.objects.filter(key="{}").values("pk")[:1]))


class Gap(models.Model):
    """A value held against target, last year and expectation, as one night saw it."""

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="gap_rows", db_index=False)
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="gaps", db_index=False)
    # day, week, month; wtd and mtd are the same to date.
    grain = models.CharField(max_length=10)
    start = models.DateField()
    end = models.DateField()
    value = models.FloatField(null=True)
    target = models.FloatField(null=True)
    target_high = models.FloatField(null=True)
    # Last year, and the value on the days both years know: what the two are compared by.
    n1 = models.FloatField(null=True)
    n1_now = models.FloatField(null=True)
    n1_comparable = models.FloatField(null=True)
    expected = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.NONE)
    signal = models.CharField(max_length=10, choices=Signal, default=Signal.UNKNOWN)
    rule = models.CharField(max_length=30, blank=True)
    # What one unit of the indicator is worth in money over the period; null without a path to money.
    unit_money = models.FloatField(null=True)
    days_present = models.PositiveIntegerField(default=0)
    days_expected = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)
    stale = models.BooleanField(default=False)
    # The last 60 days of the whole, for the sparkline of tiles.
    spark = ArrayField(models.FloatField(null=True), null=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "indicator", "segment", "grain"], name="gap_once"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="gap_ends_after_start"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="gap_status_is_known"),
            models.CheckConstraint(condition=Q(signal__in=Signal.values), name="gap_signal_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.grain} {self.start}"
