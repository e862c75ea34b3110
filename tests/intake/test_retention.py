"""Files and rejected rows are purged by the rule of their kind, with a record, and never without notice."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.models import Notification
from intake import retention, runs
from intake.lock_keys import FILES
from intake.models import Found, ImportRun, Purge, State
from intake.retention import NOTICE, purge
from intake.tasks import run_import
from runtime.environment import days_by_name
from tests.cast import Cast
from tests.intake.conftest import Import
from tests.intake.test_dirty_files import GOOD, lines, padded
from tests.intake.toy import Tickets, stored_rows

SignIn = Callable[[Any], Client]
DAYS = 100


@pytest.fixture(autouse=True)
def rule(tickets: Tickets) -> None:
    tickets.terms = replace(tickets.terms, keep_days=DAYS)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_import, "delay", lambda _: None)


def after(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def today() -> date:
    return timezone.localdate()


def file_of(run: ImportRun, media: Path) -> Path:
    return media / run.path


def test_a_file_goes_when_its_time_is_over_and_what_it_became_stays(imported: Import, media: Path) -> None:
    run = imported(padded("T9,Anna Dupont,much,1.5,2026-01-09 10:00:00,"))
    rows, size = stored_rows(run), file_of(run, media).stat().st_size
    assert run.kept_until == today() + timedelta(days=DAYS)
    assert purge(after(DAYS)) == 0
    assert file_of(run, media).exists()
    assert purge(after(DAYS + 1)) == 1
    assert not file_of(run, media).exists()
    run.refresh_from_db()
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 6, 1)
    assert stored_rows(run) == rows
    (reject,) = run.rejects.all()
    assert (reject.raw, reject.said) == ("", "“quantity”: “…” is not a number.")
    record = Purge.objects.get()
    assert (record.run, record.kind, record.days, record.rows, record.bytes, record.found) == (
        run, "tickets", DAYS, 1, size, Found.THERE,
    )  # fmt: skip
    assert "Dupont" not in str(list(ImportRun.objects.values())) + str(list(run.rejects.values()))


def test_purging_again_does_nothing(imported: Import) -> None:
    imported(lines(GOOD))
    assert [purge(after(DAYS + 1)) for _ in range(3)] == [1, 0, 0]
    assert Purge.objects.count() == 1


def test_the_same_file_is_unchanged_and_undone_after_a_purge(imported: Import, media: Path) -> None:
    run = imported(lines(GOOD))
    purge(after(DAYS + 1))
    again = imported(lines(GOOD))
    assert again.state == State.UNCHANGED
    assert file_of(again, media).exists(), "it came in again, and is kept again"
    assert runs.undo(run.pk, by=None) == 1
    assert imported(lines(GOOD)).state == State.DONE


def test_a_purged_file_is_not_read_again(cast: Cast, as_: SignIn, imported: Import) -> None:
    run = imported("nobody,knows\n1,2\n", by=cast.analyst)
    ImportRun.objects.update(kept_until=today() - timedelta(days=1))
    purge(after(400))
    client = as_(cast.analyst)
    page = client.get(run.get_absolute_url()).content.decode()
    assert reverse("import_again", args=[run.pk]) not in page
    assert "File purged" in page
    assert client.post(reverse("import_again", args=[run.pk])).status_code == 302
    assert ImportRun.objects.count() == 1


def test_an_instance_in_use_is_given_notice_first(cast: Cast, imported: Import, media: Path) -> None:
    """As after the upgrade that brought the rule: files years older than it."""
    old = imported(lines(GOOD))
    ImportRun.objects.update(kept_until=None, finished_at=after(-2_000))
    assert purge(after(0)) == 0
    old.refresh_from_db()
    assert old.kept_until == today() + NOTICE
    (note,) = Notification.objects.filter(user=cast.administrator)
    assert note.url == reverse("import_retention")
    assert [purge(after(days)) for days in (1, 15, 30)] == [0, 0, 0], (
        "the notice is not put off from day to day"
    )
    assert purge(after(31)) == 1
    assert Notification.objects.count() == 1


def test_a_shorter_rule_gives_notice_a_longer_one_holds_at_once(settings: Any, imported: Import) -> None:
    run = imported(lines(GOOD))
    for said, until in ((1, NOTICE), (300, timedelta(days=300)), (200, timedelta(days=200)), (1, NOTICE)):
        settings.IMPORT_KEEP_DAYS = {"tickets": said}
        purge(after(0))
        run.refresh_from_db()
        assert run.kept_until == today() + until
    settings.IMPORT_KEEP_DAYS = {"tickets": None}
    assert purge(after(40_000)) == 0
    run.refresh_from_db()
    assert run.kept_until is None


def test_a_short_rule_needs_no_notice_for_files_that_come_after_it(settings: Any, imported: Import) -> None:
    settings.IMPORT_KEEP_DAYS = {"tickets": 7}
    run = imported(lines(GOOD))
    assert run.kept_until == today() + timedelta(days=7)
    assert [purge(after(7)), purge(after(8))] == [0, 1]


def test_an_undone_file_is_kept_from_its_undoing(imported: Import) -> None:
    run = imported(lines(GOOD))
    ImportRun.objects.update(finished_at=after(-90), kept_until=today() + timedelta(days=10))
    runs.undo(run.pk, by=None)
    purge(after(50))
    run.refresh_from_db()
    assert (run.purged_at, run.kept_until) == (None, today() + timedelta(days=DAYS))


def test_a_file_of_unknown_kind_has_a_rule_of_its_own(imported: Import) -> None:
    run = imported("nobody,knows\n1,2\n")
    assert run.kept_until == today() + timedelta(days=90)
    purge(after(91))
    assert Purge.objects.get().kind == retention.UNKNOWN


def test_a_file_several_imports_share_stays_for_the_last_of_them(imported: Import, media: Path) -> None:
    first = imported(lines(GOOD))
    second = imported(lines(GOOD))
    assert second.state == State.UNCHANGED
    ImportRun.objects.filter(pk=first.pk).update(
        kept_until=today() + timedelta(days=5), finished_at=after(-95)
    )
    assert purge(after(6)) == 1
    assert file_of(first, media).exists()
    assert (Purge.objects.get().found, Purge.objects.get().bytes) == (Found.SHARED, 0)
    assert purge(after(DAYS + 1)) == 1
    assert not file_of(first, media).exists()


def test_a_file_that_is_gone_is_recorded_so(imported: Import, media: Path) -> None:
    run = imported(lines(GOOD))
    file_of(run, media).unlink()
    assert purge(after(DAYS + 1)) == 1
    assert (Purge.objects.get().found, Purge.objects.get().bytes) == (Found.GONE, 0)


def test_an_import_under_way_keeps_its_file(imported: Import, tmp_path: Path, media: Path) -> None:
    (tmp_path / "x.csv").write_text(lines(GOOD))
    run = runs.queue_import(tmp_path / "x.csv", filename="x.csv")
    assert purge(after(4_000)) == 0
    assert file_of(run, media).exists()


def test_killed_between_the_record_and_the_file_the_next_one_removes_it(
    imported: Import, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imported(lines(GOOD))

    def killed(_now: datetime) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_remove_files", killed)
        with pytest.raises(KeyboardInterrupt):
            purge(after(DAYS + 1))
    assert file_of(run, media).exists()
    assert purge(after(DAYS + 1)) == 0
    assert not file_of(run, media).exists()
    assert Purge.objects.count() == 1


def test_strays_go_after_a_while_and_what_is_not_ours_stays(db: None, media: Path) -> None:
    folder = media / "imports"
    folder.mkdir(parents=True)
    ages = {"a" * 64: 31, "b" * 64: 29, "tmpbroken": 2, "tmpnew": 0, "notes.txt": 900, "c" * 63: 900}
    for name, days in ages.items():
        (folder / name).write_text("12345")
        at = after(-days).timestamp()
        os.utime(folder / name, (at, at))
    (folder / ("d" * 64)).symlink_to(folder / "notes.txt")
    purge(after(0))
    assert {path.name for path in folder.iterdir()} == {"b" * 64, "tmpnew", "notes.txt", "c" * 63, "d" * 64}
    told = set(Purge.objects.values_list("name", "bytes", "found"))
    assert told == {("a" * 64, 5, "stray"), ("tmpbroken", 5, "stray")}


def test_no_file_is_removed_while_a_backup_reads(imported: Import, media: Path) -> None:
    run = imported(lines(GOOD))
    settings = connection.get_connection_params()
    where = {
        name: settings[name] for name in ("host", "port", "dbname", "user", "password") if name in settings
    }
    with psycopg.connect(**where) as other:
        other.execute("SELECT pg_advisory_lock_shared(%s, 0)", [FILES])
        assert purge(after(DAYS + 1)) == 1
        assert file_of(run, media).exists()
    purge(after(DAYS + 1))
    assert not file_of(run, media).exists()


def test_the_page_says_until_when(cast: Cast, as_: SignIn, imported: Import) -> None:
    run = imported(lines(GOOD))
    page = as_(cast.member).get(run.get_absolute_url()).content.decode()
    assert "File kept until" in page
    ImportRun.objects.update(kept_until=date(2020, 1, 1), finished_at=after(-900))
    purge(datetime(2026, 3, 1, tzinfo=ZoneInfo("Europe/Paris")))
    page = as_(cast.member).get(run.get_absolute_url()).content.decode()
    assert "Tickets: 100 days" in page


def test_administrators_see_the_record(cast: Cast, as_: SignIn, imported: Import) -> None:
    imported(padded("T9,Anna Dupont,much,1.5,2026-01-09 10:00:00,"), name="march.csv")
    purge(after(DAYS + 1))
    client = as_(cast.administrator)
    page = client.get(reverse("import_retention")).content.decode()
    for said in ("Tickets: 100 days", "Unknown kind: 90 days", "march.csv", "1 purged file", "Removed"):
        assert said in page
    assert as_(cast.director).get(reverse("import_retention")).status_code == 403


def test_the_setting_is_read_or_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_KEEP_DAYS", "orders=90, facts=always")
    assert days_by_name("IMPORT_KEEP_DAYS") == {"orders": 90, "facts": None}
    for wrong in (
        "orders",
        "orders=",
        "orders=0",
        "orders=-1",
        "=5",
        "orders=99999999999",
        "orders=x",
        "orders=1.5",
    ):
        monkeypatch.setenv("IMPORT_KEEP_DAYS", wrong)
        with pytest.raises(ImproperlyConfigured, match="IMPORT_KEEP_DAYS"):
            days_by_name("IMPORT_KEEP_DAYS")
