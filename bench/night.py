"""A nightly run over 60 indicators × 229 segments × 3 years, against one SQL scan and a COPY on the same server.

The scan sums every measure by day and segment; the COPY writes as many rows as the night wrote gaps, with their values.
Workers are processes that are up before the clock starts, as Celery's are. The first night fits every calendar curve;
the nights after it find them again, unless the past was restated or a new month began.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from bench.company import AS_OF, MEASURES, furnish
from bench.databases import fresh_database
from kpis.models import Gap, NightFit, NightlyRun, NightlyStep, NightState
from kpis.nightly import ensure_run
from runtime.instance import ROOT
from runtime.supervisor import COMPUTING

RUNS = 3
WORKERS = (1, 2, 4)


def night(_folder: Path) -> dict[str, dict[str, Any]]:
    """Warm nights by 1, 2 and 4 workers, the first night by 2; medians of three."""
    with fresh_database():
        facts = furnish()
        found: dict[str, dict[str, Any]] = {}
        _night(2, 0)
        bare = statistics.median(_timed(_scan_and_copy) for _n in range(RUNS))
        for workers in WORKERS:
            seconds = statistics.median(_night(workers, n) for n in range(RUNS))
            found[f"night_{workers}_workers"] = _result(seconds, bare, facts)
        NightFit.objects.all().delete()
        found["night_first_2_workers"] = _result(_night(2, 0), bare, facts)
        _say_steps()
    return found


def night_growth(_folder: Path) -> dict[str, dict[str, Any]]:
    """A warm night by two workers over 1, 5 and 10 million facts: 49, 229 and 457 segments."""
    found = {}
    for name, dimensions in {"1M": 4, "5M": 19, "10M": 38}.items():
        with fresh_database():
            facts = furnish(dimensions)
            _night(2, 0)
            bare = _timed(_scan_and_copy)
            found[f"night_{name}_facts"] = _result(_night(2, 0), bare, facts)
    return found


def _result(seconds: float, baseline: float, rows: int) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 3),
        "baseline_seconds": round(baseline, 3),
        "ratio": round(seconds / baseline, 3),
        "rows": rows,
    }


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _night(workers: int, days_ago: int) -> float:
    """Seconds from the start of a night until its last step is done."""
    with ExitStack() as stack:
        pool = [stack.enter_context(_worker()) for _n in range(workers)]
        start = time.perf_counter()
        run = ensure_run(as_of=AS_OF - timedelta(days=days_ago), trigger="bench")
        for worker in pool:
            print(run.pk, file=worker, flush=True)
        while NightlyRun.objects.filter(pk=run.pk, state=NightState.RUNNING).exists():
            time.sleep(0.02)
        seconds = time.perf_counter() - start
    run.refresh_from_db()
    if run.state != NightState.DONE or run.steps.filter(state="failed").exists():
        raise RuntimeError(f"The night failed: {run.message}")
    print(f"  {workers} workers, {days_ago} days ago: {seconds:.2f} s", file=sys.stderr)
    return seconds


@contextmanager
def _worker() -> Iterator[Any]:
    """A process that is ready to work on the run whose number it is told; gives its standard input."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path="/" + str(connection.settings_dict["NAME"])))
    environment = os.environ | {"DATABASE_URL": database, **COMPUTING}
    command = [sys.executable, "-m", "bench.night_worker"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None or not process.stdout.readline():
            raise RuntimeError("A worker could not start.")
        yield process.stdin
        process.stdin.close()


def _scan_and_copy() -> None:
    """What no night can do without: read every fact once, and write its rows."""
    sums = ", ".join(f"sum(value) FILTER (WHERE measure_id = m[{n + 1}]) AS m{n}" for n in range(MEASURES))
    rows = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TEMP TABLE scanned AS SELECT date, segment_id, {sums}
            FROM kpis_fact, (SELECT array_agg(id ORDER BY id) AS m FROM kpis_measure) k GROUP BY 1, 2"""
        )
        with cursor.copy(
            "COPY (SELECT * FROM kpis_gap WHERE run_id = (SELECT max(run_id) FROM kpis_gap)) TO STDOUT"
        ) as out:
            for row in out:
                rows.write(row)
        cursor.execute("CREATE TEMP TABLE written (LIKE kpis_gap INCLUDING ALL)")
        with cursor.copy("COPY written FROM STDIN") as into:
            into.write(rows.getvalue())
        cursor.execute("DROP TABLE scanned, written")


def _say_steps() -> None:
    run = NightlyRun.objects.filter(state=NightState.DONE).latest("id")
    steps = NightlyStep.objects.filter(run=run).order_by("-seconds")[:6]
    told = {"gaps": Gap.objects.filter(run=run).count(), **{s.name: round(s.seconds or 0, 3) for s in steps}}
    print("  slowest steps:", json.dumps(told), file=sys.stderr)
