"""Jobs that only these tests know: an errand, done in one go, and a tour of stops. Both write where they were.

``python -m tests.base.toy_job errand|tour PK NAP`` is a worker that can be killed, asleep for so many seconds in each.
"""

import sys
from functools import partial
from typing import Any, ClassVar

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.db import connection, models  # after set-up
from django.utils import timezone

from base.jobs.locks import held
from base.jobs.models import Attempted, Job, JobQuerySet, JobStep, StepState, job_constraints
from base.jobs.work import GivenUp, attempt, do_step, end_step

STATES = NEW, DONE, FAILED = ("new", "done", "failed")


class Errand(Job, Attempted):
    OPEN = (NEW,)
    LOCK = 0x5649_0F01

    state = models.CharField(max_length=10, default=NEW)
    miles = models.PositiveIntegerField(default=0)  # its progress

    objects = JobQuerySet["Errand"].as_manager()

    class Meta:
        app_label = "toys"
        constraints = job_constraints("errand", STATES, unfinished=[NEW])


class Tour(Job):
    OPEN = (NEW,)

    state = models.CharField(max_length=10, default=NEW)

    objects = JobQuerySet["Tour"].as_manager()

    class Meta:
        app_label = "toys"


class Stop(JobStep):
    LOCK = 0x5649_0F02

    run = models.ForeignKey(Tour, on_delete=models.CASCADE, related_name="steps")

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta(JobStep.Meta):
        app_label = "toys"


class Visit(models.Model):
    """A trace of work that was done, and committed."""

    place = models.CharField(max_length=80)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = "toys"


TABLES: tuple[type[models.Model], ...] = (Errand, Tour, Stop, Visit)


def tour(*positions: tuple[str, ...]) -> Tour:
    """A tour of the places named, those of one tuple in any order."""
    made: Tour = Tour.objects.create()
    for position, places in enumerate(positions):
        for place in places:
            Stop.objects.create(run=made, name=place, position=position)
    return made


def stops(run: Tour) -> "models.QuerySet[Stop]":
    found: models.QuerySet[Stop] = Stop.objects.filter(run=run, run__state=NEW).select_related("run")
    return found


def visit(place: str, nap: float = 0) -> None:
    Visit.objects.create(place=place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [nap])


def go_on(run: Tour, nap: float = 0, work: Any = None, no_room_for: Any = None) -> bool:
    """Make the next stop of a tour, if there is one that nobody is at."""
    work = work or (lambda stop: visit(stop.name, nap))
    return do_step(stops(run), work=work, failed=_missed, no_room_for=no_room_for)


def _missed(stop: Stop, error: Exception) -> None:
    end_step(stop, StepState.FAILED, type(error).__name__)


def run_errand(pk: int, nap: float = 0, work: Any = None) -> bool:
    """Run an errand to its end if nobody is at it; whether this process was."""
    with held(Errand, pk) as is_ours:
        errand = Errand.objects.get(pk=pk)
        if is_ours and errand.in_progress:
            attempt(errand, begin=_set_out, work=work or partial(_walk, nap=nap), failed=_gave_up)
    return is_ours


def _set_out(errand: Errand) -> None:
    errand.note("Set out, attempt %(n)s.", n=errand.attempts)
    errand.miles = 0
    errand.save()


def _walk(errand: Errand, nap: float = 0) -> None:
    errand.miles = 7
    errand.save(update_fields=["miles"])
    visit("errand", nap)
    _end(errand, DONE)


def _gave_up(errand: Errand, error: Exception) -> None:
    errand.note("Crashed too often." if isinstance(error, GivenUp) else "Failed.")
    _end(errand, FAILED)


def _end(errand: Errand, state: str) -> None:
    errand.state, errand.finished_at = state, timezone.now()
    errand.save()


if __name__ == "__main__":
    what, pk, nap = sys.argv[1:]
    if what == "errand":
        run_errand(int(pk), float(nap))
    else:
        while go_on(Tour(pk=int(pk)), float(nap)):
            pass
