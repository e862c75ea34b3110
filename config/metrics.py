"""What ``/metrics`` answers: what a monitoring system watches, in the text format of Prometheus.

Every figure is read from the database, the queue or the disk when it is asked for, so that any web process gives the
same answer. What one process counts by itself (requests, milliseconds) is in the logs.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from base import faults
from config.heartbeat import AWAY, waiting_and_done
from config.schema import Schema, schema
from intake.models import IN_PROGRESS, ImportRun, State
from kpis.models import NightlyRun, NightState, Publication, StepState
from kpis.nightly import missed_night
from runtime.instance import LAST_BACKUP


def exposition() -> tuple[bytes, str]:
    """The figures of this moment and the content type they are written in."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Scrape())
    return generate_latest(registry), CONTENT_TYPE_LATEST


class Scrape(Collector):
    """A server that is away is told as such; what it would have said is left out."""

    def collect(self) -> Iterable[Metric]:
        database, queue = _unless_away(_database), _unless_away(_queue)
        answers = {"database": bool(database), "queue": bool(queue)}
        yield _by("answers", "1 when the server answers.", "server", answers)
        yield from database
        yield from queue
        yield from _disk()


def _unless_away(source: Callable[[], Iterator[Metric]]) -> list[Metric]:
    try:
        return list(source())
    except (*faults.AWAY, *AWAY):
        return []


def _database() -> Iterator[Metric]:
    found = schema()
    states = {state.value: state == found for state in Schema}
    yield _by("schema", "1 for what the tables are to this version.", "state", states)
    if found == Schema.CURRENT:  # on tables of another version the questions may not be answered
        yield from _nights()
        yield from _imports()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        yield _one("database_bytes", "Size of the database.", cursor.fetchone()[0])


def _nights() -> Iterator[Metric]:
    counted = dict(NightlyRun.objects.order_by().values_list("state").annotate(Count("id")))
    yield _by("nights", "Night runs by state.", "state", dict.fromkeys(NightState.values, 0) | counted)
    overdue = missed_night(timezone.now(), settings.NIGHT_HOUR) is not None
    yield _one("night_overdue", "1 when the night was due an hour ago and is not published.", overdue)
    seen = Publication.objects.select_related("run").first()
    if seen is None:
        return
    about = datetime.combine(seen.run.as_of, time(), tzinfo=UTC)
    failed = seen.run.steps.filter(state=StepState.FAILED).count()
    yield _one("night_published_timestamp_seconds", "When the night readers see was published.", _at(seen.at))
    yield _one("night_as_of_timestamp_seconds", "The day that night is about, at 0:00 UTC.", _at(about))
    yield _one("night_failed_steps", "Steps of that night that failed.", failed)
    took = (seen.at - seen.run.created_at).total_seconds()
    yield _one("night_seconds", "From the start of that night to its publication.", took)


def _imports() -> Iterator[Metric]:
    rows = ImportRun.objects.order_by().values_list("state").annotate(Count("id"), Min("created_at"))
    counted, oldest = {}, {}
    for state, number, first in rows:
        counted[state], oldest[state] = number, first
    yield _by("imports", "Imports by state.", "state", dict.fromkeys(State.values, 0) | counted)
    now = timezone.now()
    waits = max(
        ((now - oldest[state]).total_seconds() for state in IN_PROGRESS if state in oldest), default=0
    )
    yield _one(
        "import_longest_wait_seconds", "Age of the oldest import that is not over; 0 when all are.", waits
    )


def _queue() -> Iterator[Metric]:
    waiting, times = waiting_and_done()
    yield _one("queue_messages", "Messages that wait for a worker.", waiting)
    yield _by("task_done_timestamp_seconds", "When a worker last did a task of that name.", "task", times)


def _disk() -> Iterator[Metric]:
    """Of the folder of the instance: uploads, and the database where it is the embedded one."""
    disk = os.statvfs(settings.VIGIE_HOME)
    yield _one("disk_bytes", "Size of the disk of the instance.", disk.f_frsize * disk.f_blocks)
    yield _one("disk_free_bytes", "What is free on it.", disk.f_frsize * disk.f_bavail)
    note = Path(settings.VIGIE_HOME) / LAST_BACKUP
    if note.exists():
        yield _one("backup_timestamp_seconds", "When ./run backup last made a file.", note.stat().st_mtime)


def _at(moment: datetime) -> float:
    return moment.timestamp()


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vigie_{name}", about, value=float(value))


def _by(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"vigie_{name}", about, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], float(value))
    return family
