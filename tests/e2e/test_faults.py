"""A database that refuses in mid-work, two nights asked for at once, and a file that comes during a night."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.e2e import refusals
from tests.e2e.contents import contents
from tests.e2e.test_kills import COMPUTED, LAST, MOST_TRIES, NIGHT_OVER, Shop, night, open_shop, take_back
from tests.runtime.helpers import environment, eventually, manage

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("faults")]
REFUSED = 5.0  # seconds


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("faults")
    furnished(folder / "home")
    with open_shop(folder) as shop:
        night(shop)
        night(shop)  # the second updates what the first opened, as every later one will
        yield shop


@pytest.mark.parametrize("work", [refusals.a_night, refusals.an_import])
def test_a_database_that_refuses_is_said_on_pages_and_the_work_is_done_after(
    shop: Shop, work: Callable[[Shop], refusals.Work]
) -> None:
    found = refusals.refused(shop, work(shop), REFUSED)
    assert set(found.seen) == refusals.PATIENT
    assert found.equal


WAITING = """SELECT count(*) = 2 FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO "kpis_nightlyrun"%'"""


def test_two_commands_at_once_are_one_night(shop: Shop) -> None:
    expected = contents(shop.url, *COMPUTED)
    nights = int(str(shop.value("SELECT count(*) FROM kpis_nightlyrun")))
    command = [
        sys.executable,
        "-m",
        "runtime.embedded",
        "manage",
        "recompute",
        "--as-of",
        str(LAST),
        "--json",
    ]
    start = partial(
        subprocess.Popen, command, env=environment(shop.running.home), stdout=subprocess.PIPE, text=True
    )
    with psycopg.connect(shop.url) as connection:  # neither starts before both stand at the line
        connection.execute("LOCK TABLE kpis_nightlyrun IN EXCLUSIVE MODE")
        processes = [start(), start()]
        eventually(lambda: shop.is_true(WAITING))
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [(answer["state"], answer["failed"]) for answer in answers] == [("done", [])] * 2
    assert answers[0]["run"] == answers[1]["run"]
    assert shop.value("SELECT count(*) FROM kpis_nightlyrun") == nights + 1
    assert contents(shop.url, *COMPUTED) == expected


A_NIGHT_TO_COME = """
from datetime import date
from kpis import nightly
print(nightly.ensure_run(as_of=date(2025, 4, 20), trigger="page").pk)
"""


@contextmanager
def a_night_held_once_it_has_read(shop: Shop) -> Iterator[str]:
    """Its figures are frozen and nothing is computed yet, as we hold its steps like a worker does; then it goes on."""
    for _try in range(MOST_TRIES):
        run = shop.tell(A_NIGHT_TO_COME)
        with psycopg.connect(shop.url) as connection:
            held = connection.execute(
                "SELECT state FROM kpis_nightlystep WHERE run_id = %s AND name LIKE 'gaps:%%' FOR UPDATE",
                [run],
            ).fetchall()
            if {state for (state,) in held} == {"waiting"}:
                read = "SELECT state = 'done' FROM kpis_nightlystep WHERE run_id = {} AND name = 'read'"
                eventually(partial(shop.is_true, read.format(run)))
                yield run
                break
        eventually(partial(shop.is_true, NIGHT_OVER.format(run)))
    else:
        pytest.fail("every night had begun before it could be held")
    eventually(partial(shop.is_true, NIGHT_OVER.format(run)))


def test_a_file_that_comes_during_a_night_is_seen_by_the_next_one(shop: Shop) -> None:
    expected = contents(shop.url, *COMPUTED)
    facts = contents(shop.url, "facts")
    with a_night_held_once_it_has_read(shop) as run:
        answer = manage(shop.running.home, "import_data", str(shop.later), "--json")
        done = json.loads(answer.stdout)
        assert done["state"] == "done"
        assert contents(shop.url, "facts") != facts
        assert not shop.is_true(NIGHT_OVER.format(run))
    assert contents(shop.url, *COMPUTED) == expected
    night(shop)
    assert contents(shop.url, "gaps") != {"gaps": expected["gaps"]}
    take_back(shop, str(done["run"]))
    night(shop)
    assert contents(shop.url, "gaps") == {"gaps": expected["gaps"]}
