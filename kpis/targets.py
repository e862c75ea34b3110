"""Dated targets: what an indicator should reach, phased to the day where days add up.

A sum is phased once, when it is set, by last year's shape or what is known of weekdays; the shares are frozen with the
target and sum to it exactly. A level (a ratio, a score) holds on every day of its period. A distinct count is only a
target for its own period.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from base.calendar import EARLIEST, LATEST, Period
from base.models import Company
from base.phasing import phase, weights_for
from kpis.catalogue import Catalogue, load_catalogue
from kpis.models import Indicator, Segment, Target, TargetDay, Unit
from kpis.segments import segment
from kpis.shapes import adds_up
from kpis.values import Question, compute

YEAR_BACK = timedelta(days=364)
LARGEST = Decimal(10) ** 14


class TargetError(Exception):
    """A plain sentence that says why a target cannot be set."""


@dataclass(frozen=True)
class Bounds:
    """A target as read for a period: one value (``high`` is None), or two bounds to stay within."""

    value: Decimal
    high: Decimal | None = None


@transaction.atomic
def set_target(
    *,
    indicator: str,
    start: date,
    end: date,
    at: datetime,
    value: Decimal | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
    where: Mapping[str, str] | None = None,
    by: User | None = None,
) -> Target:
    """Set a target; the same indicator, segment and period set before is kept as its older version.

    Raises TargetError when the indicator is unknown, the dates are turned round, the segment names no dimension, or
    the figures are none, too large or turned round.
    """
    figures = {"value": value, "low": low, "high": high}
    catalogue = load_catalogue()
    found = _checked(catalogue, indicator, start, end, where or {}, figures)
    scope = segment(where or {})
    older = Target.objects.filter(indicator=found, segment=scope, start=start, end=end)
    version = (older.aggregate(last=Max("version"))["last"] or 0) + 1
    older.live().update(replaced_at=at)
    target = Target.objects.create(
        indicator=found,
        segment=scope,
        start=start,
        end=end,
        version=version,
        **figures,
        created_by=by,
    )
    if value is not None and adds_up(catalogue, indicator):
        _phase(target, value, catalogue)
    return target


def check_target(
    *,
    indicator: str,
    start: date,
    end: date,
    where: Mapping[str, str],
    value: Decimal | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Indicator:
    """The indicator of a target that could be set; raises TargetError as ``set_target`` does."""
    figures = {"value": value, "low": low, "high": high}
    return _checked(load_catalogue(), indicator, start, end, where, figures)


def _checked(
    catalogue: Catalogue,
    indicator: str,
    start: date,
    end: date,
    where: Mapping[str, str],
    figures: Mapping[str, Decimal | None],
) -> Indicator:
    _check(catalogue, indicator, start, end, where)
    _check_figures(**figures)
    return catalogue.indicators[indicator]


def _check(catalogue: Catalogue, indicator: str, start: date, end: date, where: Mapping[str, str]) -> None:
    if indicator not in catalogue.indicators:
        raise TargetError(_("There is no indicator “%(code)s”.") % {"code": indicator})
    if end < start:
        raise TargetError(_("The target ends before it starts."))
    if not EARLIEST <= start <= end <= LATEST:
        raise TargetError(
            _("A target lies between %(first)s and %(last)s.") % {"first": EARLIEST.year, "last": LATEST.year}
        )
    unknown = set(where) - set(catalogue.dimensions)
    if unknown:
        raise TargetError(_("There is no dimension “%(name)s”.") % {"name": ", ".join(sorted(unknown))})


def _check_figures(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> None:
    for figure in (value, low, high):
        if figure is not None and not (figure.is_finite() and abs(figure) < LARGEST):
            raise TargetError(_("%(figure)s cannot be a target.") % {"figure": figure})
    if low is not None and high is not None and high < low:
        raise TargetError(_("The upper bound is below the lower one."))


def _phase(target: Target, value: Decimal, catalogue: Catalogue) -> None:
    shares = _shares(target, value, catalogue)
    TargetDay.objects.bulk_create(
        [TargetDay(target=target, date=day, value=share) for day, share in shares.items()]
    )


def _shares(target: Target, value: Decimal, catalogue: Catalogue) -> dict[date, Decimal]:
    """Each day's share of the value; they sum to it exactly."""
    days = list(Period(target.start, target.end))
    weights = weights_for(days, *_shapes(target, catalogue), Company.current().rules.open_weekdays)
    return dict(zip(days, phase(value, weights, _minor(target.indicator, value)), strict=True))


