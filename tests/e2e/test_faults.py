"""A database that refuses in mid-work, and two nights asked for at once."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import psycopg
import pytest

from tests.config.helpers import environment, eventually
from tests.e2e import refusals
from tests.e2e.contents import contents
from tests.e2e.test_kills import COMPUTED, LAST, Shop, night, open_shop

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("faults")]
REFUSED = 5.0  # seconds


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("faults")) as shop:
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
    command = [sys.executable, "-m", "config.embedded", "manage", "recompute", "--as-of", str(LAST), "--json"]
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
