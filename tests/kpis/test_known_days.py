"""The days known, kept by triggers, against the list of every file that came, read as it was before they were kept."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.calendar import Period
from intake.models import ImportRun, State
from kpis.catalogue import MADE_OF, catalogue_now, fingerprint
from kpis.coverage import (
    LAST_RUNS,
    CoverageKey,
    Days,
    Span,
    forget_coverage,
    last_runs,
    last_told,
    load_coverage,
    record_coverage,
    runs_speaking,
)
from kpis.models import Coverage, KnownDays, Measure, Source
from tests.beside import Beside, another_waits
from tests.kpis.world import World, furnish, taken_back
from tests.runtime.helpers import eventually

DAY = timedelta(days=1)
FIRST = date(2028, 1, 20)
Told = tuple[date, date]


# ---- the rule, once more, in Python -----------------------------------------------------------------------------


def widened(files: Iterable[Told]) -> dict[Told, Told]:
    """By what each file of a source tells of, the days it speaks for."""
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
        first = min(files_of_month, key=lambda told: (told[0], -told[1].toordinal()))
        last = max(files_of_month, key=lambda told: (told[1], -told[0].toordinal()))
        if not (by_day and first in single):
            speaks[first] = first[0].replace(day=1), speaks[first][1]
        if not (by_day and last in single):
            month_end = last[1].replace(day=monthrange(last[1].year, last[1].month)[1])
            speaks[last] = speaks[last][0], min(month_end, latest)
    return speaks


def merged(spans: Iterable[Told]) -> Days:
    out: list[Told] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1] + DAY:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return Days(tuple(out))


def check_all(as_of: date, period: Period) -> None:
    """What is kept is what the list of all files says, on one day or another."""
    covers = list(Coverage.objects.order_by("id"))
    speaks = speaking(covers)
    check_known(speaks)
    check_known(speaks, as_of)
    check_speaking(speaks, period)
    check_last_told(covers)
    check_last_runs(covers)


def speaking(covers: Iterable[Coverage]) -> list[tuple[Coverage, Told]]:
    """Each coverage row with the days it speaks for."""
    files: dict[CoverageKey, set[Told]] = defaultdict(set)
    for cover in covers:
        if not cover.by_name:
            files[cover.source_id, cover.measure_id].add((cover.start, cover.end))
    speaks = {key: widened(found) for key, found in files.items()}
    return [
        (c, (c.start, c.end) if c.by_name else speaks[c.source_id, c.measure_id][c.start, c.end])
        for c in covers
    ]


def check_known(speaks: Iterable[tuple[Coverage, Told]] | None = None, as_of: date = date.max) -> None:
    expected: dict[CoverageKey, list[Told]] = defaultdict(list)
    for cover, days in speaking(Coverage.objects.all()) if speaks is None else speaks:
        expected[cover.source_id, cover.measure_id].append(days)
    cut = {key: merged(found).within(date.min, as_of) for key, found in expected.items()}
    assert load_coverage(as_of) == cut
    assert as_of != date.max or load_coverage() == cut


def check_speaking(speaks: Iterable[tuple[Coverage, Told]], period: Period) -> None:
    assert runs_speaking(_every(Source), _every(Measure), period) == {
        cover.run_id: cover.source_id
        for cover, (low, high) in speaks
        if low <= period.end and high >= period.start
    }


def check_last_told(covers: Iterable[Coverage]) -> None:
    in_order = sorted(covers, key=lambda cover: (cover.end, cover.end_time or time.max))
    measures = _every(Measure)[:3]
    for source in _every(Source):
        assert last_told(dict.fromkeys(measures, source)) == {
            measure: (cover.end, cover.end_time)
            for cover in in_order
            for measure in measures
            if cover.source_id == source and cover.measure_id in (None, measure)
        }


def check_last_runs(covers: Iterable[Coverage]) -> None:
    found: dict[CoverageKey, list[tuple[date, int]]] = defaultdict(list)
    for one in covers:
        beside = (c for c in covers if c.run_id == one.run_id and c.measure_id in (None, one.measure_id))
        if not one.by_name or all(c.end <= one.end for c in beside):
            found[one.source_id, one.measure_id].append((one.end, one.run_id))
    assert {key: [(run.end, run.pk) for run in runs] for key, runs in last_runs().items()} == {
        key: sorted(runs, reverse=True)[:LAST_RUNS] for key, runs in found.items()
    }


def _every(model: Any) -> list[int]:
    return list(model.objects.order_by("id").values_list("id", flat=True))


# ---- any files, any undo, any question --------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """Days after FIRST: what it spans, of some measures or all, what it only names, when its last day ends."""

    source: int
    measures: tuple[int | None, ...]
    start: int
    length: int | None
    named: tuple[int, ...]
    until: time | None

    def record(self, sources: list[Source], measures: list[int]) -> ImportRun:
        run = a_run()
        of = [None if n is None else measures[n] for n in self.measures]
        low = FIRST + timedelta(days=self.start)
        spans, named = dict[int | None, Span](), [FIRST + timedelta(days=n) for n in self.named]
        if self.length is not None:
            began = None if self.until is None else time(0, 1)
            spans = dict.fromkeys(of, Span(low, low + timedelta(days=self.length), began, self.until))
        record_coverage(run, sources[self.source], spans, dict.fromkeys(of, named))
        return run


def a_run() -> ImportRun:
    return ImportRun.objects.create(
        filename="f.csv", path="f", sha256="0" * 64, size=1, kind="facts", state=State.DONE,
        finished_at=timezone.now(),
    )  # fmt: skip


day = st.integers(0, 75)
files = st.builds(
    File,
    source=st.integers(0, 1),
    measures=st.sampled_from([(None,), (0,), (1,), (0, 1), (0, None)]),
    start=day,
    length=st.sampled_from([None, 0, 0, 0, 1, 3, 9, 29, 40]),
    named=st.lists(day, max_size=3, unique=True).map(tuple),
    until=st.sampled_from([None, time(12), time(23, 50)]),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    given_files=st.lists(files, min_size=1, max_size=8),
    asked=st.tuples(day, day),
    as_of=day,
    chance=st.randoms(use_true_random=False),
)
def test_what_is_kept_answers_as_the_list_of_all_files(
    world: World, given_files: list[File], asked: tuple[int, int], as_of: int, chance: Any
) -> None:
    """Files of two sources come, and are undone in any order, some between others; each time all is asked."""
    low, high = (FIRST + timedelta(days=n) for n in sorted(asked))

    def check() -> None:
        check_all(FIRST + timedelta(days=as_of), Period(low, high))

    with taken_back():
        sources = [Source.objects.create(code=f"s{n}", name=f"s{n}", kind="facts") for n in range(2)]
        measures, runs = _every(Measure)[:2], []
        for file in given_files:
            runs.append(file.record(sources, measures))
            check()
            if chance.random() < 0.2:
                forget_coverage(runs.pop(chance.randrange(len(runs))))
                check()
        chance.shuffle(runs)
        for run in runs:
            forget_coverage(run)
            check()
        assert not KnownDays.objects.exists()


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(day, st.integers(0, 9), st.booleans()), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_files_that_are_imported_and_undone_leave_what_all_of_them_say(
    world: World, spans: list[tuple[int, int, bool]], chance: Any
) -> None:
    with taken_back():
        runs = []
        for number, (start, length, orders) in enumerate(spans):
            days = [FIRST + timedelta(days=start + n) for n in range(length + 1)]
            if orders:
                lines = [f"O{number}-{day},{day} 10:00,x,1,10,ada,SEA," for day in days]
                runs.append(world.orders(*lines, mapping={"covers": "full"}))
            else:
                lines = [f"{day},{number},{day.day}" for day in days]
                runs.append(world.facts("date,sessions,stock", *lines, mapping={"covers": "full"}))
            check_known()
        chance.shuffle(runs)
        for run in runs:
            if ImportRun.objects.get(pk=run.pk).state == State.DONE:
                world.undo(run)
            check_known()
        assert not KnownDays.objects.exists()


# ---- whoever writes ---------------------------------------------------------------------------------------------


@pytest.fixture
def history(world: World) -> list[ImportRun]:
    """Two sources, one of two measures and one of all it has."""
    sources = [Source.objects.create(code=f"s{n}", name=f"s{n}", kind="facts") for n in range(2)]
    one, two = _every(Measure)[:2]
    runs = [a_run() for _n in range(4)]
    for n, run in enumerate(runs):
        start = FIRST + timedelta(days=40 * n)
        span = Span(start, start + timedelta(days=5))
        record_coverage(run, sources[n % 2], {None: span} if n % 2 else {one: span, two: span})
    return runs


BY_HAND = {
    "a file tells of less": 'UPDATE kpis_coverage SET "end" = start',
    "a file is of another source": "UPDATE kpis_coverage SET source_id = (SELECT max(id) FROM kpis_source)",
    "a file is of another measure": """UPDATE kpis_coverage SET measure_id = (SELECT min(id) FROM kpis_measure)
        WHERE id IN (SELECT min(id) FROM kpis_coverage GROUP BY run_id)""",
    "files go": "DELETE FROM kpis_coverage WHERE run_id IN (SELECT max(run_id) FROM kpis_coverage)",
    "no file is touched": "DELETE FROM kpis_coverage WHERE false",
    "all go": "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE kpis_coverage",
}


@pytest.mark.parametrize("change", BY_HAND.values(), ids=BY_HAND)
def test_a_hand_at_psql_changes_what_is_known(history: list[ImportRun], change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
    check_known()


def test_a_source_goes_with_what_is_known_of_it(history: list[ImportRun]) -> None:
    Source.objects.get(code="s0").delete()
    assert {source for source, _measure in load_coverage()} == {Source.objects.get(code="s1").pk}
    check_known()


def test_a_run_goes_with_what_is_known_by_it(history: list[ImportRun]) -> None:
    history[0].delete()
    check_known()


def test_what_came_before_they_were_kept_is_found(history: list[ImportRun]) -> None:
    """What the migration writes of the files that are there."""
    kept = load_coverage()
    KnownDays.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("kpis.migrations.0008_known_days").OF_FILES_STORED)
    assert load_coverage() == kept != {}


# ---- the fingerprint --------------------------------------------------------------------------------------------


def test_a_page_reads_no_list_of_files(history: list[ImportRun]) -> None:
    catalogue_now()
    with CaptureQueriesContext(connection) as kept:
        catalogue_now()
    history[0].delete()
    with CaptureQueriesContext(connection) as loaded:
        catalogue_now()
    assert (len(kept), len(loaded)) == (1, 6)
    assert not [query["sql"] for query in [*kept, *loaded] if "kpis_coverage" in query["sql"]]


def test_a_file_that_tells_nothing_new_is_seen(history: list[ImportRun]) -> None:
    """The last files are kept with the catalogue: another of the same days is one of them."""
    before, span = catalogue_now(), Coverage.objects.filter(measure=None).latest("id")
    record_coverage(a_run(), span.source, {None: Span(span.start, span.end)})
    assert catalogue_now() is not before
    assert catalogue_now().coverage == before.coverage


def of_measure(run: ImportRun, source: Source, start: int) -> None:
    first = FIRST + timedelta(days=start)
    record_coverage(run, source, {Measure.objects.earliest("id").pk: Span(first, first)})


@pytest.mark.django_db(transaction=True)
def test_who_commits_first_does_not_matter(tmp_path: Path) -> None:
    """What began first and commits last is seen when it commits, and not before."""
    furnish(tmp_path)
    one, two = (Source.objects.create(code=c, name=c, kind="facts") for c in ("one", "two"))
    seen = [fingerprint(MADE_OF)]
    with Beside() as other:
        with transaction.atomic():
            of_measure(a_run(), one, 0)
            inside = fingerprint(MADE_OF)
            assert other.does(lambda: fingerprint(MADE_OF)).result() == seen[0] != inside
            other.does(lambda: of_measure(a_run(), two, 1)).result()
            seen.append(other.does(lambda: fingerprint(MADE_OF)).result())
        seen.append(other.does(lambda: fingerprint(MADE_OF)).result())
        with taken_back():
            of_measure(a_run(), two, 2)
        assert other.does(lambda: fingerprint(MADE_OF)).result() == seen[-1]
    assert len(set(seen)) == 3
    check_known()


@pytest.mark.django_db(transaction=True)
def test_two_files_of_one_source_at_once_are_both_known(tmp_path: Path) -> None:
    """The second waits for the first, then counts what both have written."""
    furnish(tmp_path)
    source = Source.objects.create(code="one", name="one", kind="facts")
    of_measure(a_run(), source, 0)
    with Beside() as other:
        with transaction.atomic():
            of_measure(a_run(), source, 10)
            second = other.does(lambda: of_measure(a_run(), source, 20))
            eventually(another_waits)
        second.result()
    assert [len(days) for days in load_coverage().values()] == [3]
    check_known()
