"""One attempt at a row that this process holds, and a step of a job that nobody is at."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from django.db import Error, connection, transaction
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from base.faults import away, in_vain, no_room
from base.jobs.locks import first_held
from base.jobs.models import Attempted, JobStep, StepState

Row = TypeVar("Row", bound=Attempted)
Step = TypeVar("Step", bound=JobStep)


class GivenUp(Exception):  # noqa: N818  # an answer, not a fault
    """The work was begun as often as it may be, and each time something cut it off: its worker died, mostly."""


def count_attempt(row: Attempted) -> None:
    row.save(update_fields=["attempts", "started_at"])


def attempt(
    row: Row,
    *,
    work: Callable[[Row], object],
    failed: Callable[[Row, Exception], object],
    begin: Callable[[Row], object] = count_attempt,
    no_room_for: Callable[[Row], object] | None = None,
) -> None:
    """Do the work of an open row that this process holds; ``failed`` is told what it raised, or GivenUp.

    ``begin`` saves the attempt before the work, so that what kills its worker is counted too. The error of a database
    that is away is let through: the row stays open and is taken up again. Where the database answers again at once, as
    after a deadlock, that attempt is not counted, unless the work itself was more than it does (``faults.in_vain``). A
    full disk is a failure; where the row waits for room instead, ``no_room_for`` is told, the attempt is not counted
    and that error is let through too.
    """
    if row.attempts >= row.MOST_ATTEMPTS:
        failed(row, GivenUp())
        return
    row.attempts, row.started_at, row.began = row.attempts + 1, timezone.now(), time.monotonic()
    begin(row)
    try:
        work(row)
    except Exception as error:
        if no_room(error) and no_room_for is not None:
            with suppress(Error):
                _uncount(row)
                no_room_for(row)
            raise
        if away(error) and not no_room(error):
            if not in_vain(error):
                with suppress(Error):
                    _uncount(row)
            raise
        failed(row, error)


def _uncount(row: Attempted) -> None:
    """Take the attempt back, unless somebody else has begun another since our connection and its lock were lost."""
    ours = type(row)._default_manager.filter(pk=row.pk, attempts=row.attempts, started_at=row.started_at)
    row.attempts, row.started_at = row.attempts - 1, None
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()  # another one is opened, if the database is there
    ours.update(attempts=row.attempts, started_at=None)


def pause_after(attempts: int) -> timedelta:
    """How long what failed that often is left alone: one minute, two, four … up to eight hours."""
    return timedelta(minutes=min(2 ** (attempts - 1), 480))


# ---- a job of several steps -----------------------------------------------------------------------------------------


def do_step(
    steps: QuerySet[Step],
    *,
    work: Callable[[Step], object],
    failed: Callable[[Step, Exception], object],
    no_room_for: Callable[[Step], object] | None = None,
) -> bool:
    """Do one of the steps of a job and end it, in one transaction; False when none is due that nobody is at."""

    def work_and_end(step: Step) -> None:
        with transaction.atomic():
            work(step)
            end_step(step, StepState.DONE)

    with first_held(due(steps)) as step:
        if step is not None:
            attempt(step, work=work_and_end, failed=failed, no_room_for=no_room_for)
    return step is not None


def due(steps: QuerySet[Step]) -> QuerySet[Step]:
    """Of the steps of one job those whose turn has come: of the lowest position at which one waits."""
    waiting = steps.filter(state=StepState.WAITING)
    return waiting.filter(position=Subquery(waiting.order_by("position").values("position")[:1]))


def end_step(step: JobStep, state: StepState, error: str = "") -> None:
    step.state, step.error, step.finished_at = state, error, timezone.now()
    step.seconds = time.monotonic() - step.began if step.began else None
    step.save(update_fields=["state", "error", "finished_at", "seconds"])


def try_again(steps: QuerySet[Step]) -> int:
    """Set the failed ones of these steps waiting, as if they had never begun; how many."""
    begun = {"started_at": None, "seconds": None, "finished_at": None}
    failed = steps.filter(state=StepState.FAILED)
    return failed.update(state=StepState.WAITING, attempts=0, error="", **begun)
