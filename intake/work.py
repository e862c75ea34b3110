"""The steps of one run, for the process that holds it: examine, read, judge, store, and say what became of
it.
"""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from base.faults import no_room
from base.jobs.locks import held
from base.jobs.work import GivenUp, attempt
from base.notify.tell import tell
from base.sentences import Sentence, as_sentence, keep
from intake import locks, staging
from intake.checking import Rejected
from intake.files import location
from intake.kinds import KnowsLive, Stored
from intake.lines import lines_of
from intake.loading import load, save_rejects
from intake.mapping import Match
from intake.models import FAULT, ImportRun, State
from intake.notifications import REFUSED
from intake.plans import Plan, make_plan
from intake.problems import Refused
from intake.retention import kept_until
from intake.rights import NOT_YOURS, may_import, refuse_stranger

logger = logging.getLogger(__name__)

MOST_REJECTED = 0.20  # share of rows read; beyond it the file is refused


class _Unchanged(Exception):  # noqa: N818  # an answer, not a fault
    def __init__(self, twin: ImportRun) -> None:
        self.twin = twin


def perform(run_id: int) -> ImportRun:
    """Do the work of a run; safe to call again after a crash, and at once back when another process is at it.

    OperationalError when the database goes away: the run stays as it was and is taken up again.
    """
    with held(ImportRun, run_id) as is_ours:
        run = ImportRun.objects.get(pk=run_id)
        return perform_held(run) if is_ours else run


def perform_held(run: ImportRun) -> ImportRun:
    """Carry a run to its end, from the start whatever an earlier attempt left. The caller holds the run.

    OperationalError is let through: the database is away, and the run will be taken up again. Not so when its disk is
    full, as this very file may be what fills it: what it took is freed, and a person decides.
    """
    if run.in_progress:
        attempt(run, begin=_begin, work=_work, failed=_end_otherwise)
    return run


def _begin(run: ImportRun) -> None:
    run.state = State.READING
    run.warnings, run.message, run.totals, run.seconds = [], [], {}, {}
    run.note(gettext_noop("Reading starts, attempt %(attempt)d."), attempt=run.attempts)
    run.save()


def _work(run: ImportRun) -> None:
    path = location(run.path, run.size)
    with _timed(run, "examine"):
        plan = _plan(run, path)
        if _was_month_first(run, plan):
            plan = _plan(run, path, day_first=False)
        _describe(run, plan)
        _stop_if_unchanged(run, plan.match)
    with _timed(run, "read"):
        plan, evidence = load(run, path, plan)
    _describe(run, plan)
    run.warnings = [keep(said) for said in plan.warnings(evidence)]
    _judge(run)
    run.state = State.STORING
    run.note(gettext_noop("Rows read: %(rows)s; storing."), rows=run.rows_read)
    run.save()
    _store(run, plan, path)


def _plan(run: ImportRun, path: Path, *, day_first: bool = True) -> Plan:
    """How the file is read, if whoever gave it may import what it turns out to be; the command line may all."""
    try:
        plan = make_plan(path, run.asked["kind"], run.asked, day_first=day_first)
    except Refused as refused:
        if refused.kind is not None and run.by is not None and not may_import(run.by, refused.kind):
            raise Refused(NOT_YOURS) from refused
        raise
    if run.by is not None:
        refuse_stranger(run.by, plan.match)
    return plan


def _was_month_first(run: ImportRun, plan: Plan) -> bool:
    """Whether the last file of the source was read month first: the dates of a single day may not tell."""
    before = ImportRun.objects.live().filter(source=run.source, kind=plan.match.kind.code)
    pattern = before.order_by("-pk").values_list("dialect__date_format", flat=True).first() or ""
    return "%m" in pattern.partition("%d")[0] and "%Y" not in pattern.partition("%m")[0]


def _describe(run: ImportRun, plan: Plan) -> None:
    run.kind, run.mapping = plan.match.kind.code, plan.match.document()
    run.dialect = {**plan.dialect.document(), "compressed": plan.dialect.compressed}
    run.save(update_fields=["kind", "mapping", "dialect"])


def _stop_if_unchanged(run: ImportRun, match: Match) -> None:
    """Same content, kind, source, columns and dialect as a run still in force, asked alike: there is nothing to do."""
    twins = ImportRun.objects.live().filter(
        sha256=run.sha256, kind=run.kind, source=run.source, mapping=run.mapping, dialect=run.dialect
    )
    for twin in twins:
        if _options(twin) != _options(run):
            continue
        if not isinstance(match.kind, KnowsLive) or match.kind.live(twin):
            raise _Unchanged(twin)


