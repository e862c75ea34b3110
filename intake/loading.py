"""Reading a planned file into its staging table, in short transactions that also tell how far it got."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from base.models import Company
from intake import staging
from intake.cells import Context
from intake.checking import Checked, Checker, Rejected
from intake.dialects import Evidence
from intake.lines import Batch, Reader
from intake.models import ImportRun
from intake.plans import Plan, make_plan, other_encoding
from intake.problems import Refused

_PER_TRANSACTION = 40  # batches: some 20,000 rows, about a tenth of a second
_READINGS = 4  # a file whose last rows contradict the first is read again; it settles long before this


def load(run: ImportRun, path: Path, plan: Plan) -> tuple[Plan, Evidence]:
    """Read the file into ``run.stage`` and answer the plan it was finally read with.

    Read again when the whole file's evidence contradicts the sample's: another encoding, decimal mark or day
    order.
    """
    evidence = Evidence()
    for _ in range(_READINGS):
        try:
            evidence = _read(run, path, plan)
        except UnicodeDecodeError:
            plan = _with_other_encoding(run, path, plan)
            continue
        settled = plan.settled(evidence)
        if settled == plan:
            break
        plan = settled
    return plan, evidence


def save_rejects(run: ImportRun, rejects: Iterable[Rejected]) -> None:
    """Record rejected rows, however many, in the running transaction."""
    columns = 'COPY intake_importreject (run_id, line, reason, "values", raw) FROM STDIN'
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(columns) as stream:
        for reject in rejects:
            said = reject.reason
            stream.write_row((run.pk, reject.line, said.template, json.dumps(said.values), reject.raw))


def _with_other_encoding(run: ImportRun, path: Path, plan: Plan) -> Plan:
    encoding = other_encoding(plan)
    if encoding is None or "encoding" in run.asked.get("dialect", {}):
        said = gettext_noop("The file holds bytes that are not %(encoding)s text.")
        raise Refused(said, encoding=plan.dialect.encoding)
    return make_plan(path, run.kind, run.asked, encoding, day_first=plan.dialect.day_first)


def _read(run: ImportRun, path: Path, plan: Plan) -> Evidence:
    _start_over(run, plan)
    context = Context(plan.dialect, ZoneInfo(Company.current().timezone))
    checker = Checker(plan.match, plan.header, context)
    with Reader(path, plan.dialect, len(plan.header), checker.takes) as reader:
        batches = reader.batches(plan.skip)
        for first in batches:
            _take(run, checker, reader, islice(chain([first], batches), _PER_TRANSACTION))
    return checker.evidence


def _start_over(run: ImportRun, plan: Plan) -> None:
    with transaction.atomic():
        run.rejects.all().delete()
        run.rows_read = run.rows_accepted = run.rows_rejected = run.bytes_read = 0
        _save_progress(run)
        staging.create(run, plan.match)


def _take(run: ImportRun, checker: Checker, reader: Reader, batches: Iterator[Batch]) -> None:
    rejects: list[Rejected] = []
    with transaction.atomic():
        _commit_lazily()
        with staging.copying(run) as stream:
            for batch in batches:
                checked = checker.check(batch, reader)
                stream.write(checked.copy)
                rejects += checked.rejects
                _count(run, checked)
        if rejects:
            save_rejects(run, rejects)
        run.bytes_read = min(reader.position, run.size)
        _save_progress(run)


def _count(run: ImportRun, checked: Checked) -> None:
    run.rows_accepted += checked.accepted
    run.rows_rejected += len(checked.rejects)
    run.rows_read = run.rows_accepted + run.rows_rejected


def _save_progress(run: ImportRun) -> None:
    run.save(update_fields=["rows_read", "rows_accepted", "rows_rejected", "bytes_read"])


def _commit_lazily() -> None:
    """Progress and staging need not survive a crash: the run then starts over."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
