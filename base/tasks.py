"""What workers do for what people are told: letters, and what is late. Ids in, one call."""

from celery import shared_task
from django.utils import timezone

from base.deadlines.escalation import escalate
from base.faults import AWAY
from base.jobs import waking
from base.notify import letters
from base.notify.models import Letter


@shared_task
def sweep_letters() -> None:
    """Gather what is due and wake a worker for each letter that waits; safe to kill and to repeat."""
    now = timezone.now()
    letters.gather(now)
    waking.sweep(send_letter, Letter, letters.waiting(now))


@shared_task(autoretry_for=AWAY, default_retry_delay=3, max_retries=20)
def send_letter(letter_id: int) -> None:
    letters.send(letter_id, timezone.now())


@shared_task
def escalate_deadlines() -> None:
    """Tell managers what is late; each thing is told once, however often this is done."""
    escalate(today=timezone.localdate(), at=timezone.now())
