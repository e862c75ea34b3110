"""What workers do: wake up for a run, sweep up runs nobody works on, purge files whose time is over."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from intake import locks, retention, work
from intake.models import ImportRun


@shared_task(autoretry_for=(OperationalError, InterfaceError), default_retry_delay=3, max_retries=20)
def run_import(run_id: int) -> None:
    """Perform one run; a second call while it is at work, or after it, does nothing."""
    work.perform(run_id)


@shared_task
def sweep() -> None:
    """Wake a worker for every run that waits and that no process holds: after a crash, or when the queue was
    away.
    """
    held = locks.held_runs()
    for run_id in ImportRun.objects.in_progress().order_by("id").values_list("id", flat=True):
        if locks.key(run_id) not in held:
            run_import.delay(run_id)


@shared_task
def purge_files() -> None:
    """Purge the files and rejected rows whose time is over; safe to kill and to repeat."""
    retention.purge(timezone.now())


@worker_ready.connect
def sweep_at_start(**_: Any) -> None:
    sweep.delay()