def _options(run: ImportRun) -> dict[str, str]:
    """What was asked beside what is kept as found: columns, dialect, kind and source."""
    found = ("columns", "dialect", "kind", "source")
    return {part: asked for part, asked in run.asked.items() if part not in found and asked}


def _judge(run: ImportRun) -> None:
    if run.rows_read == 0:
        raise Refused(gettext_noop("The file has a header but no rows."))
    if run.rows_rejected > MOST_REJECTED * run.rows_read:
        said = gettext_noop("Rows that cannot be taken: %(rejected)s of %(read)s, more than one in five.")
        raise Refused(said, rejected=run.rows_rejected, read=run.rows_read)


def _store(run: ImportRun, plan: Plan, path: Path) -> None:
    rejects: list[Rejected] = []
    try:
        with transaction.atomic():
            locks.one_at_a_time(run.kind)
            _stop_if_unchanged(run, plan.match)
            staging.bound_memory()
            with _timed(run, "store"):
                stored = plan.match.kind.store(run, run.stage)
            rejects = _rejects_by_meaning(run, stored, plan, path)
            _judge(run)
            _end_done(run, stored)
    except Refused:  # what was stored is taken back, the reasons are kept
        save_rejects(run, rejects)
        raise


def _rejects_by_meaning(run: ImportRun, stored: Stored, plan: Plan, path: Path) -> list[Rejected]:
    if not stored.rejects:
        return []
    raw = lines_of(path, plan.dialect, {line for line, _ in stored.rejects})
    rejects = [Rejected(line, as_sentence(said), raw.get(line, "")) for line, said in stored.rejects]
    save_rejects(run, rejects)
    run.rows_accepted -= len(rejects)
    run.rows_rejected += len(rejects)
    return rejects


def _end_done(run: ImportRun, stored: Stored) -> None:
    run.warnings += [keep(said) for said in stored.warnings]
    run.period_start, run.period_end = stored.start, stored.end
    run.totals = {code: str(total) for code, total in stored.totals.items()}
    _end(run, State.DONE, Sentence(gettext_noop("Rows imported: %(rows)s."), {"rows": run.rows_accepted}))


def _end(run: ImportRun, state: State, said: Sentence) -> None:
    staging.drop(run)
    run.state, run.message, run.finished_at = state, keep(said), timezone.now()
    run.kept_until = kept_until(run)
    run.note(said.template, **said.values)
    with transaction.atomic():
        run.save()
        if state in (State.REFUSED, State.FAILED) and run.by is not None:
            tell(REFUSED, [run.by], key=f"import:{run.pk}:refused", at=run.finished_at, about=run)


def _end_unchanged(run: ImportRun, twin: ImportRun) -> None:
    """Say again what the run in force says, so that scripts find the same figures."""
    for field in (
        "rows_read",
        "rows_accepted",
        "rows_rejected",
        "period_start",
        "period_end",
        "totals",
        "warnings",
    ):
        setattr(run, field, getattr(twin, field))
    run.rejects.all().delete()
    said = gettext_noop("The same file is already imported, as number %(run)d.")
    _end(run, State.UNCHANGED, Sentence(said, {"run": twin.pk}))


def _end_otherwise(run: ImportRun, why: Exception) -> None:
    """The end of a run that stored nothing, by what it was stopped by."""
    if isinstance(why, _Unchanged):
        _end_unchanged(run, why.twin)
    elif isinstance(why, Refused):
        _end(run, State.REFUSED, why.sentence)
    elif isinstance(why, GivenUp):
        _end(run, State.FAILED, Sentence(gettext_noop("The import crashed five times and was given up.")))
    else:
        _end_failed(run, why)


def _end_failed(run: ImportRun, error: Exception) -> None:
    run.refresh_from_db()
    if not no_room(error):  # a full disk is no fault of ours, and said in a sentence
        logger.error("import_failed", exc_info=error, extra={"import": run.pk})
    run.note(FAULT, trace="".join(traceback.format_exception(error))[-4000:])
    said = gettext_noop("The rows could not be stored; the log says why.")
    if no_room(error):
        said = gettext_noop(
            "The disk is full: nothing was stored. Make room on it, then read the file again."
        )
    _end(run, State.FAILED, Sentence(said))


@contextmanager
def _timed(run: ImportRun, phase: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    run.seconds[phase] = round(time.perf_counter() - start, 3)
