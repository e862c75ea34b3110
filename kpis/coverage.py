"""Coverage: the days for which a source has spoken. Inside, an absent additive fact is 0; outside, it is unknown."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from intake.models import ImportRun
from kpis.models import Coverage, Source

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


def merge(spans: Iterable[tuple[date, date]]) -> Days:
    """Disjoint ranges from overlapping or touching ones."""
    out: list[tuple[date, date]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1] + DAY:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return Days(tuple(out))


Told = tuple[date, date]  # first and last day a file tells of


def widened(files: Iterable[Told]) -> dict[Told, Told]:
    """By what each file of a source tells of, the days it speaks for.

    A file inside one month speaks for that whole month, for exports are made by the month; where there are several,
    the first from the month's start and the last to its end, and days between two files are unknown: one may be late.
    A file of a single day speaks for that day alone once there is another such file. Nothing is known after the last
    day of the latest file. Days a file only names rows of are none of these: they speak for themselves.
    """
    found = set(files)
    latest = max((end for _start, end in found), default=date.min)
    single = {told for told in found if told[0] == told[1]}
    by_day = len(single) > 1
    months: dict[tuple[int, int], set[Told]] = defaultdict(set)
    for start, end in found:
        if (start.year, start.month) == (end.year, end.month):
            months[start.year, start.month].add((start, end))
    speaks = {told: told for told in found}
    for files_of_month in months.values():
        # Of those that begin or end on the same day the longest: a corrected day beside the file of its month.
        first = min(files_of_month, key=lambda told: (told[0], -told[1].toordinal()))
        last = max(files_of_month, key=lambda told: (told[1], -told[0].toordinal()))
        if not (by_day and first in single):
            speaks[first] = first[0].replace(day=1), speaks[first][1]
        if not (by_day and last in single):
            month_end = last[1].replace(day=monthrange(last[1].year, last[1].month)[1])
            speaks[last] = speaks[last][0], min(month_end, latest)
    return speaks


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


def last_runs() -> dict[CoverageKey, list[LastRun]]:
    """The last few runs that spoke for each source and measure, the latest first, however many came. One query."""
    latest = (F("end").desc(), F("run_id").desc())
    place = Window(RowNumber(), partition_by=["source_id", "measure_id"], order_by=latest)
    later = Coverage.objects.filter(
        Q(measure=OuterRef("measure")) | Q(measure=None), run=OuterRef("run"), end__gt=OuterRef("end")
    )
    whole = Coverage.objects.filter(~Q(by_name=True) | ~Exists(later))  # of many days told by name, the last
    rows = whole.annotate(place=place).filter(place__lte=LAST_RUNS).order_by(*latest)
    found: dict[CoverageKey, list[LastRun]] = defaultdict(list)
    told = rows.values_list(
        "source_id", "measure_id", "end", "run_id", "run__filename", "source__name", "run__kind"
    )
    for source, measure, end, run, filename, name, kind in told:
        found[source, measure].append(LastRun(end, run, filename, name, kind))
    return dict(found)


def load_coverage(as_of: date | None = None) -> dict[CoverageKey, Days]:
    """Spoken days by (source id, measure id or None for all), cut at ``as_of``. One query."""
    whole: dict[CoverageKey, set[Told]] = defaultdict(set)
    named: dict[CoverageKey, set[Told]] = defaultdict(set)
    rows = Coverage.objects.values_list("source_id", "measure_id", "start", "end", "by_name")
    for source, measure, start, end, by_name in rows:
        (named if by_name else whole)[source, measure].add((start, end))
    days = {
        key: merge([*widened(whole.get(key, ())).values(), *named.get(key, ())])
        for key in whole.keys() | named.keys()
    }
    return days if as_of is None else {key: found.within(date.min, as_of) for key, found in days.items()}


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
