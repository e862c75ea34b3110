"""The sections of the cockpit, each from what the published night stored: a handful of queries in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy

from base.components import Tile
from kpis.models import Deviation, Gap, Indicator, NightlyRun, NightState
from kpis.tiles import lines

GRAIN_WORDS = {
    "mtd": gettext_lazy("month to date"),
    "wtd": gettext_lazy("week to date"),
    "day": gettext_lazy("last day"),
}
SHOWN_DEVIATIONS = 6
# Tiles when a pack marks no indicator as a headline.
FALLBACK_TILES = 8


def headlines(grain: str) -> list[Tile]:
    """The headline indicators that have a figure; the first ones of the catalogue when none is marked."""
    found = [line for line in lines(Indicator.objects.all(), grain) if line.gap is not None]
    marked = [line for line in found if line.indicator.headline]
    return [line.tile() for line in (marked or found[:FALLBACK_TILES])]


@dataclass(frozen=True)
class OpenDeviations:
    """The most costly open deviations, how many there are, and the money lost and won in all."""

    shown: Sequence[Deviation]
    count: int
    lost: float
    won: float


def open_deviations(user: Any) -> OpenDeviations:
    found = Deviation.objects.visible_to(user).live().open()
    sums = found.aggregate(
        count=Count("id"),
        lost=Sum("money", filter=Q(money__lt=0, segment__key="{}")),
        won=Sum("money", filter=Q(money__gt=0, segment__key="{}")),
    )
    shown = found.ranked().select_related("indicator", "segment", "owner")[:SHOWN_DEVIATIONS]
    return OpenDeviations(list(shown), sums["count"], sums["lost"] or 0.0, sums["won"] or 0.0)


@dataclass(frozen=True)
class Turn:
    """An indicator whose standing against its target changed since the night before."""

    indicator: Indicator
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    opened: Sequence[Deviation]
    closed: Sequence[Deviation]
    turns: Sequence[Turn]

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.turns)


def changes(run: NightlyRun, user: Any) -> Changes:
    """What the published night changed: episodes opened and closed, and verdicts that turned."""
    live = Deviation.objects.visible_to(user).live().select_related("indicator", "segment")
    return Changes(
        opened=list(live.filter(opened_on=run.as_of).ranked()[:SHOWN_DEVIATIONS]),
        closed=list(live.filter(closed_on=run.as_of).ranked()[:SHOWN_DEVIATIONS]),
        turns=_turns(run),
    )


def _turns(run: NightlyRun) -> list[Turn]:
    before = (
        NightlyRun.objects.filter(historical=False, state=NightState.DONE, as_of__lt=run.as_of)
        .order_by("-as_of", "-id")
        .first()
    )
    if before is None:
        return []
    rows = Gap.objects.filter(run__in=[run, before], grain="mtd").whole().select_related("indicator")
    seen: dict[int, dict[int, Gap]] = {}
    for gap in rows:
        seen.setdefault(gap.indicator_id, {})[gap.run_id] = gap
    pairs = [(found[before.pk], found[run.pk]) for found in seen.values() if len(found) == 2]
    return [Turn(new.indicator, old.status, new.status) for old, new in pairs if old.status != new.status]


