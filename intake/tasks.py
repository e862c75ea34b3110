"""What workers do: wake up for a run, sweep up runs nobody works on, purge files whose time is over."""

from celery import shared_task
from django.utils import timezone

from base.faults import AWAY
from base.jobs import waking
from intake import retention, work
from intake.models import ImportRun


@shared_task(autoretry_for=AWAY, default_retry_delay=3, max_retries=20)
def run_import(run_id: int) -> None:
    """Perform one run; a second call while it is at work, or after it, does nothing."""
    work.perform(run_id)


@shared_task
def sweep() -> None:
    """Wake a worker for every run that waits and that no process holds."""
    waking.sweep(run_import, ImportRun, ImportRun.objects.pks_in_progress())


@shared_task
def purge_files() -> None:
    """Purge the files and rejected rows whose time is over; safe to kill and to repeat."""
    retention.purge(timezone.now())


waking.at_worker_start(sweep)
