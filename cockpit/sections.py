"""The sections of the cockpit, each from what the published night stored: a handful of queries in all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from base.components import Tile
from kpis.models import Deviation, Gap, Indicator, NightlyRun, NightState
from kpis.models.deviations import DeviationQuerySet
from kpis.pages import words
from kpis.pages.addresses import made_of_deviation
from kpis.pages.sentences import explanation
from kpis.pages.tiles import IndicatorLine, lines

GRAIN_WORDS = {
    "mtd": gettext_lazy("month to date"),
    "wtd": gettext_lazy("week to date"),
    "day": gettext_lazy("last day"),
}
SHOWN_DEVIATIONS = 6
# Tiles when a pack marks no indicator as a headline.
FALLBACK_TILES = 8


def headlines(grain: str, reader: Any) -> list[Tile]:
    """The headline indicators that have a figure; where none has, the first ones of the catalogue that do."""
    everything = Indicator.objects.visible_to(reader)
    marked = _with_figures(everything.filter(headline=True), grain)
    return [line.tile() for line in marked or _with_figures(everything, grain)[:FALLBACK_TILES]]


def _with_figures(indicators: Iterable[Indicator], grain: str) -> list[IndicatorLine]:
    return [line for line in lines(indicators, grain) if line.gap is not None]


@dataclass(frozen=True)
class OpenIncident:
    """An incident in words: where, why, and how many other figures it moved."""

    deviation: Deviation
    segment: str
    why: str
    more: int

    @property
    def made_of(self) -> str:
        return made_of_deviation(self.deviation)


@dataclass(frozen=True)
class OpenDeviations:
    shown: Sequence[OpenIncident]
    count: int


def open_deviations(user: Any, names: Mapping[str, str]) -> OpenDeviations:
    """The open incidents with most at stake. Two queries."""
    found = _incidents(user).open()
    return OpenDeviations(_told(found, user, names), found.count())


def _incidents(user: Any) -> DeviationQuerySet:
    return Deviation.objects.live().leads_for(user).select_related("indicator", "segment")


def _told(found: DeviationQuerySet, reader: Any, names: Mapping[str, str]) -> list[OpenIncident]:
    """Most at stake first."""
    return [
        OpenIncident(
            d,
            words.segment_in_words(d.segment.values, names) if d.segment.values else "",
            explanation(d),
            getattr(d, "more", 0),
        )
        for d in found.with_more(reader).ranked()[:SHOWN_DEVIATIONS]
    ]


@dataclass(frozen=True)
class Turn:
    """An indicator whose standing against its target changed since the night before."""

    indicator: Indicator
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    opened: Sequence[OpenIncident]
    closed: Sequence[OpenIncident]
    turns: Sequence[Turn]

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.turns)


def changes(run: NightlyRun, user: Any, names: Mapping[str, str]) -> Changes:
    """What the published night changed: episodes opened and closed, and verdicts that turned."""
    live = _incidents(user)
    return Changes(
        opened=_told(live.begun_on(run.as_of), user, names),
        closed=_told(live.filter(closed_on=run.as_of, opened_on__lt=run.as_of), user, names),
        turns=_turns(run, user),
    )


def _turns(run: NightlyRun, reader: Any) -> list[Turn]:
    before = (
        NightlyRun.objects.filter(historical=False, state=NightState.DONE, as_of__lt=run.as_of)
        .order_by("-as_of", "-id")
        .first()
    )
    if before is None:
        return []
    rows = Gap.objects.filter(run__in=[run, before], grain="mtd").whole()
    seen: dict[int, dict[int, str]] = {}
    for indicator, night, status in rows.values_list("indicator_id", "run_id", "status"):
        seen.setdefault(indicator, {})[night] = status
    turned = {pk: found for pk, found in seen.items() if len(set(found.values())) == 2}
    return [
        Turn(indicator, turned[indicator.pk][before.pk], turned[indicator.pk][run.pk])
        for indicator in Indicator.objects.visible_to(reader).filter(pk__in=turned)
    ]
