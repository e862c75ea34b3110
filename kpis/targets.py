"""Dated targets: what an indicator should reach, phased to the day where days add up.

A sum is phased once, when it is set, by last year's shape or what is known of weekdays; the shares are frozen with the
target and sum to it exactly. A level (a ratio, a score) holds on every day of its period. A distinct count is only a
target for its own period.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import User
from base.calendar import EARLIEST, LATEST, Period
from base.sentences import spoken
from kpis.catalogue import Catalogue, load_catalogue
from kpis.models import Indicator, Segment, Target, TargetDay, TargetProposal
from kpis.segments import segment
from kpis.target_phasing import phase_targets, shares_of

LARGEST = Decimal(10) ** 14

Cell = tuple[int, int, date, date]  # indicator, segment, first and last day


class TargetError(Exception):
    """A plain sentence that says why a target cannot be set; ``said`` can be kept for readers of another language."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


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
    found = check_target(catalogue, indicator, start, end, where or {}, figures)
    lock_targets([found.pk])
    scope = segment(where or {})
    target = Target(indicator=found, segment=scope, start=start, end=end, **figures)
    put_in_force(targets=[target], by=by, at=at, catalogue=catalogue)
    return target


def lock_targets(indicators: Iterable[int]) -> None:
    """Until the end of the transaction nobody else sets targets of these; always in one order, so that none waits in a
    circle.
    """
    found = Indicator.objects.filter(pk__in=list(indicators)).order_by("pk")
    list(found.select_for_update(no_key=True).values_list("pk"))


def put_in_force(*, targets: Sequence[Target], by: User | None, at: datetime, catalogue: Catalogue) -> None:
    """Store new targets, checked and locked by the caller, each with its phasing; those they replace are kept."""
    older = _older(targets)
    for target in targets:
        target.created_by, target.version = by, older.get(cell_of(target), (0, 0))[1] + 1
    Target.objects.live().filter(pk__in=[pk for pk, _version in older.values()]).update(replaced_at=at)
    Target.objects.bulk_create(targets)
    phase_targets([target for target in targets if target.value is not None], catalogue)


def _older(targets: Sequence[Target]) -> dict[Cell, tuple[int, int]]:
    """The last target of each cell that had one, in force or not: its id and version."""
    wanted = {cell_of(target) for target in targets}
    found = Target.objects.filter(
        indicator__in={cell[0] for cell in wanted},
        segment__in={cell[1] for cell in wanted},
        start__in={cell[2] for cell in wanted},
    ).order_by("version")
    return {cell_of(target): (target.pk, target.version) for target in found if cell_of(target) in wanted}


def cell_of(target: Target | TargetProposal) -> Cell:
    """Of which at most one target is in force."""
    return target.indicator_id, target.segment_id, target.start, target.end


def check_target(
    catalogue: Catalogue,
    indicator: str,
    start: date,
    end: date,
    where: Mapping[str, str],
    figures: Mapping[str, Decimal | None],
) -> Indicator:
    """The indicator of a target that could be set; raises TargetError as ``set_target`` does."""
    _check_scope(catalogue, indicator, start, end, where)
    _check_figures(**figures)
    return catalogue.indicators[indicator]


def _check_scope(
    catalogue: Catalogue, indicator: str, start: date, end: date, where: Mapping[str, str]
) -> None:
    """Raises TargetError where no target could stand."""
    if indicator not in catalogue.indicators:
        raise TargetError(spoken(gettext_noop("There is no indicator “%(code)s”."), code=indicator))
    if end < start:
        raise TargetError(spoken(gettext_noop("The target ends before it starts.")))
    if not EARLIEST <= start <= end <= LATEST:
        said = gettext_noop("A target lies between %(first)s and %(last)s.")
        raise TargetError(spoken(said, first=str(EARLIEST.year), last=str(LATEST.year)))
    unknown = set(where) - set(catalogue.dimensions)
    if unknown:
        said = gettext_noop("There is no dimension “%(name)s”.")
        raise TargetError(spoken(said, name=", ".join(sorted(unknown))))


def _check_figures(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> None:
    for figure in (value, low, high):
        if figure is not None and not (figure.is_finite() and abs(figure) < LARGEST):
            raise TargetError(spoken(gettext_noop("%(figure)s cannot be a target."), figure=figure))
    if low is not None and high is not None and high < low:
        raise TargetError(spoken(gettext_noop("The upper bound is below the lower one.")))


def phased(
    *, indicator: str, start: date, end: date, value: Decimal, where: Mapping[str, str] | None = None
) -> dict[date, Decimal]:
    """The daily shares ``set_target`` would freeze, without storing anything; empty where days do not add up.

    Raises TargetError as ``set_target`` does.
    """
    catalogue = load_catalogue()
    _check_scope(catalogue, indicator, start, end, where or {})
    about: dict[str, Any] = {"start": start, "end": end, "value": value}
    scope = Segment(values=dict(where or {}))
    target = Target(indicator=catalogue.indicators[indicator], segment=scope, **about)
    return shares_of([target], catalogue)[0]


def withdraw_target(*, target: Target, at: datetime) -> bool:
    """Take a target out of use from now on; it is kept. False when a newer one, or somebody, did it before."""
    return bool(Target.objects.live().filter(pk=target.pk).update(replaced_at=at))


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
            return bounds_of(exact[0]) if exact else None
        phased = [t for t in targets if t.pk in self._days]
        if phased:
            return self._sum(phased, period)
        covering = [t for t in targets if t.start <= period.start and t.end >= period.end]
        return bounds_of(covering[0]) if covering else None

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


def bounds_of(target: Target | TargetProposal | None) -> Bounds | None:
    """What it asks for; None without one, or without figures."""
    if target is None or (target.value is None and target.low is None):
        return None
    if target.value is not None:
        return Bounds(target.value)
    return Bounds(target.low or Decimal(0), target.high)
