"""kill -9 of anything in mid-night and mid-import: afterwards the tables hold what an undisturbed run leaves.

Each test kills the real processes of a supervised instance at a random point of the work, lays no hand on it, and waits
for the work to be done. The seed of the random points is printed, so that a failure can be played again.
"""

import csv
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import sleep

import psycopg
import pytest

from runtime.postgres import Postgres
from tests.e2e.contents import contents
from tests.runtime.helpers import PATIENCE, Running, eventually, manage, new_instance, supervisor

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("kills")]

FIRST, LAST = date(2025, 1, 1), date(2025, 4, 20)
COUNTRIES = ("France", "Belgique", "Suisse")
IMPORTED = ("orders", "lines", "facts", "customer days", "coverage", "known days", "tables left behind")
COMPUTED = ("gaps", "deviations", "notifications")
MOST_TRIES = 8
RUSH = 3  # times as many orders on the last day: something to flag


def write_orders(path: Path, first: date, last: date, per_day: int, seed: int) -> Path:
    """Orders of a made-up shop, four lines each, some of them cancelled half an hour later; a rush on ``LAST``."""
    dice = random.Random(seed)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "order_date", "product", "quantity", "unit_price", "customer", "country"])
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            for number in range(per_day * (RUSH if day == LAST else 1)):
                at = datetime.combine(day, time(9)) + timedelta(minutes=dice.randrange(600))
                order, country = f"{at:%y%m%d}{number:04}", dice.choice(COUNTRIES)
                client = str(dice.randrange(900)) if dice.random() < 0.8 else ""
                for line in range(4):
                    price, quantity = f"{dice.randrange(100, 9000) / 100:.2f}", dice.randrange(1, 6)
                    rows.writerow(
                        [order, at, f"P{line}{dice.randrange(50)}", quantity, price, client, country]
                    )
                if dice.random() < 0.03:
                    rows.writerow([f"C{order}", at + timedelta(minutes=30), "P1", -1, price, client, country])
    return path


