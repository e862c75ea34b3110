"""What became of a figure since it was first read: who saw which value, and which imports changed it in between.

Pure functions above, reading below. Values come from the nights that published them and from today's facts, causes
from the source rows and the imports: nothing is said that is not kept.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from math import isclose
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from base.calendar import Period
from intake.models import ImportRun, State
from kpis.catalogue import Catalogue
from kpis.coverage import Span, widened
from kpis.models import Coverage, Deviation, Gap, Indicator, NightlyRun, NightlyStep, NightState, Source

ORDERS = "orders"  # the kind whose files speak of every measure of their source


class Event(StrEnum):
    CAME = "came"  # a file spoke for the days, and replaced nothing that is still known
    REPLACED = "replaced"  # a file took the place of rows of others
    UNDONE = "undone"


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
    causes: tuple[Cause, ...]

    @property
    def at(self) -> datetime:
        """When it changed: with its last cause, else no later than it was seen."""
        return self.causes[-1].at if self.causes else self.after.at


def changes(seen: Sequence[Seen], causes: Iterable[Cause]) -> list[Change]:
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


def _outcome(before: Seen | None, after: Seen, causes: Sequence[Cause]) -> Outcome | None:
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


@dataclass(frozen=True)
class Speaker:
    """An import a figure rests on: its rows in force among those of the days, 0 where its silence means zero."""

    run: ImportRun
    rows: int


@dataclass(frozen=True)
class Ground:
    """The imports under a figure, latest first, and what happened to them.

    ``names`` is of the sources by id, ``last`` by measure id the last day its source has told of, with the hour
    where files tell times.
    """

    speakers: Sequence[Speaker]
    causes: Sequence[Cause]
    names: Mapping[int, str]
    last: Mapping[int, tuple[date, time | None]]


type_pairs = Mapping[tuple[int, int | None], int]


def ground(user: Any, indicator: str, period: Period, catalogue: Catalogue) -> Ground:
    """The imports that speak for these days of the measures of an indicator. Four queries."""
    measures = {
        catalogue.measures[ref.code].pk: catalogue.cuts[ref.code][0].source
        for ref in catalogue.refs(indicator)
        if catalogue.cuts.get(ref.code)
    }
    sources = Source.objects.in_bulk(set(measures.values()))
    pairs = _rows(set(measures.values()), set(measures), period)
    covers = list(
        Coverage.objects.filter(Q(measure=None) | Q(measure__in=measures), source__in=set(measures.values()))
    )
    silent = _covering(covers, period, catalogue)
    named = {run for pair in pairs for run in pair if run is not None} | set(silent)
    codes = {measure.code for measure in catalogue.measures.values() if measure.pk in measures}
    gone = Q(state=State.UNDONE, period_start__lte=period.end, period_end__gte=period.start)
    found = ImportRun.objects.visible_to(user).filter(Q(pk__in=named) | gone)
    runs = {run.pk: run for run in found.select_related("by", "undone_by")}
    undone = [run for run in runs.values() if _is_of(run, sources.values(), codes)]
    return Ground(
        _speakers(runs, pairs, silent),
        [*_arrivals(runs, pairs, silent), *_undoings(undone)],
        {pk: source.name for pk, source in sources.items()},
        _last_told(covers, measures),
    )


# Rows by the run that brought them and the run that took their place, if one did.
_ROWS = """
SELECT run_id, superseded_by_id, count(*) FROM kpis_customerorder
WHERE source_id = ANY(%(sources)s) AND day BETWEEN %(start)s AND %(end)s GROUP BY 1, 2
UNION ALL
SELECT run_id, superseded_by_id, count(*) FROM kpis_factrow
WHERE source_id = ANY(%(sources)s) AND measure_id = ANY(%(measures)s) AND date BETWEEN %(start)s AND %(end)s
GROUP BY 1, 2"""


def _rows(sources: Collection[int], measures: Collection[int], period: Period) -> type_pairs:
    asked: dict[str, Any] = {
        "sources": list(sources), "measures": list(measures), "start": period.start, "end": period.end,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, asked)
        return {(run, by): count for run, by, count in cursor.fetchall()}


def _covering(covers: Iterable[Coverage], period: Period, catalogue: Catalogue) -> dict[int, int]:
    """Run → source, of the runs that speak for days of the period, with rows or by their silence."""
    found = {}
    for cover in covers:
        known = catalogue.coverage.get((cover.source_id, cover.measure_id))
        low, high = widened(Span(cover.start, cover.end), known.last if known else None)
        if low <= period.end and high >= period.start:
            found[cover.run_id] = cover.source_id
    return found


def _last_told(
    covers: Iterable[Coverage], measures: Mapping[int, int]
) -> dict[int, tuple[date, time | None]]:
    """By measure, the last day its source has told of and, where times are told, the hour."""
    last: dict[int, tuple[date, time | None]] = {}
    for cover in sorted(covers, key=lambda cover: (cover.end, cover.end_time or time.max)):
        for measure, source in measures.items():
            if cover.source_id == source and cover.measure_id in (None, measure):
                last[measure] = cover.end, cover.end_time
    return last


def _speakers(runs: Mapping[int, ImportRun], pairs: type_pairs, silent: Iterable[int]) -> list[Speaker]:
    """Runs with rows in force in the days, and those that speak for them without ever having had one there."""
    live = {run: count for (run, by), count in pairs.items() if by is None}
    without = set(silent) - {run for run, _by in pairs}
    return [
        Speaker(runs[pk], live.get(pk, 0)) for pk in sorted({*live, *without}, reverse=True) if pk in runs
    ]


def _arrivals(runs: Mapping[int, ImportRun], pairs: type_pairs, silent: Iterable[int]) -> Iterable[Cause]:
    replaced: dict[int, list[ImportRun]] = defaultdict(list)
    for old, new in sorted(pairs, key=lambda pair: pair[0]):
        if new is not None and old in runs:
            replaced[new].append(runs[old])
    for pk in {*silent, *(run for run, _by in pairs), *replaced}:
        run = runs.get(pk)
        if run is not None and run.finished_at is not None:
            event = Event.REPLACED if replaced[pk] else Event.CAME
            yield Cause(run.finished_at, event, run, tuple(replaced[pk]))


def _undoings(undone: Iterable[ImportRun]) -> Iterable[Cause]:
    """A file that was taken back came in before: both may stand between two values."""
    for run in undone:
        if run.finished_at is not None and run.undone_at is not None:
            yield Cause(run.finished_at, Event.CAME, run)
            yield Cause(run.undone_at, Event.UNDONE, run)


def _is_of(run: ImportRun, sources: Iterable[Source], measures: Collection[str]) -> bool:
    """Whether a run that was undone, of which no row is left, spoke of these measures of these sources."""
    if run.state != State.UNDONE:
        return False
    mine = {source.kind for source in sources if (run.source or run.kind) == source.name}
    return run.kind in mine and (run.kind == ORDERS or any(code in run.totals for code in measures))
