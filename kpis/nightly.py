"""The nightly run: order of steps, resumable from any crash.

``read`` freezes the figures; ``gaps:<indicator>`` steps compute from what was frozen, in any order and on any worker;
``publish`` flips the pointer readers follow, together with the deviations; ``tell`` notifies the owners. A step is
claimed by locking its row inside the transaction that does its work, so a process that dies frees it by dying.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from base.faults import away, no_room
from kpis.catalogue import catalogue_now, load_catalogue
from kpis.coverage import last_day
from kpis.formula.nodes import FormulaError
from kpis.models import NightlyRun, NightlyStep, NightState, Publication, StepState
from kpis.night.frozen import freeze, one_view
from kpis.night.steps import compute_gaps, is_past, publish, tell

READ, PUBLISH, TELL = "read", "publish", "tell"
GAPS = "gaps:"
NO_ROOM = gettext_noop("The disk of the database is full: the night goes on by itself once there is room.")
# What readers are told of a failed step; what happened exactly is in the log of the server.
FAULT = gettext_noop("A fault of the program stopped this step. Whoever runs the server finds it in the log.")
BAD_FORMULA = gettext_noop("The formula of this indicator cannot be read.")
GIVEN_UP = gettext_noop("The step ended its worker several times and was given up.")
TOLD = frozenset({NO_ROOM, FAULT, BAD_FORMULA, GIVEN_UP})
# A step that brings its worker down this often is given up, so that it cannot hold the night for ever.
MOST_ATTEMPTS = 5
_PATIENCE = 0.2  # seconds between looks at a step another process does
# Whoever takes a step locks it a moment later: before this is over, no other takes it too.
_JUST_TAKEN = timedelta(seconds=2)


logger = logging.getLogger(__name__)


class NightError(Exception):
    """A plain sentence that says why no night can be run."""


def run_night(*, as_of: date, trigger: str = "command", by: User | None = None) -> NightlyRun:
    """Run a whole night here and now, or finish the one already running for that day.

    Back when the night is over, whoever did its last steps: a worker may be at one, and may die of it.
    """
    run = ensure_run(as_of=as_of, trigger=trigger, by=by)
    while run.state == NightState.RUNNING:
        if not advance(run.pk):
            run.refresh_from_db()
            time.sleep(_PATIENCE if run.state == NightState.RUNNING else 0)
    return run


def ensure_run(*, as_of: date, trigger: str, by: User | None = None) -> NightlyRun:
    """The run of that day that is still going, or a new one with its steps. Two at once become one."""
    catalogue = load_catalogue(as_of)
    if last_day(catalogue.coverage) is None:
        raise NightError(gettext_noop("There are no figures up to that day yet: import a file first."))
    codes = [code for code in catalogue.indicators if code in catalogue.unsound or catalogue.spoken_for(code)]
    published = Publication.objects.select_related("run").first()
    historical = is_past(as_of, published)
    try:
        with transaction.atomic():
            run = NightlyRun.objects.create(as_of=as_of, trigger=trigger, by=by, historical=historical)
            names = [READ, *(GAPS + code for code in codes), PUBLISH, TELL]
            NightlyStep.objects.bulk_create(
                [NightlyStep(run=run, name=name, position=n) for n, name in enumerate(names)]
            )
    except IntegrityError:
        return NightlyRun.objects.filter(as_of=as_of).latest("pk")
    return run


def advance(run_id: int) -> bool:
    """Do one step of a run if one is free; False when nothing is left that this process could do now."""
    step = _next_step(run_id)
    if step is None:
        return False
    began = time.monotonic()
    try:
        with transaction.atomic():
            if step.name == READ:
                one_view()
            if not _claim(step):
                return _others_wait(run_id, step)
            _work(step)
            _finish(step, StepState.DONE, "", began)
    except Exception as error:
        if no_room(error):
            _wait_for_room(step)
        if away(error) or no_room(error):
            raise  # nothing was lost: the step is taken up again
        _fail(step, error, began)  # one failed indicator never blocks another
    return True


def _wait_for_room(step: NightlyStep) -> None:
    """A full disk is no fault of the step: it may try for as long as that lasts, and the night says so."""
    with suppress(DatabaseError):
        NightlyStep.objects.filter(pk=step.pk).update(attempts=F("attempts") - 1, started_at=None)
        NightlyRun.objects.filter(pk=step.run_id).update(message=NO_ROOM)


def _next_step(run_id: int) -> NightlyStep | None:
    """The first waiting step whose turn has come: gaps after ``read``, ``publish`` after all gaps, ``tell`` last.

    Its attempt is counted, and committed, before the work begins: a step that kills its worker is counted too. The
    clock is that of the database, the same for all who take steps.
    """
    with transaction.atomic():
        if not NightlyRun.objects.filter(pk=run_id, state=NightState.RUNNING).exists():
            return None
        waiting = NightlyStep.objects.filter(run_id=run_id, state=StepState.WAITING).order_by("position")
        free = waiting.filter(_not_just_taken()).select_for_update(skip_locked=True).first()
        if free is None or not _is_due(free):
            return None
        free.attempts += 1
        NightlyStep.objects.filter(pk=free.pk).update(attempts=free.attempts, started_at=Now())
    return free


def _not_just_taken() -> Q:
    """What begins in the future was taken by a clock that was put back since."""
    return Q(started_at=None) | Q(started_at__lte=Now() - _JUST_TAKEN) | Q(started_at__gt=Now())


def _is_due(step: NightlyStep) -> bool:
    before = NightlyStep.objects.filter(
        run_id=step.run_id, state=StepState.WAITING, position__lt=step.position
    )
    if step.name.startswith(GAPS):
        before = before.filter(name=READ)
    return not before.exists()


def _claim(step: NightlyStep) -> bool:
    locked = NightlyStep.objects.select_for_update(skip_locked=True).filter(
        pk=step.pk, state=StepState.WAITING
    )
    return locked.first() is not None


def _others_wait(run_id: int, step: NightlyStep) -> bool:
    """Another worker took this step; there may be another free one."""
    return (
        NightlyStep.objects.filter(run_id=run_id, state=StepState.WAITING)
        .exclude(pk=step.pk)
        .filter(name__startswith=GAPS)
        .exists()
    )


def _work(step: NightlyStep) -> None:
    if step.attempts > MOST_ATTEMPTS:
        raise NightError(GIVEN_UP)
    run = step.run
    with connection.cursor() as cursor:  # a long statement ends soon after its worker was killed
        cursor.execute("SET LOCAL client_connection_check_interval = '1s'")
    if step.name.startswith(GAPS):
        _commit_when_convenient()
        compute_gaps(run, step.name.removeprefix(GAPS))
    else:
        _STEPS[step.name](run)


def _commit_when_convenient() -> None:
    """Do not wait for the disk: gaps that a crash of the database takes are computed again, together with their step.

    What readers see waits: the commit of ``publish`` comes after these in the log, and is on disk when it is told.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