@dataclass
class Shop:
    """A supervised instance with a first file imported, and a second one to import under fire."""

    running: Running
    later: Path
    url: str
    dice: random.Random

    def tell(self, code: str) -> str:
        """Run a line of Python in the instance, as a page would."""
        done = manage(self.running.home, "shell", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def value(self, query: str) -> object:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

    def is_true(self, query: str) -> bool:
        """False too while the database is away."""
        try:
            return bool(self.value(query))
        except psycopg.OperationalError:
            return False

    def kill(self, names: tuple[str, ...]) -> None:
        for name in names:
            os.kill(self.running.children[name], signal.SIGKILL)


AN_OWNER = """
from accounts.models import User
from kpis.models import Indicator
owner = User.objects.create_user("owner@shop.example", "a long enough one", role="analyst")  # told what one may read
print(Indicator.objects.update(owner=owner))
"""


@contextmanager
def open_shop(folder: Path, seed: int | None = None, days: int = 60) -> Iterator[Shop]:
    """The second file holds the last ``days`` days anew, and none after them: figures of a later day would have the
    schedule start a night of its own within the minute.
    """
    seed = random.randrange(10**6) if seed is None else seed
    print(f"random points from seed {seed}", flush=True)  # noqa: T201  # pytest shows it when a test fails
    with supervisor(folder / "home") as running:
        later = write_orders(folder / "later.csv", LAST - timedelta(days - 1), LAST, 350, seed=2)
        shop = Shop(running, later, Postgres(new_instance(running.home)).url, random.Random(seed))
        assert int(shop.tell(AN_OWNER)) > 0  # before the night that comes with the first file
        base = write_orders(folder / "base.csv", FIRST, LAST, 40, seed=1)
        done = manage(running.home, "import_data", str(base), "--json")
        assert done.returncode == 0, done.stderr
        yield shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("kills")
    furnished(folder / "home")
    with open_shop(folder) as shop:
        yield shop


START_NIGHT = """
from django.db import transaction
from datetime import date
from kpis import nightly, tasks
run = nightly.ensure_run(as_of=date(2025, 4, 20), trigger="page")
tasks.advance_night.delay(run.pk)
print(run.pk)
"""
NIGHT_OVER = "SELECT state = 'done' FROM kpis_nightlyrun WHERE id = {}"
STEPS_DONE = "SELECT count(*) FROM kpis_nightlystep WHERE run_id = {} AND state = 'done'"


def night(shop: Shop) -> tuple[str, float]:
    """Start a night through the queue; its id and the seconds it took once it had begun."""
    run = shop.tell(START_NIGHT)
    return run, eventually(lambda: shop.is_true(NIGHT_OVER.format(run)))


@pytest.fixture(scope="module")
def undisturbed_night(shop: Shop) -> tuple[dict[str, tuple[int, str]], int]:
    """What a night leaves, and how many steps it has; run twice, for the second updates what the first opened."""
    night(shop)
    run, _seconds = night(shop)
    steps = shop.value(STEPS_DONE.format(run))
    assert isinstance(steps, int)
    found = contents(shop.url, *COMPUTED)
    assert found["gaps"][0] > 100
    assert found["deviations"][0] > 0
    assert found["notifications"][0] > 0
    return found, steps


# Each of these alone, and others together: ./run drill kills.
@pytest.mark.parametrize("victims", [("worker", "redis"), ("postgres",)])
def test_a_night_survives(
    shop: Shop, undisturbed_night: tuple[dict[str, tuple[int, str]], int], victims: tuple[str, ...]
) -> None:
    expected, steps = undisturbed_night
    for _try in range(MOST_TRIES):
        after = shop.dice.randrange(steps - 1)
        run = shop.tell(START_NIGHT)
        eventually(partial(shop.is_true, f"SELECT ({STEPS_DONE.format(run)}) >= {after}"))
        is_over = shop.is_true(NIGHT_OVER.format(run))
        shop.kill(victims)
        seconds = eventually(partial(shop.is_true, NIGHT_OVER.format(run)))
        assert seconds < PATIENCE
        assert contents(shop.url, *COMPUTED) == expected
        eventually(shop.running.is_ready)
        if not is_over:
            return
    pytest.fail("every night was over before the kill")


START_IMPORT = """
from intake.runs import queue_import
run = queue_import({path!r}, filename="later.csv")
print(run.pk)
"""
IMPORT_OVER = "SELECT state = 'done' FROM intake_importrun WHERE id = {}"
IMPORT_BEGUN = "SELECT state IN ('reading', 'storing', 'done') FROM intake_importrun WHERE id = {}"


def take_back(shop: Shop, run: str) -> None:
    done = manage(shop.running.home, "undo_import", run, "--json")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def undisturbed_import(shop: Shop) -> tuple[dict[str, tuple[int, str]], dict[str, tuple[int, str]], float]:
    """Contents before and after the second file, and the seconds its import takes."""
    before = contents(shop.url, *IMPORTED)
    run = shop.tell(START_IMPORT.format(path=str(shop.later)))
    eventually(partial(shop.is_true, IMPORT_BEGUN.format(run)))
    seconds = eventually(lambda: shop.is_true(IMPORT_OVER.format(run)))
    after = contents(shop.url, *IMPORTED)
    assert after["facts"] != before["facts"]
    take_back(shop, run)
    assert contents(shop.url, *IMPORTED) == before
    return before, after, seconds


@pytest.mark.parametrize("victims", [("worker", "web"), ("postgres",)])
def test_an_import_survives(
    shop: Shop,
    undisturbed_import: tuple[dict[str, tuple[int, str]], dict[str, tuple[int, str]], float],
    victims: tuple[str, ...],
) -> None:
    before, after, usual = undisturbed_import
    for _try in range(MOST_TRIES):
        run = shop.tell(START_IMPORT.format(path=str(shop.later)))
        eventually(partial(shop.is_true, IMPORT_BEGUN.format(run)))
        sleep(shop.dice.uniform(0, usual))  # the random point, not a wait for something
        is_over = shop.is_true(IMPORT_OVER.format(run))
        shop.kill(victims)
        seconds = eventually(partial(shop.is_true, IMPORT_OVER.format(run)))
        assert seconds < PATIENCE
        assert contents(shop.url, *IMPORTED) == after
        eventually(shop.running.is_ready)
        take_back(shop, run)
        assert contents(shop.url, *IMPORTED) == before
        if not is_over:
            return
    pytest.fail("every import was over before the kill")
