"""What holds from one day to another: the columns, the question and the constraint of every dated row."""

from datetime import date
from typing import Any, Self, TypeVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound=models.Model)


def in_force(day: date, path: str = "") -> Q:
    """Rows that hold on that day; ``path`` leads to them from the model asked, e.g. ``team__leads__``."""
    begun, unended = Q(**{f"{path}start__lte": day}), Q(**{f"{path}end": None})
    return begun & (unended | Q(**{f"{path}end__gte": day}))


class DatedQuerySet(models.QuerySet[Row]):
    def in_force(self, day: date) -> Self:
        return self.filter(in_force(day))

    def in_force_or_planned(self, day: date) -> Self:
        return self.filter(Q(end=None) | Q(end__gte=day))


class Dated(models.Model):
    """Holds on the days from ``start`` to ``end``, both included; without ``end``, until further notice."""

    start = models.DateField(_("from"))
    end = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        abstract = True


def ends_after_start(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(end=None) | Q(end__gte=F("start")), name=name)


def one_at_a_time(*fields: Any, name: str, condition: Q | None = None) -> ExclusionConstraint:
    """No two rows with the same ``fields`` hold on the same day."""
    days = Func(
        "start",
        "end",
        RangeBoundary(inclusive_lower=True, inclusive_upper=True),
        function="DATERANGE",
        output_field=DateRangeField(),
    )
    same = [(field, RangeOperators.EQUAL) for field in fields]
    return ExclusionConstraint(
        name=name, expressions=[*same, (days, RangeOperators.OVERLAPS)], condition=condition
    )
