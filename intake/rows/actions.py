"""The life of a file of rows: given, its columns said, shown, and stored exactly as it was shown, or given up."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from base import dates
from base.sentences import Sentence, keep, sentence
from intake.names import plain
from intake.problems import Refused
from intake.rows import workbooks
from intake.rows.checking import Checked, check, unused
from intake.rows.headings import Guess, guess, header_row, heading, names_of
from intake.rows.kinds import VALUE, Change, Column, Outcome, RowKind, kind_for, may_go_across
from intake.rows.lines import Line, as_kept, counts_of, digest_of, lines_of
from intake.rows.models import RememberedColumns, RowsImport, RowsState, StagedSheet

if TYPE_CHECKING:
    from accounts.models import User

DRAFTS_KEPT = timedelta(days=30)
LINES_KEPT = timedelta(days=400)  # as files of other imports
_busy = BoundedSemaphore(1)
_SHOWN = ("lines", "digest", "said", "rows_new", "rows_changed", "rows_same", "rows_refused")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Reading and rehearsing take seconds of a thread that answers pages: of each process never two at once."""
    if not _busy.acquire(blocking=False):
        raise Refused(gettext_noop("Another file is being read: give yours again in a moment."))
    try:
        yield
    finally:
        _busy.release()


class Changed(Exception):  # noqa: N818  # an answer, not a fault
    """What the rows would do is no longer what was shown."""


@dataclass(frozen=True)
class Place:
    """Where the rows of a book most likely stand, and whether there was any doubt."""

    sheet: StagedSheet
    header: int
    guess: Guess
    is_sure: bool


@_one_at_a_time()
def stage(*, file: BinaryIO, filename: str, kind: RowKind, by: "User", at: datetime) -> RowsImport:
    """Keep what a file holds; when its columns leave no doubt, also what its rows would do. Refused when it is none."""
    file.seek(0)  # it may have been read before, by the first of two attempts
    content = file.read(workbooks.LARGEST + 1)
    columns = kind.columns(by)
    names = names_of(columns)
    sheets = workbooks.read_sheets(content, lambda cell: plain(heading(cell)) in names)
    forget_old(at)
    with transaction.atomic():
        run = RowsImport.objects.create(
            kind=kind.code, filename=filename.replace("\0", "")[-255:], sha256=hashlib.sha256(content).hexdigest(),
            size=len(content), by=by, created_at=at,
        )  # fmt: skip
        StagedSheet.objects.bulk_create(
            StagedSheet(
                run=run, position=number, name=sheet.name, is_hidden=sheet.is_hidden, rows=sheet.rows,
                hidden_rows=sheet.hidden_rows, said=[keep(said) for said in sheet.said], delimiter=sheet.delimiter,
            )
            for number, sheet in enumerate(sheets)
        )  # fmt: skip
        place = place_of(run, columns, by)
        run.sheet, run.header, run.columns = place.sheet.position, place.header, place.guess.columns
        run.save(update_fields=["sheet", "header", "columns"])
        if place.is_sure:
            show(run, by=by, at=at)
    return run


def place_of(run: RowsImport, columns: Sequence[Column], by: "User") -> Place:
    """The sheet and row with most headings that are known; a hidden sheet only where no other has any."""
    remembered = remembered_by(by, run.kind)
    names = {**names_of(columns), **{name: {code} for name, code in remembered.items() if code}}
    months = may_go_across(columns)
    sheets = list(run.sheets.all())
    found = [(sheet, *header_row(sheet.rows, names, months=months)) for sheet in sheets]
    sheet, header, score = max(found, key=lambda one: (one[2], not one[0].is_hidden, -one[0].position))
    alike = [other for other, _, known in found if known == score and other.is_hidden == sheet.is_hidden]
    told = guess_of(sheet, header, columns, remembered)
    return Place(sheet, header, told, told.is_sure and score > 0 and len(alike) == 1)


def guess_of(
    sheet: StagedSheet, header: int, columns: Sequence[Column], remembered: Mapping[str, str]
) -> Guess:
    return guess(sheet.rows[header] if header < len(sheet.rows) else [], columns, remembered)


def remembered_by(person: "User", kind: str) -> dict[str, str]:
    """What they said the last time: {plain heading: code, or blank for not used}."""
    kept = RememberedColumns.objects.filter(person=person, kind=kind).first()
    return dict(kept.headings) if kept else {}


@_one_at_a_time()
@transaction.atomic
def choose(
    run: RowsImport, *, sheet: StagedSheet, header: int, columns: Mapping[str, int], by: "User", at: datetime
) -> None:
    """Say where the rows stand and which column is which; it is remembered for the person's next file. Nothing, where
    it was confirmed or given up meanwhile.
    """
    if not _locked(run).is_draft:
        return
    run.sheet, run.header, run.columns = sheet.position, header, dict(columns)
    run.save(update_fields=["sheet", "header", "columns"])
    row = sheet.rows[header] if header < len(sheet.rows) else []
    by_place = {place: code for code, place in columns.items()}
    said = {
        plain(heading(cell)): by_place.get(place, "")
        for place, cell in enumerate(row)
        if plain(heading(cell))
    }
    kept, _new = RememberedColumns.objects.get_or_create(person=by, kind=run.kind)
    kept.headings = {**kept.headings, **said}
    kept.save(update_fields=["headings"])
    show(run, by=by, at=at)


