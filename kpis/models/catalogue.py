"""The catalogue: dimensions, measures and indicators, loaded from a pack and editable."""

from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, rights_of
from kpis.models.rights import open_to


class Unit(models.TextChoices):
    MONEY = "money", _("money")
    COUNT = "count", _("count")
    RATIO = "ratio", _("ratio")
    DURATION = "duration", _("duration")
    SCORE = "score", _("score")


class Aggregation(models.TextChoices):
    SUM = "sum", _("sum")
    MEAN = "mean", _("mean")
    MIN = "min", _("minimum")
    MAX = "max", _("maximum")
    FIRST = "first", _("first")
    LAST = "last", _("last")
    DISTINCT = "distinct", _("distinct count")


class Direction(models.TextChoices):
    UP = "up", _("more is better")
    DOWN = "down", _("less is better")
    RANGE = "range", _("within bounds is better")


# Not an enumeration in the schema: a right that a version no longer knows opens to nobody.
def _right_is_said(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=~Q(right=""), name=name)


class Named(models.Model):
    """A code and its name in both languages of the screen."""

    code = models.SlugField(max_length=60, unique=True)
    name_fr = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_fr


class Dimension(Named):
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]


class MeasureQuerySet(models.QuerySet["Measure"]):
    def visible_to(self, user: Any) -> "MeasureQuerySet":
        return self.filter(right__in=rights_of(user))


class Measure(Named):
    unit = models.CharField(max_length=10, choices=Unit)
    over_time = models.CharField(max_length=10, choices=Aggregation, default=Aggregation.SUM)
    over_segments = models.CharField(max_length=10, choices=Aggregation, default=Aggregation.SUM)
    # What it takes to read it and whatever is made of it (kpis/models/rights.py).
    right = models.CharField(
        max_length=40, default=Right.VIEW_FIGURES.value, db_default=Right.VIEW_FIGURES.value
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            _right_is_said("measure_says_its_right"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="measure_unit_is_known"),
            models.CheckConstraint(
                condition=Q(over_time__in=Aggregation.values), name="measure_over_time_is_known"
            ),
            models.CheckConstraint(
                condition=Q(over_segments__in=Aggregation.values), name="measure_over_segments_is_known"
            ),
        ]


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def visible_to(self, user: Any) -> "IndicatorQuerySet":
        """Those whose right, and that of everything their formula names, the person has."""
        return self.filter(open_to(user, "pk"))


@pghistory.track(
    pghistory.UpdateEvent(condition=pgtrigger.AnyChange("formula"), row=pghistory.Old),
    fields=["formula"],
    model_name="FormulaEvent",
    obj_field=pghistory.ObjForeignKey(related_name="formulas_before"),
    append_only=True,
)
class Indicator(Named):
    """A formula over measures and other indicators, applied after aggregation; those it had are kept by a trigger."""

    formula = models.TextField(_("formula"))
    unit = models.CharField(_("unit"), max_length=10, choices=Unit)
    direction = models.CharField(_("direction"), max_length=5, choices=Direction, default=Direction.UP)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=0)
    group = models.CharField(_("group"), max_length=30, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    headline = models.BooleanField(_("on the cockpit"), default=False)
    drivers = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("drivers"))
    # Relative gap to target, signed in the bad direction: -0.05 for "up", +0.05 for "down".
    amber = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    red = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    definition_fr = models.TextField(blank=True)
    definition_en = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_indicators",
    )
    # Beside those of the measures it is made of.
    right = models.CharField(
        max_length=40, default=Right.VIEW_FIGURES.value, db_default=Right.VIEW_FIGURES.value
    )

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            _right_is_said("indicator_says_its_right"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="indicator_unit_is_known"),
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="indicator_direction_is_known"
            ),
        ]

    @property
    def definition(self) -> str:
        return self.definition_en if (get_language() or "").startswith("en") else self.definition_fr
