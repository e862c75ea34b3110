"""Killed in the middle, by real signals to a real process, at random points."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction

from base.jobs.locks import held_keys, lock_key
from intake import tasks
from intake.models import ImportRun, State
from intake.runs import queue_import
from intake.work import perform
from tests.intake.test_dirty_files import GOOD, lines
from tests.intake.toy import Tickets, stage_exists, stored_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
ROOT = Path(__file__).parents[2]
ROWS = 100_000  # progress is told each 20,000: of four fifths before the last of them is read
CONTENT = lines(*[f"T{n},Vis,{n % 90},1.50,2026-01-{n % 28 + 1:02} 10:20:30," for n in range(ROWS)])


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS toy_row")


def queued(content: str, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    monkeypatch.setattr(tasks.run_import, "delay", lambda _: None)
    return queue_import(io.BytesIO(content.encode()), filename="tickets.csv")


def worker(run: ImportRun, nap: float = 0) -> "subprocess.Popen[bytes]":
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    command = [sys.executable, "-m", "tests.intake.perform_in_process"]
    command += [str(run.pk), str(settings.MEDIA_ROOT), str(nap)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url})


def wait_for(run: ImportRun, reached: Callable[[ImportRun], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        run.refresh_from_db()
        if reached(run):
            return
        time.sleep(0.005)
    raise AssertionError(f"not reached in {seconds} s: {run.state}, {run.rows_read} rows")


def kill(process: "subprocess.Popen[bytes]", run: ImportRun) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 10
    while lock_key(run.pk) in held_keys(ImportRun):
        assert time.monotonic() < end, "the lock outlives its process"
        time.sleep(0.01)


@transaction.atomic
def end_once_read(process: "subprocess.Popen[bytes]", run: ImportRun, rows: float) -> bool:
    """Looks with the row held to which the worker writes how far it is: it cannot get further before it is ended."""
    seen = ImportRun.objects.select_for_update().get(pk=run.pk)
    if seen.rows_read < rows and seen.in_progress:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def assert_like_undisturbed(run: ImportRun) -> None:
    assert (run.state, run.rows_read, run.rows_accepted, run.rows_rejected) == (State.DONE, ROWS, ROWS, 0)
    rows = stored_rows(run)
    assert [row["ref"] for row in rows] == [f"T{number}" for number in range(ROWS)]
    assert run.totals == {"units": str(sum(number % 90 for number in range(ROWS)))}
    assert not stage_exists(run)


def test_killed_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    run, point = queued(CONTENT, monkeypatch), random.uniform(0.05, 0.8)
    process = worker(run)
    wait_for(run, lambda run: end_once_read(process, run, point * ROWS))
    kill(process, run)
    run.refresh_from_db()
    assert run.state == State.READING, f"at {point}"
    assert_like_undisturbed(perform(run.pk))


def test_killed_while_storing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued(CONTENT, monkeypatch)
    process = worker(run, nap=20)
    wait_for(run, lambda run: run.state == State.STORING)
    kill(process, run)
    assert stored_rows(run) == []
    assert_like_undisturbed(perform(run.pk))


def test_the_database_goes_away_while_storing(monkeypatch: pytest.MonkeyPatch, tickets: Tickets) -> None:
    run = queued(CONTENT, monkeypatch)

    def cut(*_: Any) -> None:
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        other.close()
        connection.cursor().execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr(tickets, "store", cut)
        with pytest.raises(OperationalError):
            perform(run.pk)
    connection.close()
    run.refresh_from_db()
    assert run.in_progress
    assert_like_undisturbed(perform(run.pk))


def test_two_workers_do_the_work_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued(lines(GOOD), monkeypatch)
    process = worker(run, nap=3)
    wait_for(run, lambda run: run.state == State.STORING)
    assert perform(run.pk).state == State.STORING  # back at once
    assert process.wait(timeout=30) == 0
    run.refresh_from_db()
    assert (run.state, run.attempts, len(stored_rows(run))) == (State.DONE, 1, 1)


def test_the_sweep_wakes_for_what_nobody_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, held, over = (queued(lines(GOOD, *[GOOD] * number), monkeypatch) for number in range(3))
    perform(over.pk)
    woken: list[int] = []
    monkeypatch.setattr(tasks.run_import, "delay", woken.append)
    process = worker(held, nap=3)
    wait_for(held, lambda run: run.state == State.STORING)
    tasks.sweep()
    assert woken == [lost.pk]
    process.wait(timeout=30)


def test_two_files_of_a_kind_are_stored_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same content twice at once: the second sees the first when its turn comes."""
    first, second = queued(lines(GOOD), monkeypatch), queued(lines(GOOD), monkeypatch)
    processes = [worker(first, nap=2), worker(second, nap=2)]
    assert [process.wait(timeout=40) for process in processes] == [0, 0]
    states = sorted(ImportRun.objects.values_list("state", flat=True))
    assert states == [State.DONE, State.UNCHANGED]
