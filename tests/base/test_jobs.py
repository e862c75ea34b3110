"""A job is done once, whoever is killed at it and however often it is told of."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import shared_task
from django.apps import apps
from django.db import Error, IntegrityError, OperationalError, connection, models, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from base.jobs import waking
from base.jobs.locks import held, held_keys, lock_key
from base.jobs.models import Attempted
from base.jobs.work import do_step, pause_after, try_again
from intake import lock_keys
from runtime.instance import ROOT
from tests.base.toy_job import (
    TABLES,
    Errand,
    Stop,
    Tour,
    Visit,
    go_on,
    run_errand,
    stops,
    tour,
    visit,
)
from tests.beside import Beside, another_waits
from tests.runtime.helpers import eventually

many = pytest.mark.django_db(transaction=True)  # other connections see what is done
killed = [many, pytest.mark.processes]


@pytest.fixture
def toys(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tables of the toys; after a test that commits they are dropped."""
    commits = any(mark.kwargs.get("transaction") for mark in request.node.iter_markers("django_db"))
    request.getfixturevalue("transactional_db" if commits else "db")
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
    yield
    if commits:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {', '.join(model._meta.db_table for model in TABLES)}")


pytestmark = pytest.mark.usefixtures("toys")


def visited() -> list[str]:
    return list(Visit.objects.order_by("id").values_list("place", flat=True))


def states(run: Tour) -> dict[str, str]:
    return dict(Stop.objects.filter(run=run).values_list("name", "state"))


def worker(what: str, pk: int, nap: float) -> "subprocess.Popen[bytes]":
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    command = [sys.executable, "-m", "tests.base.toy_job", what, str(pk), str(nap)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url})


def kill(process: "subprocess.Popen[bytes]", row: Attempted) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: lock_key(row.pk) not in held_keys(type(row)), 10)


