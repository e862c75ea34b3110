"""Sources, cuts and the daily facts that every figure is made of."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from intake.models import ImportRun
from kpis.models.catalogue import Measure
from kpis.models.exact import ExactField
from kpis.models.known_days import TRIGGERS
from kpis.models.rights import segments_open_to


class Source(models.Model):
    """One stream of files of one kind, in one currency and on one tax basis."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30)
    currency = models.CharField(max_length=3, default="EUR")
    tax_included = models.BooleanField(default=True)
    # By which rules its order lines were told apart (see LINE_RULES in rows.py, which is raised with them).
    line_rules = models.PositiveSmallIntegerField(default=2)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SegmentQuerySet(models.QuerySet["Segment"]):
    def visible_to(self, user: Any) -> "SegmentQuerySet":
        """Those of which some measure the person may read has figures; all, where no measure is closed to them."""
        return self.filter(segments_open_to(user))


class Segment(models.Model):
    """A set of dimension values. ``{}`` is the whole; a JSON null is "unknown here"; an absent key "not split so"."""

    # Canonical JSON of `values` (sorted keys): two segments never mean the same.
    key = models.TextField(unique=True)
    values = models.JSONField()
    dimensions = ArrayField(models.CharField(max_length=60), default=list)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(values__isnull=False), name="segment_has_values"),
        ]

    def __str__(self) -> str:
        return self.key


class Cut(models.Model):
    """A grain at which a source's facts exist; a question reads exactly one cut per measure."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="cuts")
    dimensions = ArrayField(models.CharField(max_length=60), default=list)
    measures = models.ManyToManyField(Measure, related_name="cuts")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["source", "dimensions"], name="cut_unique_in_source")]

    def __str__(self) -> str:
        return f"{self.source}: {', '.join(self.dimensions) or 'total'}"


class Fact(models.Model):
    """One day of one measure in one segment of one cut. Days without a row are 0 inside coverage."""

    pk = models.CompositePrimaryKey("cut_id", "measure_id", "segment_id", "date")
    # The rows are written by set-based SQL that joins these very tables: a per-row check would only cost time.
    cut = models.ForeignKey(Cut, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    measure = models.ForeignKey(Measure, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    segment = models.ForeignKey(Segment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    date = models.DateField()
    value = ExactField()
    # The count under a mean (sum kept in `value`); 1 elsewhere.
    weight = ExactField(default=1)
    # The largest single order inside the day, where orders are known: can one order carry the figure?
    peak = ExactField(null=True)

    class Meta:
        indexes = [BrinIndex(fields=["date"], name="fact_date_brin", pages_per_range=16)]


class CustomerDay(models.Model):
    """A day on which a customer bought in a segment, with the previous such day.

    Distinct customers over [a, b] = rows in range whose ``previous`` is null or before a. ``is_new`` marks the
    customer's first day in the whole history of the source, whatever the segment.
    """

    pk = models.CompositePrimaryKey("cut_id", "segment_id", "date", "customer")
    cut = models.ForeignKey(Cut, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    segment = models.ForeignKey(Segment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    customer = models.CharField(max_length=120)
    date = models.DateField()
    previous = models.DateField(null=True)
    is_new = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(previous=None) | Q(previous__lt=F("date")), name="customer_day_previous_is_before"
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="customer_day_customer")]


class Coverage(models.Model):
    """The days a run speaks for: inside them an absent additive fact is 0, outside it is unknown.

    ``measure`` is null when the run speaks for all measures of its source (order files). ``by_name`` marks a single day
    of which the run replaced what it names and nothing else: a file of changes, or a date far from the others.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="coverage")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="coverage")
    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, null=True, related_name="coverage")
    start = models.DateField()
    end = models.DateField()
    # First and last time of day seen; null when the file holds dates only.
    start_time = models.TimeField(null=True)
    end_time = models.TimeField(null=True)
    by_name = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="coverage_ends_after_start"),
            models.UniqueConstraint(
                fields=["run", "measure", "start", "by_name"],
                name="coverage_once_per_run_and_measure",
                nulls_distinct=False,
            ),
        ]
        # By source and measure, the latest last: the last of them are found whatever came before.
        indexes = [models.Index("source", Coalesce("measure", 0), "end", "run", name="coverage_by_measure")]
        triggers = TRIGGERS


class KnownDays(models.Model):
    """The days a source is known for, by measure as in ``Coverage``, from which triggers keep it: one row however many
    files came, written anew by each. ``starts`` and ``ends`` are ranges, sorted, none touching the next.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="known_days")
    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, null=True, related_name="known_days")
    starts = ArrayField(models.DateField())
    ends = ArrayField(models.DateField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "measure"], name="known_days_once_per_measure", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(starts__len=F("ends__len"), starts__len__gt=0), name="known_days_are_ranges"
            ),
        ]
