"""What workers do for the night: start it when due, advance it, sweep up what was left. Ids in, one call."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from base.faults import AWAY
from kpis import nightly
from kpis.models import NightlyRun, NightState
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
        advance_night.delay(run.pk)


@shared_task
def sweep() -> None:
    """Wake a worker for every night still running: whatever stopped it, its steps know what is left."""
    for run_id in NightlyRun.objects.filter(state=NightState.RUNNING).values_list("id", flat=True):
        advance_night.delay(run_id)


@worker_ready.connect
def sweep_at_start(**_: Any) -> None:
    sweep.delay()