def show(run: RowsImport, *, by: "User", at: datetime) -> None:
    """Work out what the rows would do, by doing it and taking it back, and keep that to be shown. Nothing, where it was
    confirmed or given up meanwhile.
    """
    kind = kind_for(run.kind)
    with transaction.atomic():
        if not _locked(run).is_draft:
            return
        with transaction.atomic():
            lines, said, _stored = _perform(run, kind, by, at)
            transaction.set_rollback(True)
        _put(run, lines, said)
        run.save(update_fields=_SHOWN)


def _locked(run: RowsImport) -> RowsImport:
    """As it is now, and stays until the transaction ends for whoever else asks."""
    run.refresh_from_db(from_queryset=RowsImport.objects.select_for_update())
    return run


@_one_at_a_time()
@transaction.atomic
def confirm(run: RowsImport, *, digest: str, by: "User", at: datetime) -> tuple[Any] | None:
    """Store the rows as they were shown, and answer what ``after`` is given; None when that was done before. Changed
    when they would do something else, Refused while another file is read.
    """
    locked = _locked(run)
    if not locked.is_draft:
        return None
    if digest != locked.digest:
        raise Changed
    kind = kind_for(locked.kind)
    with transaction.atomic():
        lines, said, stored = _perform(locked, kind, by, at)
        if digest != digest_of(lines):
            raise Changed
    _put(locked, lines, said)
    locked.state, locked.finished_at = RowsState.DONE, at
    locked.save(update_fields=[*_SHOWN, "state", "finished_at"])
    locked.sheets.all().delete()
    return (stored,)


@transaction.atomic
def drop(run: RowsImport, *, at: datetime) -> None:
    """Give a file up: what it held is forgotten."""
    locked = _locked(run)
    if locked.is_draft:
        locked.sheets.all().delete()
        locked.state, locked.finished_at, locked.lines = RowsState.DROPPED, at, []
        locked.save(update_fields=["state", "finished_at", "lines"])


def _perform(
    run: RowsImport, kind: RowKind, by: "User", at: datetime
) -> tuple[list[Line], list[Sentence], Any]:
    sheet = run.sheets.get(position=run.sheet)
    columns = kind.columns(by)
    if len(sheet.rows) - run.header - 1 > kind.most_rows:
        raise Refused(
            gettext_noop("At most %(most)s rows are taken at once: split the file."), most=kind.most_rows
        )
    kind.lock()
    checked = check(sheet.rows, run.header, run.columns, columns, sheet.delimiter)
    changes = kind.plan(checked.rows, by, at)
    stored = kind.store([one for one in changes if _is_to_store(one)], by, at)
    lines = lines_of(checked, changes)
    return lines, _said(run, sheet, checked, lines), stored


def _is_to_store(change: Change) -> bool:
    return not change.errors and change.outcome in (Outcome.NEW, Outcome.CHANGED)


def _said(run: RowsImport, sheet: StagedSheet, checked: Checked, lines: Sequence[Line]) -> list[Sentence]:
    """What to know of the whole: what was read in spite of how it looks, what was not read."""
    said = [Sentence(template, values) for template, values in sheet.said] + checked.said
    hidden = sorted(set(sheet.hidden_rows) & {line["row"] for line in lines})
    if hidden:
        text = gettext_noop("These rows are hidden in the sheet, and are read all the same: %(rows)s.")
        said.append(sentence(text, rows=", ".join(map(str, hidden[:20])) + ("…" if len(hidden) > 20 else "")))
    header = sheet.rows[run.header] if run.header < len(sheet.rows) else []
    if left := unused(header, run.columns, across=VALUE not in run.columns):
        said.append(
            sentence(gettext_noop("These columns are not used: %(columns)s."), columns=", ".join(left))
        )
    before = RowsImport.objects.filter(kind=run.kind, sha256=run.sha256, state=RowsState.DONE).first()
    if before is not None and before.finished_at is not None:
        day = dates.day(timezone.localtime(before.finished_at).date())
        said.append(sentence(gettext_noop("The same file was imported already: %(day)s."), day=day))
    return said


def _put(run: RowsImport, lines: Sequence[Line], said: Sequence[Sentence]) -> None:
    counts = counts_of(lines)
    run.lines, run.digest, run.said = as_kept(lines), digest_of(lines), [keep(one) for one in said]
    run.rows_new, run.rows_changed = counts.get(Outcome.NEW, 0), counts.get(Outcome.CHANGED, 0)
    run.rows_same, run.rows_refused = counts.get(Outcome.SAME, 0), counts.get(Outcome.REFUSED, 0)


def forget_old(at: datetime) -> None:
    """What nobody confirmed for a month is given up; of what was done, what each row held is forgotten in its time."""
    drafts = RowsImport.objects.filter(state=RowsState.DRAFT, created_at__lt=at - DRAFTS_KEPT)
    StagedSheet.objects.filter(run__in=drafts).delete()
    drafts.update(state=RowsState.DROPPED, finished_at=at, lines=[])
    RowsImport.objects.filter(finished_at__lt=at - LINES_KEPT).exclude(lines=[]).update(lines=[])
