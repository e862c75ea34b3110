"""Coverage: the days for which a source has spoken. Inside, an absent additive fact is 0; outside, it is unknown.

Which days a file speaks for, beside others, is said in ``models/known_days.py``.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from django.db import connection

from base.calendar import Period
from intake.models import ImportRun
from kpis.models import Coverage, KnownDays, Source
from kpis.models.known_days import days_of_files

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """First and last day a file speaks for, with the first and last time of day where it tells times."""

    start: date
    end: date
    start_time: time | None = None
    end_time: time | None = None


@dataclass(frozen=True)
class Days:
    """A set of days as sorted, disjoint, inclusive ranges."""

    ranges: tuple[tuple[date, date], ...] = ()

    def __contains__(self, day: date) -> bool:
        at = bisect_right(self.ranges, (day, date.max)) - 1
        return at >= 0 and self.ranges[at][0] <= day <= self.ranges[at][1]

    def within(self, start: date, end: date) -> "Days":
        """The part that falls into [start, end]."""
        kept = [
            (max(low, start), min(high, end)) for low, high in self.ranges if low <= end and high >= start
        ]
        return Days(tuple(kept))

    def __and__(self, other: "Days") -> "Days":
        met = [piece for low, high in other.ranges for piece in self.within(low, high).ranges]
        return Days(tuple(sorted(met)))

    def __len__(self) -> int:
        return sum((high - low).days + 1 for low, high in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def first(self) -> date | None:
        return self.ranges[0][0] if self.ranges else None

    @property
    def last(self) -> date | None:
        return self.ranges[-1][1] if self.ranges else None


def record_coverage(
    run: ImportRun,
    source: Source,
    spans: Mapping[int | None, Span],
    named: Mapping[int | None, Iterable[date]] | None = None,
) -> None:
    """Remember what a run speaks for, by measure id (None: every measure of the source).

    ``named`` are days of which it replaced what it names and nothing else.
    """
    Coverage.objects.bulk_create(
        [
            Coverage(run=run, source=source, measure_id=measure, start=day, end=day, by_name=True)
            for measure, days in (named or {}).items()
            for day in days
        ]
    )
    Coverage.objects.bulk_create(
        [
            Coverage(
                run=run,
                source=source,
                measure_id=measure,
                start=span.start,
                end=span.end,
                start_time=span.start_time,
                end_time=span.end_time,
            )
            for measure, span in spans.items()
        ]
    )


def forget_coverage(run: ImportRun) -> None:
    Coverage.objects.filter(run=run).delete()


CoverageKey = tuple[int, int | None]  # source, and measure or None for all it has


class LastRun(NamedTuple):
    """One of the last runs that spoke: the last day it spoke for, and what a page says of it."""

    end: date
    pk: int
    filename: str
    source: str
    kind: str


LAST_RUNS = 5

# For each source and measure the last few files, read from the end of an index: of many days told by name, the last.
_LAST_RUNS = """
SELECT k.source_id, k.measure_id, c."end", c.run_id, r.filename, s.name, r.kind
FROM kpis_knowndays k JOIN kpis_source s ON s.id = k.source_id
CROSS JOIN LATERAL (
    SELECT c."end", c.run_id FROM kpis_coverage c
    WHERE c.source_id = k.source_id AND coalesce(c.measure_id, 0) = coalesce(k.measure_id, 0)
        AND (NOT c.by_name OR NOT EXISTS (SELECT FROM kpis_coverage later WHERE later.run_id = c.run_id
            AND (later.measure_id = c.measure_id OR later.measure_id IS NULL) AND later."end" > c."end"))
    ORDER BY c."end" DESC, c.run_id DESC LIMIT %s
) c JOIN intake_importrun r ON r.id = c.run_id
ORDER BY c."end" DESC, c.run_id DESC"""


def last_runs() -> dict[CoverageKey, list[LastRun]]:
    """The last few runs that spoke for each source and measure, the latest first, however many came. One query."""
    found: dict[CoverageKey, list[LastRun]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LAST_RUNS, [LAST_RUNS])
        for source, measure, *run in cursor.fetchall():
            found[source, measure].append(LastRun(*run))
    return dict(found)


def load_coverage(as_of: date | None = None) -> dict[CoverageKey, Days]:
    """Days known by (source id, measure id or None for all), cut at ``as_of``. One query, of one row each.

    Triggers keep them (``models/known_days.py``): how many files came does not matter.
    """
    rows = KnownDays.objects.values_list("source_id", "measure_id", "starts", "ends")
    days: dict[CoverageKey, Days] = {
        (source, measure): Days(tuple(zip(starts, ends, strict=True)))
        for source, measure, starts, ends in rows
    }
    return days if as_of is None else {key: found.within(date.min, as_of) for key, found in days.items()}


# Keys: every pair of the sources and measures asked, and what speaks of all a source has.
_SPEAKING = f"""
SELECT DISTINCT run_id, source_id FROM ({
    days_of_files(
        "SELECT s AS source_id, m AS measure_id FROM unnest(%(sources)s::bigint[]) s, "
        "unnest(%(measures)s::bigint[] || NULL::bigint) m"
    )
}) f WHERE low <= %(end)s AND high >= %(start)s"""


def runs_speaking(sources: Collection[int], measures: Collection[int], period: Period) -> dict[int, int]:
    """Run → source, of the runs that speak for days of the period, with rows or by their silence. One query."""
    asked: dict[str, Any] = {
        "sources": list(sources), "measures": list(measures), "start": period.start, "end": period.end,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SPEAKING, asked)
        return dict(cursor.fetchall())


_LAST_TOLD = """
SELECT k.measure, c."end", c.end_time
FROM unnest(%s::bigint[], %s::bigint[]) k (measure, source)
CROSS JOIN LATERAL (
    SELECT "end", end_time FROM kpis_coverage
    WHERE source_id = k.source AND coalesce(measure_id, 0) IN (0, k.measure)
    ORDER BY "end" DESC, end_time DESC NULLS FIRST LIMIT 1
) c"""


def last_told(sources: Mapping[int, int]) -> dict[int, tuple[date, time | None]]:
    """By measure, given its source, the last day that has told of it and, where times are told, the hour. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_TOLD, [list(sources), list(sources.values())])
        return {measure: (end, hour) for measure, end, hour in cursor.fetchall()}


def last_day(coverage: Mapping[CoverageKey, Days], until: date = date.max) -> date | None:
    """The last day any source has spoken for, of those not after ``until``."""
    told = (days.within(date.min, until).last for days in coverage.values())
    return max((last for last in told if last), default=None)


def partial_day(spans: Iterable[Span], usual_closing: Mapping[date, time]) -> date | None:
    """The last day of a source when its file stops well before business usually ends, else None.

    ``usual_closing`` holds the time of the last order of earlier days; the last day counts as complete when its last
    order is not earlier than the earliest closing of the last 28 of them.
    """
    last = max(spans, key=lambda span: (span.end, span.end_time or time.max), default=None)
    if last is None or last.end_time is None:
        return None
    days = sorted(usual_closing)
    before = days[: bisect_left(days, last.end)][-28:]
    if not before or last.end_time >= min(usual_closing[day] for day in before):
        return None
    return last.end
