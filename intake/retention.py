"""How long received files, and rejected rows as they came, are kept: by the rule of their kind, and with a record.

What a file became stays for good: its rows, its figures, the record of its import. No figure is ever read from a file
again, so nothing that has money in it goes with one. A run says until when its file is kept (``kept_until``), and a
rule that would shorten that, or that meets files older than it, takes effect only after a notice.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from string import hexdigits
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.access import people_with
from base.notify.tell import tell
from intake.files import FOLDER
from intake.kinds import kinds
from intake.locks import files_at_rest
from intake.models import FAULT, STORED, Found, ImportRun, Purge
from intake.notifications import PURGE_ANNOUNCED
from intake.rights import kind_of
from intake.rows.actions import forget_old

NOTICE = timedelta(days=30)
UNKNOWN = "unknown"  # the rule of files whose kind was never known
_UNKNOWN_DAYS = 90
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """Files of a kind are kept so many days after their import, or its undoing; None for good."""

    kind: str
    days: int | None


def rules() -> list[Rule]:
    """Of each kind in the order of registration, then of files of unknown kind: as the instance sets it, else as the
    kind does.
    """
    usual = {kind.code: kind.terms.keep_days for kind in kinds()} | {UNKNOWN: _UNKNOWN_DAYS}
    return [Rule(code, settings.IMPORT_KEEP_DAYS.get(code, days)) for code, days in usual.items()]


def rule_of(run: ImportRun) -> Rule:
    kind = kind_of(run)
    code = kind.code if kind is not None else UNKNOWN
    return next(rule for rule in rules() if rule.kind == code)


def kept_until(run: ImportRun) -> date | None:
    """Until when the rule keeps the file of a run that is over; None for good."""
    rule, since = rule_of(run), run.undone_at or run.finished_at
    if rule.days is None or since is None:
        return None
    return timezone.localtime(since).date() + timedelta(days=rule.days)


def purge(now: datetime) -> int:
    """Set the day of each file by today's rules, then purge what is over; the number of runs purged.

    It may die anywhere and be run again: what is purged is recorded in the transaction that forgets the rejected rows,
    and a file whose runs are all purged is removed by whoever comes next.
    """
    today = timezone.localtime(now).date()
    for rule in rules():
        _set_days(rule, today)
    over = ImportRun.objects.filter(purged_at=None, kept_until__lt=today).exclude(finished_at=None)
    purged = [_purge_run(pk, now) for pk in list(over.order_by("pk").values_list("pk", flat=True))]
    _remove_files(now)
    forget_old(now)
    return sum(purged)


# Where a rule would end the keeping of a file sooner than was said, or where nothing was said, there is a notice.
_SET = """
UPDATE intake_importrun SET kept_until = found.until
FROM (
    SELECT id, CASE WHEN wanted >= kept_until THEN wanted
                    ELSE greatest(wanted, least(kept_until, %(notice)s::date)) END AS until
    FROM (SELECT id, kept_until,
                 (coalesce(undone_at, finished_at) AT TIME ZONE %(zone)s)::date + %(days)s::int AS wanted
          FROM intake_importrun WHERE purged_at IS NULL AND finished_at IS NOT NULL AND {of_rule}) AS run
) AS found
WHERE found.id = intake_importrun.id AND intake_importrun.kept_until IS DISTINCT FROM found.until
RETURNING found.until
"""
_KNOWN = "(state = ANY(%(stored)s) OR mapping <> '{{}}') AND kind = ANY(%(kinds)s)".replace("{{}}", "{}")


def _set_days(rule: Rule, today: date) -> None:
    of_rule = f"NOT ({_KNOWN})" if rule.kind == UNKNOWN else f"({_KNOWN}) AND kind = %(kind)s"
    asked: dict[str, Any] = {
        "notice": today + NOTICE,
        "zone": timezone.get_current_timezone_name(),
        "days": rule.days,
        "stored": list(STORED),
        "kinds": [kind.code for kind in kinds()],
        "kind": rule.kind,
    }
    with connection.cursor() as cursor:
        if rule.days is None:
            forever = (
                f"UPDATE intake_importrun SET kept_until = NULL WHERE kept_until IS NOT NULL AND {of_rule}"
            )
            cursor.execute(f"{forever} AND purged_at IS NULL", asked)
            return
        cursor.execute(_SET.replace("{of_rule}", of_rule), asked)
        told = [until for (until,) in cursor.fetchall() if until == today + NOTICE]
    if told:
        _give_notice(today + NOTICE, len(told))


def _give_notice(day: date, files: int) -> None:
    """Tell those who look after the instance what will go, once for a day."""
    key, people = f"imports:purge:{day.isoformat()}", people_with(PURGE_ANNOUNCED.right)
    tell(PURGE_ANNOUNCED, people, key=key, at=timezone.now(), day=day.isoformat(), files=files)


# What a rejected row said, but for counts and the names of columns: ``ImportReject.said`` reads on.
_FORGET = """
UPDATE intake_importreject SET raw = '', values = (
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'string' AND key <> 'column'
                                               THEN '"…"'::jsonb ELSE value END), '{}'::jsonb)
    FROM jsonb_each(values))