@shared_task(name="tests.look")
def look(pk: int) -> None:
    """Whatever a worker would do."""


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows a worker was woken for; the queue itself is not asked."""
    found: list[int] = []
    monkeypatch.setattr(look, "delay", found.append)
    return found


# ---- one row, several workers ---------------------------------------------------------------------------------------


@many
def test_a_row_that_another_holds_is_left_alone_and_can_be_waited_for() -> None:
    errand = Errand.objects.create()
    with Beside() as other:
        with held(Errand, errand.pk) as is_ours:
            assert is_ours
            assert other.does(lambda: run_errand(errand.pk)).result() is False

            def wait() -> bool:
                with held(Errand, errand.pk, wait=True) as is_theirs:
                    return is_theirs

            waits = other.does(wait)
            assert not waits.done()
        assert waits.result(timeout=30) is True
        assert other.does(lambda: run_errand(errand.pk)).result() is True
    assert visited() == ["errand"]
    assert lock_key(errand.pk) not in held_keys(Errand)


@many
def test_workers_share_the_stops_of_a_tour_and_make_each_once() -> None:
    run = tour(("start",), tuple(f"{n:02}" for n in range(40)), ("end",))

    def work() -> None:
        try:
            while "waiting" in states(run).values():
                go_on(run, nap=0.001)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(6)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert (visited()[0], visited()[-1], len(visited())) == ("start", "end", 42)
    assert len(set(visited())) == 42
    assert set(Stop.objects.values_list("state", "attempts")) == {("done", 1)}
    assert held_keys(Stop) == frozenset()


@many
def test_a_step_waits_for_all_before_it_whoever_is_at_them() -> None:
    run = tour(("a", "b"), ("c",))
    a = Stop.objects.get(name="a")
    with Beside() as other, held(Stop, a.pk):
        assert other.does(lambda: go_on(run)).result() is True
        assert other.does(lambda: go_on(run)).result() is False
    assert (visited(), states(run)["c"]) == (["b"], "waiting")
    assert [go_on(run) for _ in range(3)] == [True, True, False]
    assert visited() == ["b", "a", "c"]


@many
def test_what_was_done_between_a_look_and_its_lock_is_not_done_again() -> None:
    """The look is made to wait for a lock of ours; meanwhile we do what it has seen waiting."""
    run, gate = tour(("a", "b")), 0x5649_0F03
    seen = stops(run).filter(RawSQL("pg_advisory_lock_shared(%s) IS NOT NULL", [gate], BooleanField()))

    def look_and_do() -> bool:
        return do_step(seen, work=lambda stop: visit(stop.name), failed=lambda _stop, _error: None)

    with Beside() as other, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [gate])
        late = other.does(look_and_do)
        eventually(another_waits)
        assert go_on(run)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [gate])
        assert late.result() is True
    assert visited() == ["a", "b"]


def test_a_step_of_a_job_that_is_over_is_not_done() -> None:
    run = tour(("a",))
    Tour.objects.update(state="done")
    assert go_on(run) is False
    assert visited() == []


# ---- killed ---------------------------------------------------------------------------------------------------------


@pytest.mark.processes
@many
def test_killed_between_steps_the_next_comer_goes_on_from_there() -> None:
    run = tour(("a",), ("b",), ("c",))
    go_on(run)
    process = worker("tour", run.pk, nap=60)
    eventually(lambda: Stop.objects.get(name="b").attempts == 1)
    b = Stop.objects.get(name="b")
    kill(process, b)
    assert visited() == ["a"]
    assert (states(run), b.attempts) == ({"a": "done", "b": "waiting", "c": "waiting"}, 1)
    while go_on(run):
        pass
    assert visited() == ["a", "b", "c"]
    assert Stop.objects.get(name="b").attempts == 2


@pytest.mark.processes
@many
def test_killed_at_an_errand_its_log_and_its_progress_stay_and_it_is_begun_again() -> None:
    errand = Errand.objects.create()
    process = worker("errand", errand.pk, nap=60)
    eventually(lambda: Errand.objects.get().miles == 7)
    assert run_errand(errand.pk) is False
    kill(process, errand)
    errand.refresh_from_db()
    assert (errand.in_progress, errand.miles, errand.attempts) == (True, 7, 1)
    assert [said for _at, said in errand.log_in_words()] == ["Set out, attempt 1."]
    assert run_errand(errand.pk) is True
    errand.refresh_from_db()
    assert (errand.in_progress, errand.attempts) == (False, 2)
    assert [said for _at, said in errand.log_in_words()] == ["Set out, attempt 1.", "Set out, attempt 2."]
    assert errand.log_in_words(but=["Set out, attempt %(n)s."]) == []


# ---- attempts -------------------------------------------------------------------------------------------------------


def test_what_ends_its_worker_each_time_is_given_up_and_blocks_no_other() -> None:
    run = tour(("a", "b"), ("c",))
    Stop.objects.filter(name="a").update(attempts=Stop.MOST_ATTEMPTS)
    while go_on(run):
        pass
    assert states(run) == {"a": "failed", "b": "done", "c": "done"}
    assert Stop.objects.get(name="a").error == "GivenUp"
    errand = Errand.objects.create(attempts=Errand.MOST_ATTEMPTS)
    assert run_errand(errand.pk)
    errand.refresh_from_db()
    assert (errand.state, errand.attempts, errand.log[-1][1]) == ("failed", 5, "Crashed too often.")
    run_errand(errand.pk)
    assert visited() == ["b", "c"]


def test_a_step_that_fails_leaves_nothing_and_may_be_tried_again() -> None:
    run = tour(("a",), ("b",))

    def broken(stop: Stop) -> None:
        visit(stop.name)
        raise ValueError

    assert go_on(run, work=broken)
    failed = Stop.objects.get(name="a")
    assert (failed.state, failed.error, failed.attempts) == ("failed", "ValueError", 1)
    assert failed.seconds is not None
    assert failed.finished_at is not None
    assert visited() == []
    assert try_again(stops(run)) == 1
    again = Stop.objects.get(name="a")
    assert (again.state, again.error, again.attempts) == ("waiting", "", 0)
    assert (again.started_at, again.finished_at, again.seconds) == (None, None, None)
    assert [go_on(run) for _ in range(3)] == [True, True, False]
    assert visited() == ["a", "b"]


def refused_with(state: str) -> Callable[[object], None]:
    """Work that the database ends with that SQLSTATE."""

    def work(_row: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END $$")

    return work


@pytest.mark.parametrize("state", ["40P01", "40001", "55P03", "57P03", "53300"])
def test_a_deadlock_and_what_passes_like_it_fails_nothing_and_does_not_count(state: str) -> None:
    run = tour(("a",))
    for _ in range(2 * Stop.MOST_ATTEMPTS):
        with pytest.raises(OperationalError):
            go_on(run, work=refused_with(state))
    assert (states(run), Stop.objects.get().attempts) == ({"a": "waiting"}, 0)
    assert go_on(run)
    assert visited() == ["a"]


@pytest.mark.parametrize("state", ["57014", "53200", "54001"])
def test_work_that_is_too_much_for_the_database_is_given_up(state: str) -> None:
    run = tour(("a",))
    for attempt in range(1, Stop.MOST_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            go_on(run, work=refused_with(state))
        assert (states(run), Stop.objects.get().attempts) == ({"a": "waiting"}, attempt)
    assert go_on(run, work=refused_with(state))
    assert Stop.objects.get().error == "GivenUp"


def hang_up(_row: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@many
def test_a_connection_that_is_cut_does_not_count_where_the_database_answers_again() -> None:
    run, errand = tour(("a",)), Errand.objects.create()
    for _ in range(2 * Stop.MOST_ATTEMPTS):
        with pytest.raises(Error):
            go_on(run, work=hang_up)
        with pytest.raises(Error):
            run_errand(errand.pk, work=hang_up)
    errand.refresh_from_db()
    assert (states(run), Stop.objects.get().attempts) == ({"a": "waiting"}, 0)
    assert (errand.state, errand.attempts) == ("new", 0)
    assert go_on(run)
    assert run_errand(errand.pk)


@many
def test_an_attempt_begun_by_another_since_our_connection_was_cut_stays_counted() -> None:
    run = tour(("a",))

    def lose_to_another(stop: Stop) -> None:
        with Beside() as other:
            other.does(lambda: Stop.objects.filter(pk=stop.pk).update(attempts=2)).result()
        hang_up(stop)

    with pytest.raises(Error):
        go_on(run, work=lose_to_another)
    assert Stop.objects.get().attempts == 2


def test_a_full_disk_is_a_failure_or_waited_for() -> None:
    def full(_row: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    errand = Errand.objects.create()
    run_errand(errand.pk, work=full)
    errand.refresh_from_db()
    assert (errand.state, errand.log[-1][1]) == ("failed", "Failed.")
    run = tour(("a",))
    said: list[Stop] = []
    for _ in range(2 * Stop.MOST_ATTEMPTS):
        with pytest.raises(OSError, match="No space"):
            go_on(run, work=full, no_room_for=said.append)
    assert len(said) == 2 * Stop.MOST_ATTEMPTS
    assert (states(run), Stop.objects.get().attempts) == ({"a": "waiting"}, 0)
    assert go_on(run)


def test_pauses_double_up_to_eight_hours() -> None:
    pauses = [pause_after(n) for n in (1, 2, 3, 9, 10, 12)]
    assert pauses == [timedelta(minutes=n) for n in (1, 2, 4, 256, 480, 480)]


# ---- what wakes workers ---------------------------------------------------------------------------------------------


def test_a_worker_is_woken_once_the_row_is_committed(
    woken: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        waking.wake(look, 7)
        assert woken == []
    assert woken == [7]


@many
def test_the_sweep_wakes_for_what_a_lost_message_left_and_nobody_is_at(woken: list[int]) -> None:
    lost, at_work, over = (Errand.objects.create() for _ in range(3))
    run_errand(over.pk)
    run = tour(("a",))
    stop = Stop.objects.get()
    with Beside() as other:

        def sweep() -> None:
            waking.sweep(look, Errand, Errand.objects.pks_in_progress())
            waking.sweep(look, Tour, Tour.objects.pks_in_progress())

        with held(Errand, at_work.pk), held(Stop, stop.pk):
            other.does(sweep).result()
    assert woken == [lost.pk, run.pk]  # whoever is at one step leaves others to others


def test_a_log_and_a_state_are_what_the_database_says_they_may_be() -> None:
    for change in ({"state": "lost"}, {"state": "done"}, {"finished_at": "2026-01-01T00:00Z"}):
        Errand.objects.create()
        with pytest.raises(IntegrityError, match="errand_"), transaction.atomic():
            Errand.objects.update(**change)


def test_a_step_costs_five_questions(django_assert_num_queries: Any) -> None:
    """To find and hold it, to read it, to count the attempt, to end it, to let go; its transaction is two more."""
    run = tour(("a",))
    with django_assert_num_queries(7):
        go_on(run, work=lambda _stop: None)


def test_no_two_models_share_a_class_of_locks() -> None:
    known: list[type[models.Model]] = [*apps.get_models(), Errand, Stop]
    jobs = [model for model in known if issubclass(model, Attempted)]
    classes = [model.LOCK for model in jobs] + [lock_keys.KIND, lock_keys.FILES]
    assert len(jobs) >= 5
    assert len(set(classes)) == len(classes)
