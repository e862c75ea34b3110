"""The nightly run: order of steps, resumable from any crash.

``read`` freezes the figures; ``gaps:<indicator>`` steps compute from what was frozen, in any order and on any worker;
``publish`` flips the pointer readers follow, together with the deviations; ``tell`` notifies the owners. They are steps
of ``base.jobs``: whoever does one holds it, and does it in one transaction, so a process that dies frees it by dying.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from base.jobs.work import GivenUp, do_step, end_step, try_again
from kpis.catalogue import catalogue_now, load_catalogue
from kpis.coverage import last_day
from kpis.formula.nodes import FormulaError
from kpis.models import NightlyRun, NightlyStep, NightState, Publication, StepState
from kpis.night.inputs import freeze, one_view
from kpis.night_steps import compute_gaps, is_past, publish, tell

READ, PUBLISH, TELL = "read", "publish", "tell"
GAPS = "gaps:"
NO_ROOM = gettext_noop("The disk of the database is full: the night goes on by itself once there is room.")
# What readers are told of a failed step; what happened exactly is in the log of the server.
FAULT = gettext_noop("A fault of the program stopped this step. Whoever runs the server finds it in the log.")
BAD_FORMULA = gettext_noop("The formula of this indicator cannot be read.")
GIVEN_UP = gettext_noop("The step ended its worker several times and was given up.")
TOLD = frozenset({NO_ROOM, FAULT, BAD_FORMULA, GIVEN_UP})
MOST_ATTEMPTS = NightlyStep.MOST_ATTEMPTS  # nights of a day that fail are given up as their steps are
_PATIENCE = 0.2  # seconds between looks at a step another process does

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
            names = [[READ], [GAPS + code for code in codes], [PUBLISH], [TELL]]
            NightlyStep.objects.bulk_create(
                [NightlyStep(run=run, name=name, position=n) for n, some in enumerate(names) for name in some]
            )
    except IntegrityError:
        return NightlyRun.objects.filter(as_of=as_of).latest("pk")
    return run


def advance(run_id: int) -> bool:
    """Do one step of a run if one is free; False when nothing is left that this process could do now."""
    steps = NightlyStep.objects.filter(run_id=run_id, run__state=NightState.RUNNING).select_related("run")
    return do_step(steps, work=_work, failed=_fail, no_room_for=_wait_for_room)


def _work(step: NightlyStep) -> None:
    if step.name.startswith(GAPS):
        _commit_when_convenient()
        compute_gaps(step.run, step.name.removeprefix(GAPS))
    else:
        _STEPS[step.name](step.run)


def _commit_when_convenient() -> None:
    """Do not wait for the disk: gaps that a crash of the database takes are computed again, together with their step.

    What readers see waits: the commit of ``publish`` comes after these in the log, and is on disk when it is told.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _read(run: NightlyRun) -> None:
    one_view()
    freeze(run)


def _tell(run: NightlyRun) -> None:
    tell(run)
    _end(run, NightState.DONE)


_TOLD_OF: dict[type[Exception], str] = {FormulaError: BAD_FORMULA, GivenUp: GIVEN_UP}
_STEPS: dict[str, Callable[[NightlyRun], None]] = {READ: _read, PUBLISH: publish, TELL: _tell}


def _end(run: NightlyRun, state: NightState, message: str = "") -> None:
    run.state, run.finished_at, run.message = state, timezone.now(), message
    if message:
        run.note(message)
    run.save(update_fields=["state", "finished_at", "message", "log"])


def _wait_for_room(step: NightlyStep) -> None:
    """A full disk is no fault of the step: it may try for as long as that lasts, and the night says so."""
    run = step.run
    if run.message != NO_ROOM:
        run.message = NO_ROOM
        run.note(NO_ROOM)
        run.save(update_fields=["message", "log"])


def _fail(step: NightlyStep, error: Exception) -> None:
    """Keep what went wrong, in words and in the log: one failed indicator never blocks another. A night without figures
    or publication has failed as a whole.
    """
    logger.error("night_step_failed", exc_info=error, extra={"night": step.run_id, "step": step.name})
    told = next((said for kind, said in _TOLD_OF.items() if isinstance(error, kind)), FAULT)
    with transaction.atomic():
        end_step(step, StepState.FAILED, told)
        if not step.name.startswith(GAPS):
            _end(step.run, NightState.DONE if step.name == TELL else NightState.FAILED, told)


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
    steps = try_again(failed)
    locked.state, locked.finished_at, locked.message = NightState.RUNNING, None, ""
    locked.note(gettext_noop("Steps that failed are tried again: %(steps)s."), steps=steps)
    locked.save(update_fields=["state", "finished_at", "message", "log"])
    return steps


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
