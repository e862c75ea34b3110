"""What became of a figure since it was first read: who saw which value, and what changed it in between.

Pure functions above, reading below. Values come from the nights that published them and from today's facts, causes
from the source rows and the imports: nothing is said that is not kept.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from math import isclose
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from base.calendar import Period
from intake.models import ImportRun
from kpis.models import Deviation, Gap, Indicator, NightlyRun, NightlyStep, NightState


class Event(StrEnum):
    CAME = "came"  # a file spoke for the days, and replaced nothing that is still known
    REPLACED = "replaced"  # a file took the place of rows of others
    UNDONE = "undone"
    REWRITTEN = "rewritten"  # the formula


class Outcome(StrEnum):
    RESTATED = "restated"  # a value was read, then another
    COMPLETED = "completed"  # another value, for more of its days are known
    SAME = "same"  # rows were replaced or taken back, the value stayed
    UNSEEN = "unseen"  # it happened before the first value that is kept


@dataclass(frozen=True)
class Cause:
    """What happened to the rows under a figure, and when."""

    at: datetime
    event: Event
    run: ImportRun
    replaced: tuple[ImportRun, ...] = ()


@dataclass(frozen=True)
class Rewriting:
    """A formula was changed: that of the indicator, or of one it is made of."""

    at: datetime
    indicator: Indicator
    before: str
    after: str
    event: Event = Event.REWRITTEN


@dataclass(frozen=True)
class Seen:
    """A value as it could be read: since a night read the facts at that moment, or now."""

    at: datetime
    value: float | None
    days: int
    night: NightlyRun | None = None


@dataclass(frozen=True)
class Change:
    """From one value to the next, through the causes between them, oldest first; ``before`` is None when unseen."""

    outcome: Outcome
    before: Seen | None
    after: Seen
    causes: tuple[Cause | Rewriting, ...]

    @property
    def at(self) -> datetime:
        """When it changed: with its last cause, else no later than it was seen."""
        return self.causes[-1].at if self.causes else self.after.at


def changes(seen: Sequence[Seen], causes: Iterable[Cause | Rewriting]) -> list[Change]:
    """Every change of a figure, latest first. ``seen`` is oldest first and ends with today's value."""
    left = sorted(causes, key=lambda cause: cause.at)
    found = []
    for before, after in pairwise([None, *seen]):
        if after is None:
            continue
        inside = tuple(cause for cause in left if cause.at <= after.at)
        left = left[len(inside) :]
        outcome = _outcome(before, after, inside)
        if outcome:
            found.append(Change(outcome, before, after, inside))
    return found[::-1]


def _outcome(before: Seen | None, after: Seen, causes: Sequence[Cause | Rewriting]) -> Outcome | None:
    touched = any(cause.event != Event.CAME for cause in causes)
    if before is None:
        return Outcome.UNSEEN if touched else None
    if same(before.value, after.value):
        return Outcome.SAME if touched else None
    return Outcome.COMPLETED if before.days < after.days else Outcome.RESTATED


def same(one: float | None, other: float | None) -> bool:
    """Equal but for the rounding of floats: a night adds up in floats, a page in decimals."""
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


# ---- reading --------------------------------------------------------------------------------------------------------


def seen_by_nights(indicator: Indicator, segment: str, period: Period) -> list[Seen]:
    """What each night still kept says of exactly these days, oldest first. ``segment`` is its key. One query."""
    begun = NightlyStep.objects.filter(run=OuterRef("run"), name="read").values("started_at")[:1]
    rows = (
        Gap.objects.filter(indicator=indicator, segment__key=segment, start=period.start, end=period.end)
        .filter(Q(run__state=NightState.DONE) | Q(run__in=_published()), stale=False, run__historical=False)
        .annotate(read_at=Coalesce(Subquery(begun), F("run__created_at")))
        .select_related("run")
    )
    found = {gap.run_id: Seen(_read_at(gap), gap.value, gap.days_present, gap.run) for gap in rows}
    return sorted(found.values(), key=lambda seen: seen.at)


def _read_at(gap: Gap) -> datetime:
    at: datetime = vars(gap)["read_at"]  # annotated above
    return at


def _published() -> Any:
    return Gap.objects.published().values("run")


def seen_in_deviations(
    user: Any, indicator: Indicator, segment: str, period: Period, known: Collection[int]
) -> list[Seen]:
    """Values that live deviations hold of these days, from nights not in ``known``: they outlive the rows of
    their night. Two queries.
    """
    found = (
        Deviation.objects.visible_to(user)
        .live()
        .filter(indicator=indicator, segment__key=segment, start=period.start)
    )
    told = {d.updated_on: d for d in found if d.last_day == period.end}
    nights = NightlyRun.objects.filter(as_of__in=told, historical=False, state=NightState.DONE).order_by("pk")
    latest = {night.as_of: night for night in nights}
    return [
        Seen(night.created_at, told[day].value, period.days, night)
        for day, night in latest.items()
        if night.pk not in known
    ]
