"""The life of an import: received, handed to a worker or done here, undone. What other floors and pages call."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from base.jobs.locks import held
from base.jobs.waking import wake
from intake import locks, staging
from intake.files import NOT_KEPT, Kept, Readable, keep_file, location
from intake.kinds import kind_for
from intake.mapping import AUTO, LONGEST_OPTION, NO_SUCH_KIND, candidates, check_asked
from intake.models import ImportRun, State
from intake.problems import Refused
from intake.rights import may_import
from intake.tasks import run_import
from intake.work import perform_held

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["Refused", "import_again", "import_file", "queue_import", "undo"]


def queue_import(
    path_or_file: str | Path | Readable,
    *,
    filename: str,
    kind: str = AUTO,
    source: str = "",
    mapping: dict[str, Any] | None = None,
    by: "User | None" = None,
) -> ImportRun:
    """Keep the file and record a run for a worker, which is woken once the record is committed.

    ``mapping`` is what a mapping file says: ``columns``, ``dialect``, ``kind``, ``source``, ``covers`` and what kinds
    add. Refused when it, the kind or the file itself cannot be used; nothing is recorded then.
    """
    run = _record(path_or_file, filename=filename, kind=kind, source=source, mapping=mapping or {}, by=by)
    wake(run_import, run.pk)
    return run


def import_again(run: ImportRun, *, by: "User | None", covers: str = "") -> ImportRun:
    """Queue the kept file of an earlier run once more, as it was asked then; ``covers`` answers what it is of its days.

    Refused when there is no such answer, when its kind is not ``by``'s to import, or when its file was purged.
    """
    asked = {**run.asked, "covers": covers} if covers else run.asked
    check_asked(asked)
    _refuse_kind(asked["kind"], by)
    with transaction.atomic():
        locks.files_come_in()
        if ImportRun.objects.filter(pk=run.pk).exclude(purged_at=None).exists():
            raise Refused(NOT_KEPT)
        location(run.path, run.size)
        again = _create(Kept(run.path, run.sha256, run.size), run.filename, asked, by)
    wake(run_import, again.pk)
    return again


def import_file(
    path: str | Path,
    *,
    kind: str = AUTO,
    source: str = "",
    mapping: dict[str, Any] | None = None,
    by: "User | None" = None,
    dry_run: bool = False,
) -> ImportRun:
    """Import a file in this process and answer the finished run.

    ``dry_run`` does all of it in a transaction that is taken back: the answer is the run as it would have
    been.
    """
    filename = Path(path).name
    if dry_run:
        return _rehearse(path, filename=filename, kind=kind, source=source, mapping=mapping or {}, by=by)
    run = _record(path, filename=filename, kind=kind, source=source, mapping=mapping or {}, by=by)
    with held(ImportRun, run.pk, wait=True):  # the sweep of a worker may have been quicker
        return perform_held(ImportRun.objects.get(pk=run.pk))


def undo(run_id: int, *, by: "User | None") -> int:
    """Take a stored import back; the number of facts removed or changed. Refused when there is nothing to
    undo.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise Refused(gettext_noop("There is no import %(run)d."), run=run_id)
        if run.state != State.DONE:
            raise Refused(gettext_noop("Import %(run)d is not in force, so it cannot be undone."), run=run_id)
        locks.one_at_a_time(run.kind)
        staging.bound_memory()
        removed = kind_for(run.kind).undo(run)
        run.state, run.undone_at, run.undone_by = State.UNDONE, timezone.now(), by
        run.note(gettext_noop("Undone; facts removed or changed: %(facts)s."), facts=removed)
        run.save(update_fields=["state", "undone_at", "undone_by", "log"])
    return removed


def _record(
    given: str | Path | Readable,
    *,
    filename: str,
    kind: str,
    source: str,
    mapping: dict[str, Any],
    by: "User | None",
) -> ImportRun:
    check_asked({**mapping, "source": source or mapping.get("source", "")})
    asked = {**mapping, "kind": kind if kind != AUTO else mapping.get("kind", AUTO)}
    asked["source"] = source or mapping.get("source", "")
    _refuse_kind(asked["kind"], by)
    with transaction.atomic():
        locks.files_come_in()
        return _create(keep_file(given), filename, asked, by)


def _refuse_kind(kind: str, by: "User | None") -> None:
    """What a person may not import does not exist for them."""
    among = candidates(kind)
    if by is not None and not any(may_import(by, one) for one in among):
        raise Refused(NO_SUCH_KIND, kind=kind[:LONGEST_OPTION])


def _create(kept: Kept, filename: str, asked: dict[str, Any], by: "User | None") -> ImportRun:
    run = ImportRun(
        filename=filename[-255:], path=kept.path, sha256=kept.sha256, size=kept.size, asked=asked, by=by
    )
    run.kind, run.source = asked["kind"], asked["source"]
    run.note(gettext_noop("Received."))
    run.save()
    return run


def _rehearse(
    path: str | Path, *, filename: str, kind: str, source: str, mapping: dict[str, Any], by: "User | None"
) -> ImportRun:
    with transaction.atomic():
        run = _record(path, filename=filename, kind=kind, source=source, mapping=mapping, by=by)
        perform_held(run)
        run.first_rejects  # noqa: B018  # read while they exist; the property remembers them
        transaction.set_rollback(True)
    run.pk = None
    return run