_STEPS: dict[str, Callable[[NightlyRun], None]] = {READ: freeze, PUBLISH: publish, TELL: tell}


def _finish(step: NightlyStep, state: StepState, error: str, began: float) -> None:
    now = timezone.now()
    NightlyStep.objects.filter(pk=step.pk).update(
        state=state, error=error, seconds=time.monotonic() - began, finished_at=now
    )
    if step.name == TELL and state == StepState.DONE:
        _end(step.run_id, NightState.DONE, now)


@transaction.atomic
def retry(*, run: NightlyRun) -> int:
    """Set the failed steps of a run waiting again and the run going; returns how many steps.

    Raises NightError when another run has since taken its place, or when the run was published without some
    indicators: what it read is gone then, and only a new night of that day sees all of them alike.
    """
    locked = NightlyRun.objects.select_for_update().get(pk=run.pk)
    failed = locked.steps.filter(state=StepState.FAILED)
    if NightlyRun.objects.filter(as_of=locked.as_of, pk__gt=locked.pk).exists():
        raise NightError(gettext_noop("A later night was run for that day."))
    if locked.state == NightState.RUNNING or not failed.exists():
        raise NightError(gettext_noop("No step of this night waits for another try."))
    if locked.state == NightState.DONE and failed.exclude(name=TELL).exists():
        raise NightError(gettext_noop("This night was published: run a new night for that day instead."))
    NightlyRun.objects.filter(pk=run.pk).update(state=NightState.RUNNING, finished_at=None, message="")
    begun = {"started_at": None, "seconds": None, "finished_at": None}
    return failed.update(state=StepState.WAITING, attempts=0, error="", **begun)


def _end(run_id: int, state: NightState, now: datetime) -> None:
    NightlyRun.objects.filter(pk=run_id).update(state=state, finished_at=now)


def _fail(step: NightlyStep, error: Exception, began: float) -> None:
    """Keep what went wrong, in words and in the log. A night without figures or publication has failed as a whole."""
    logger.error("night_step_failed", exc_info=error, extra={"night": step.run_id, "step": step.name})
    told = BAD_FORMULA if isinstance(error, FormulaError) else str(error)
    told = told if told in TOLD else FAULT
    with transaction.atomic():
        _finish(step, StepState.FAILED, told, began)
        if step.name in (READ, PUBLISH, TELL):
            NightlyRun.objects.filter(pk=step.run_id).update(message=told)
            _end(step.run_id, NightState.DONE if step.name == TELL else NightState.FAILED, timezone.now())


# ---- what starts a night --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """A night that should have begun: since when, and the day it is about."""

    since: datetime
    as_of: date


def due_night(now: datetime, hour: int) -> Due | None:
    """The night due by now: that of yesterday, or of the last day known where figures stop earlier.

    It is due since the last time the clock passed the hour of the night, local time: the first time, where a clock
    put back passes it twice. None without figures.
    """
    local = timezone.localtime(now)
    began = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    since = began if began <= local else began - timedelta(days=1)
    yesterday = since.date() - timedelta(days=1)
    known = last_day(catalogue_now().coverage, until=yesterday)
    return Due(since, known) if known else None


def missed_night(now: datetime, hour: int) -> date | None:
    """The day whose night is overdue by an hour, when nights have begun here and it was never run; else None."""
    due = due_night(now - timedelta(hours=1), hour)
    published = Publication.objects.select_related("run").first()
    return due.as_of if due and published is not None and published.run.as_of < due.as_of else None


def needs_start(due: Due) -> bool:
    """True when no run of that day or later was started since it was due, or those that were have failed so far."""
    runs = NightlyRun.objects.filter(as_of__gte=due.as_of, created_at__gte=due.since)
    return not runs.exclude(state=NightState.FAILED).exists() and runs.count() < MOST_ATTEMPTS
