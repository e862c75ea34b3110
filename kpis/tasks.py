"""What workers do for the night: start it when due, advance it, sweep up what was left. Ids in, one call."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from base.faults import AWAY
from base.jobs import waking
from kpis import nightly
from kpis.models import NightlyRun
from kpis.notifications import tell_night_missed


@shared_task(autoretry_for=AWAY, default_retry_delay=3, max_retries=20)
def advance_night(run_id: int) -> None:
    """Do the steps of a run that are free, one after the other, until none is left for this worker."""
    while nightly.advance(run_id):
        pass


@shared_task
def start_due_night() -> None:
    """Start the night once its hour has come, if it was not started yet, and tell of one that was missed. Beat calls
    this each minute.
    """
    now = timezone.now()
    if missed := nightly.missed_night(now, settings.NIGHT_HOUR):
        tell_night_missed(missed, now)
    due = nightly.due_night(now, settings.NIGHT_HOUR)
    if due and nightly.needs_start(due):
        run = nightly.ensure_run(as_of=due.as_of, trigger="schedule")
        waking.wake(advance_night, run.pk)


@shared_task
def sweep() -> None:
    """Wake a worker for every night still running: whatever stopped it, its steps know what is left."""
    waking.sweep(advance_night, NightlyRun, NightlyRun.objects.pks_in_progress())


waking.at_worker_start(sweep)
