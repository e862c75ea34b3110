"""What the page of a target shows, and the preview of one before it is set: its days, and their sums by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate, takewhile
from typing import Any

from django.utils.translation import gettext as _

from base.calendar import Period
from base.charts import Series
from base.components import Chart
from kpis.catalogue import Catalogue, catalogue_now
from kpis.models import Target
from kpis.pages.addresses import made_of
from kpis.values import Question, compute

Shares = Mapping[date, Decimal]


@dataclass(frozen=True)
class MonthShare:
    """The part of a target that falls in a month, and what was reached of it; ``days`` counts those of the target."""

    period: Period
    days: int
    share: Decimal
    part: Decimal | None
    actual: Decimal | None = None
    made_of: str = ""  # the address of what the actual is made of


def by_month(shares: Shares, actual: Mapping[date, Decimal | None] | None = None) -> list[MonthShare]:
    """The days grouped by calendar month, oldest first; ``actual`` is None where a day of the month is unknown."""
    total = sum(shares.values(), Decimal(0))
    months: dict[date, list[date]] = {}
    for day in sorted(shares):
        months.setdefault(day.replace(day=1), []).append(day)
    return [_month(days, shares, total, actual or {}) for days in months.values()]


def _month(
    days: Sequence[date], shares: Shares, total: Decimal, actual: Mapping[date, Decimal | None]
) -> MonthShare:
    share = sum((shares[day] for day in days), Decimal(0))
    known = [actual.get(day) for day in days]
    reached = [value for value in known if value is not None]
    return MonthShare(
        period=Period(days[0], days[-1]),
        days=len(days),
        share=share,
        part=share / total if total else None,
        actual=sum(reached, Decimal(0)) if len(reached) == len(days) else None,
    )


def chart_of(
    target: Target, days: Sequence[date], lines: Sequence[Series], actual: Mapping[date, Any]
) -> Chart:
    """The target day by day, with what was reached where it is known."""
    return _chart(target, _("Day by day"), "days", days, _with_actual(lines, [actual.get(d) for d in days]))


def running_chart(target: Target, shares: Shares, actual: Mapping[date, Decimal | None]) -> Chart:
    """Both summed from the first day on: how far ahead or behind; what was reached stops at the first unknown day."""
    days = sorted(shares)
    lines = [Series("target", _("Target"), list(accumulate(shares[day] for day in days)))]
    known = list(takewhile(lambda value: value is not None, (actual.get(day) for day in days)))
    reached: list[Decimal | None] = [*accumulate(value or Decimal(0) for value in known)]
    reached += [None] * (len(days) - len(reached))
    return _chart(target, _("Since the first day"), "running", days, _with_actual(lines, reached))


def _with_actual(lines: Sequence[Series], values: Sequence[Any]) -> list[Series]:
    if all(value is None for value in values):
        return [*lines]
    return [Series("current", _("Actual"), values), *lines]


def _chart(target: Target, title: str, name: str, days: Sequence[date], series: Sequence[Series]) -> Chart:
    indicator = target.indicator
    return Chart(
        title=title,
        dates=days,
        series=series,
        unit=indicator.unit,
        decimals=indicator.decimals,
        from_zero=indicator.unit in ("money", "count"),
        id=f"target-{name}",
    )


def actual_days(target: Target, catalogue: Catalogue) -> dict[date, Decimal | None]:
    """The figure of each day of the target, None where unknown."""
    periods = tuple(Period(day, day) for day in Period(target.start, target.end))
    where = {name: value for name, value in target.segment.values.items() if value is not None}
    found = compute(Question((target.indicator.code,), periods, where=where), catalogue)
    return {value.period.start: value.value for value in found}


def page_of(target: Target) -> dict[str, Any]:
    """The days of a target against what was reached, and its months where days add up."""
    actual, code = actual_days(target, catalogue_now()), target.indicator.code
    shares = dict(target.days.order_by("date").values_list("date", "value"))
    days = list(Period(target.start, target.end))
    lines = (
        [Series("target", _("Target"), [shares[day] for day in days])] if shares else _levels(target, days)
    )
    return {
        "chart": chart_of(target, days, lines, actual),
        "running": running_chart(target, shares, actual) if shares else None,
        "months": [
            replace(month, made_of=made_of(code, month.period.start, month.period.end, target.segment.values))
            for month in by_month(shares, actual)
        ],
        "is_phased": bool(shares),
    }


def _levels(target: Target, days: Sequence[date]) -> list[Series]:
    """A level, or two bounds, that hold on every day."""
    if target.value is not None:
        return [Series("target", _("Target"), [target.value] * len(days))]
    return [
        Series("target", _("Upper bound"), [target.high] * len(days)),
        Series("expected", _("Lower bound"), [target.low] * len(days)),
    ]


def versions_of(target: Target) -> list[Target]:
    """The same indicator, segment and period, newest version first. One query."""
    found = Target.objects.filter(
        indicator=target.indicator, segment=target.segment, start=target.start, end=target.end
    )
    return list(found.select_related("indicator", "created_by").order_by("-version"))
