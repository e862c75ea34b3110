"""The life of a run: once, again, undone, queued, tried without effect."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from kombu import pools

from base.jobs.locks import held, held_keys, lock_key
from intake import work
from intake.models import ImportRun, State
from intake.runs import Refused, import_again, import_file, queue_import, undo
from intake.tasks import run_import
from intake.work import perform
from tests.intake.conftest import Import
from tests.intake.test_dirty_files import GOOD, lines, padded
from tests.intake.toy import Tickets, stage_exists, stored_rows


def test_the_same_file_again_is_unchanged(imported: Import) -> None:
    first = imported(lines(GOOD))
    again = imported(lines(GOOD))
    assert (again.state, again.totals, again.rows_read) == (State.UNCHANGED, first.totals, 1)
    assert stored_rows(again) == []
    assert str(first.pk) in again.said


def test_another_source_or_mapping_is_another_import(imported: Import) -> None:
    imported(lines(GOOD))
    assert imported(lines(GOOD), source="other").state == State.DONE
    assert imported(lines(GOOD), mapping={"columns": {"label": ""}}).state == State.DONE


def test_a_file_whose_rows_were_all_replaced_is_stored_again(imported: Import, tickets: Tickets) -> None:
    first = imported(lines(GOOD))
    tickets.live = lambda run: run.pk != first.pk  # type: ignore[attr-defined]
    assert imported(lines(GOOD)).state == State.DONE


def test_undo_takes_back_once_and_the_file_can_come_again(imported: Import, cast: Any) -> None:
    run = imported(lines(GOOD, GOOD))
    assert undo(run.pk, by=cast.director) == 2
    run.refresh_from_db()
    assert (run.state, run.undone_by, stored_rows(run)) == (State.UNDONE, cast.director, [])
    with pytest.raises(Refused, match="not in force"):
        undo(run.pk, by=None)
    assert imported(lines(GOOD, GOOD)).state == State.DONE


def test_undo_of_what_never_was(db: None) -> None:
    with pytest.raises(Refused, match="There is no import 404"):
        undo(404, by=None)


def test_a_fault_while_undoing_changes_nothing(imported: Import, tickets: Tickets, monkeypatch: Any) -> None:
    run = imported(lines(GOOD))

    def fail(_: ImportRun) -> int:
        Tickets().undo(run)
        raise RuntimeError

    monkeypatch.setattr(tickets, "undo", fail)
    with pytest.raises(RuntimeError):
        undo(run.pk, by=None)
    run.refresh_from_db()
    assert (run.state, len(stored_rows(run))) == (State.DONE, 1)


def test_queueing_keeps_the_file_and_wakes_a_worker_once_committed(
    db: None, cast: Any, media: Path, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(run_import, "delay", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        run = queue_import(io.BytesIO(lines(GOOD).encode()), filename="t.csv", by=cast.analyst)
        assert woken == []
    assert woken == [run.pk]
    assert (run.state, run.by, run.size) == (State.QUEUED, cast.analyst, len(lines(GOOD)))
    assert hashlib.sha256((media / run.path).read_bytes()).hexdigest() == run.sha256
    assert perform(run.pk).state == State.DONE
    assert perform(run.pk).attempts == 1  # over: a second call does nothing


def _forget_connections(app: Any) -> None:
    pools.reset()  # kombu keeps them by address, closed ones too
    app._pool = app.amqp._producer_pool = None  # made again when asked for


def test_the_queue_being_away_loses_nothing(
    db: None, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from config.celery import app

    before = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0")
    _forget_connections(app)  # those of former tests lead to the queue that is there
    try:
        with django_capture_on_commit_callbacks(execute=True):
            run = queue_import(io.BytesIO(lines(GOOD).encode()), filename="t.csv")
    finally:
        app.conf.update(broker_url=before)
        _forget_connections(app)  # those to nowhere are not for the tests that follow
    assert ImportRun.objects.in_progress().get() == run


def test_a_kept_file_can_be_imported_again(imported: Import) -> None:
    run = imported(lines(GOOD), source="shop")
    undo(run.pk, by=None)
    again = perform(import_again(run, by=None).pk)
    assert (again.state, again.source, again.sha256) == (State.DONE, "shop", run.sha256)


def test_a_kept_file_that_vanished_is_said(imported: Import, media: Path) -> None:
    run = imported(lines(GOOD))
    (media / run.path).unlink()
    with pytest.raises(Refused, match="import it again"):
        import_again(run, by=None)
    assert ImportRun.objects.get().state == State.DONE


def test_a_dry_run_answers_everything_and_leaves_nothing(imported: Import) -> None:
    run = imported(padded("bad"), dry_run=True)
    assert run.pk is None
    assert (run.state, run.totals) == (State.DONE, {"units": "12"})
    assert [reject.line for reject in run.first_rejects] == [2]
    assert not ImportRun.objects.exists()
    assert stored_rows(ImportRun(pk=1)) == []


def test_after_five_crashes_a_run_is_given_up(imported: Import, monkeypatch: Any) -> None:
    run = queue_import(io.BytesIO(lines(GOOD).encode()), filename="t.csv")

    def crash(_: ImportRun) -> None:
        raise SystemExit(9)  # what no handler sees, as where the process is killed

    with monkeypatch.context() as patch:
        patch.setattr(work, "_work", crash)
        for _ in range(ImportRun.MOST_ATTEMPTS):
            with pytest.raises(SystemExit):
                perform(run.pk)
    given_up = perform(run.pk)
    assert (given_up.state, "crashed" in given_up.said) == (State.FAILED, True)


def test_held_runs_are_seen_by_their_key(db: None) -> None:
    with held(ImportRun, 7) as is_ours:
        assert is_ours
        assert lock_key(7) in held_keys(ImportRun)
    assert lock_key(7) not in held_keys(ImportRun)


def test_an_import_asks_a_constant_number(db: None, tickets: Tickets, django_assert_num_queries: Any) -> None:
    """And five more for each twenty thousand rows that follow."""
    for number, rows in ((37, 1), (42, 25_000)):
        run = queue_import(io.BytesIO(lines(*[GOOD] * rows).encode()), filename="t.csv")
        with django_assert_num_queries(number):
            perform(run.pk)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "odd"}, "import_state_is_known"),
        ({"rows_read": 5}, "import_rows_add_up"),
        ({"finished_at": None}, "import_finished_when_over"),
        ({"state": "undone"}, "import_undone_has_a_time"),
        ({"sha256": "x"}, "import_sha256_is_hex"),
        ({"size": -1}, "import_sizes_not_negative"),
        ({"period_end": "1999-01-01"}, "import_period_in_order"),
        ({"period_end": None}, "import_period_in_order"),
    ],
)
def test_the_database_holds_what_readers_rely_on(
    imported: Import, change: dict[str, Any], constraint: str
) -> None:
    run = imported(lines(GOOD))
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(**change)


def command(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    call_command(*map(str, args), "--json")
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_commands_answer_as_the_contract_says(
    tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(padded("bad"))
    said = command(capsys, "import_data", path)
    run = ImportRun.objects.get()
    assert said == {
        "run": run.pk,
        "state": "done",
        "kind": "tickets",
        "dialect": {
            "encoding": "utf-8",
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%Y-%m-%d %H:%M:%S",
        },
        "mapping": {code: code for code in ("ref", "label", "quantity", "amount", "sold_at", "due")},
        "rows": {"read": 7, "accepted": 6, "rejected": 1},
        "rejects": [{"line": 2, "reason": said["rejects"][0]["reason"]}],
        "warnings": [],
        "period": {"start": "2026-01-31", "end": "2026-01-31"},
        "totals": {"units": 12},
    }
    assert command(capsys, "import_data", path)["state"] == "unchanged"
    assert command(capsys, "undo_import", run.pk) == {"run": run.pk, "facts_removed": 6}
    dry = command(capsys, "import_data", path, "--dry-run")
    assert (dry["state"], dry["run"]) == ("done", None)


def test_a_refused_file_is_an_error_with_a_document(
    tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ref,label\nT1,x\n")
    with pytest.raises(CommandError, match="quantity, sold_at"):
        command(capsys, "import_data", path)
    assert json.loads(capsys.readouterr().out)["state"] == "refused"


def test_a_mapping_file_is_toml(tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    path, mapping = tmp_path / "t.csv", tmp_path / "m.toml"
    path.write_text("no,quantity,sold_at\nT1,1,2026-01-01\n")
    mapping.write_text('source = "shop"\n[columns]\n"no" = "ref"\n')
    assert command(capsys, "import_data", path, "--mapping", mapping)["mapping"]["no"] == "ref"
    mapping.write_text("not toml")
    with pytest.raises(CommandError, match="TOML"):
        command(capsys, "import_data", path, "--mapping", mapping)


def test_nothing_is_left_behind(imported: Import, media: Path) -> None:
    run = imported(lines(GOOD))
    assert not stage_exists(run)
    assert [path.name for path in (media / "imports").iterdir()] == [run.sha256]
    import_file(media / run.path)