WHERE run_id = %s
"""


@transaction.atomic
def _purge_run(pk: int, now: datetime) -> bool:
    today = timezone.localtime(now).date()
    over = ImportRun.objects.filter(pk=pk, purged_at=None, kept_until__lt=today)
    run = over.select_for_update(skip_locked=True).first()
    if run is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [pk])
        rows = cursor.rowcount
    others = ImportRun.objects.filter(sha256=run.sha256, purged_at=None).exclude(pk=pk).exists()
    path, rule = Path(settings.MEDIA_ROOT) / run.path, rule_of(run)
    size = path.stat().st_size if path.is_file() else None
    Purge.objects.create(
        run=run, at=now, kind=rule.kind, days=rule.days, rows=rows,
        bytes=0 if others else size or 0,
        found=Found.SHARED if others else Found.GONE if size is None else Found.THERE,
    )  # fmt: skip
    run.log = [line for line in run.log if line[1] != FAULT]  # a fault may quote a row
    run.purged_at = now
    run.note(gettext_noop("The file and its rejected rows as they came were purged."))
    run.save(update_fields=["log", "purged_at"])
    return True


def _remove_files(now: datetime) -> None:
    """Files that nothing points to any more: of purged runs, and those no run was ever recorded for."""
    with files_at_rest() as alone:
        if not alone:
            return  # files are coming in, or a backup reads them: next time
        runs = ImportRun.objects.order_by()
        needed = set(runs.filter(purged_at=None).values_list("sha256", flat=True))
        known = set(runs.values_list("sha256", flat=True))
        for path in _received():
            with suppress(FileNotFoundError):
                if path.name not in needed and (path.name in known or _is_stray(path, now)):
                    path.unlink()


def _is_stray(path: Path, now: datetime) -> bool:
    """Whether a file no run knows is old enough to go; it is recorded then, before it does.

    A part of a file whose sending was broken off is of no use; a whole one may be of a run restored tomorrow.
    """
    found = path.stat()
    grace = _A_DAY if path.name.startswith("tmp") else NOTICE
    if now.timestamp() - found.st_mtime < grace.total_seconds():
        return False
    about = {"at": now, "bytes": found.st_size}
    Purge.objects.update_or_create(name=path.name, found=Found.STRAY, defaults=about)
    return True


def _received() -> Iterator[Path]:
    """What was put into the folder by an import; anything else in it is not ours."""
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            is_whole = len(entry.name) == 64 and not set(entry.name) - set(hexdigits)
            if entry.is_file(follow_symlinks=False) and (is_whole or entry.name.startswith("tmp")):
                yield Path(entry.path)
