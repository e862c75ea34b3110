"""What each page asks of the catalogue, and what the first page after an import loads, after one year of forty daily
files and after ten.

``catalogue_fingerprint`` is what every page that computes asks for; ``catalogue_load`` is loading the catalogue with
the last imports of each source; ``catalogue_file`` is recording what one more file covers and taking it back. The
baseline is the look-up of one row by its key on the same connection, in turns. Each file misses a day a year: days
unknown are what loading grows with. ``rows`` are the rows of coverage.
"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench.company import AS_OF, pack
from bench.databases import fresh_database
from intake.models import ImportRun, State
from kpis.catalogue import MADE_OF, fingerprint, load_catalogue
from kpis.coverage import Span, last_runs, record_coverage
from kpis.cuts import ensure_cuts
from kpis.models import Coverage, Dimension, Indicator, Measure, Source
from kpis.packs.load import load_pack

FILES, ROUNDS = 40, 200
DAYS_A_YEAR = 365


def catalogue(_folder: Path) -> dict[str, dict[str, Any]]:
    """At one year and at ten, in two databases; ``ratio`` is to the look-up of one row."""
    found = {}
    for years in (1, 10):
        with fresh_database():
            rows = _history(years)
            for name, result in _measured().items():
                found[f"{name}_{years}y"] = result | {"rows": rows}
    for name, result in found.items():
        told = f"{1000 * result['seconds']:.2f} ms, one row {1000 * result['baseline_seconds']:.3f} ms"
        print(f"  {name}: {told}, ratio {result['ratio']}", file=sys.stderr)
    return found


def _history(years: int) -> int:
    """Forty sources of a measure each, a file a day; the number of files."""
    for model in (Indicator, Measure, Dimension):
        model.objects.all().delete()
    load_pack(pack(["channel", "device"], measures=FILES))
    measures = list(Measure.objects.order_by("code"))
    sources = [Source.objects.create(code=f"s{n:02}", name=f"Source {n}", kind="facts") for n in range(FILES)]
    for source, measure in zip(sources, measures, strict=True):
        ensure_cuts(source, [[], ["channel"], ["device"]], [measure])
    return daily_files(sources, measures, years)


def daily_files(sources: Sequence[Source], measures: Sequence[Measure], years: int) -> int:
    """A file a day of each source and measure, each missing one day a year; the number of files."""
    days = [AS_OF - timedelta(days=n) for n in range(years * DAYS_A_YEAR)][::-1]
    told = [
        (day, n)
        for place, day in enumerate(days)
        for n in range(len(sources))
        if place % DAYS_A_YEAR != 9 * n
    ]
    runs = ImportRun.objects.bulk_create([_run() for _file in told], batch_size=5000)
    Coverage.objects.bulk_create(
        Coverage(run=run, source=sources[n], measure=measures[n], start=day, end=day)
        for run, (day, n) in zip(runs, told, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return len(told)


def _run() -> ImportRun:
    return ImportRun(
        filename="day.csv",
        path="day.csv",
        kind="facts",
        state=State.DONE,
        size=1,
        sha256="0" * 64,
        finished_at=timezone.now(),
    )


def _measured() -> dict[str, dict[str, Any]]:
    """The least of many rounds, which other work on the machine moves least; one row is looked up after each."""
    source, measure, run = Source.objects.latest("id"), Measure.objects.latest("code"), _run()
    run.save()

    def load() -> None:
        load_catalogue()
        last_runs()

    def file() -> None:
        with transaction.atomic():
            record_coverage(run, source, {measure.pk: Span(AS_OF, AS_OF)})
            transaction.set_rollback(True)

    def one_row() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM kpis_source WHERE id = %s", [source.pk])
            cursor.fetchall()

    asked: dict[str, Callable[[], Any]] = {
        "catalogue_fingerprint": lambda: fingerprint(MADE_OF),
        "catalogue_load": load,
        "catalogue_file": file,
    }
    found = {}
    for name, ask in asked.items():
        taken = [(_seconds(ask), _seconds(one_row)) for _n in range(ROUNDS)]
        seconds, bare = (min(column) for column in zip(*taken, strict=True))
        found[name] = {"seconds": seconds, "baseline_seconds": bare, "ratio": round(seconds / bare, 1)}
    return found


def _seconds(ask: Callable[[], Any]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start