def phased(
    *, indicator: str, start: date, end: date, value: Decimal, where: Mapping[str, str] | None = None
) -> dict[date, Decimal]:
    """The daily shares ``set_target`` would freeze, without storing anything; empty where days do not add up.

    Raises TargetError as ``set_target`` does.
    """
    catalogue = load_catalogue()
    _check(catalogue, indicator, start, end, where or {})
    if not adds_up(catalogue, indicator):
        return {}
    scope = Segment(values=dict(where or {}))
    target = Target(indicator=catalogue.indicators[indicator], segment=scope, start=start, end=end)
    return _shares(target, value, catalogue)


def withdraw_target(*, target: Target, at: datetime) -> bool:
    """Take a target out of use from now on; it is kept. False when a newer one, or somebody, did it before."""
    return bool(Target.objects.live().filter(pk=target.pk).update(replaced_at=at))


def _minor(indicator: Indicator, value: Decimal) -> Decimal:
    """The smallest share: a cent of money, a unit of a count, else four decimals."""
    if indicator.unit == Unit.MONEY:
        return Decimal("0.01") if value == round(value, 2) else Decimal("0.0001")
    return Decimal(1) if value == value.to_integral_value() else Decimal("0.0001")


def _shapes(target: Target, catalogue: Catalogue) -> tuple[dict[date, Decimal], dict[int, Decimal]]:
    """Last year's comparable days, at this year's dates, and the sum of each weekday over the last 8 weeks known."""
    last_year = _daily(target, catalogue, target.start - YEAR_BACK, target.end - YEAR_BACK)
    aligned = {day + YEAR_BACK: value for day, value in last_year.items()}
    spoken = catalogue.spoken_for(target.indicator.code).within(date.min, target.start - timedelta(days=1))
    weekdays: dict[int, Decimal] = defaultdict(Decimal)
    if spoken.last:
        for day, value in _daily(target, catalogue, spoken.last - timedelta(days=55), spoken.last).items():
            weekdays[day.isoweekday()] += value
    return aligned, dict(weekdays)


def _daily(target: Target, catalogue: Catalogue, start: date, end: date) -> dict[date, Decimal]:
    """Known days only; a day without data has no entry."""
    periods = tuple(Period(day, day) for day in Period(start, end))
    question = Question((target.indicator.code,), periods, where=target.segment.values)
    return {v.period.start: v.value for v in compute(question, catalogue) if v.value is not None}


class TargetBook:
    """Live targets of some indicators, read in two queries and asked for any period and segment."""

    def __init__(
        self, codes: Iterable[str] | None = None, start: date | None = None, end: date | None = None
    ) -> None:
        targets = Target.objects.live().select_related("indicator", "segment")
        if codes is not None:
            targets = targets.filter(indicator__code__in=list(codes))
        if start is not None and end is not None:
            targets = targets.filter(start__lte=end, end__gte=start)
        self._targets: dict[tuple[str, str], list[Target]] = defaultdict(list)
        for target in targets:
            self._targets[target.indicator.code, target.segment.key].append(target)
        self._days: dict[int, dict[date, Decimal]] = defaultdict(dict)
        days = TargetDay.objects.filter(target__in=[t.pk for found in self._targets.values() for t in found])
        if start is not None and end is not None:
            days = days.filter(date__range=(start, end))
        for pk, day, value in days.values_list("target_id", "date", "value"):
            self._days[pk][day] = value

    def bounds(
        self, code: str, segment_key: str, period: Period, *, own_period_only: bool = False
    ) -> Bounds | None:
        """What the indicator should reach over the period: the narrowest target wins, day by day where days add up.

        None when some day of the period has no target. ``own_period_only`` is for distinct counts.
        """
        targets = sorted(self._targets.get((code, segment_key), ()), key=lambda t: (t.end - t.start, -t.pk))
        exact = [t for t in targets if (t.start, t.end) == (period.start, period.end)]
        if own_period_only or exact:
            return _bounds(exact[0]) if exact else None
        phased = [t for t in targets if t.pk in self._days]
        if phased:
            return self._sum(phased, period)
        covering = [t for t in targets if t.start <= period.start and t.end >= period.end]
        return _bounds(covering[0]) if covering else None

    def _sum(self, targets: Sequence[Target], period: Period) -> Bounds | None:
        total = Decimal(0)
        for day in period:
            share = next((self._days[t.pk][day] for t in targets if day in self._days[t.pk]), None)
            if share is None:
                return None
            total += share
        return Bounds(total)

    def __bool__(self) -> bool:
        return bool(self._targets)


def _bounds(target: Target) -> Bounds:
    if target.value is not None:
        return Bounds(target.value)
    return Bounds(target.low or Decimal(0), target.high)


def segments_with_targets() -> set[str]:
    """Keys of the segments that have a live target."""
    return set(Segment.objects.filter(targets__replaced_at=None).values_list("key", flat=True))
