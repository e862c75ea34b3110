"""No room left on the device, for real: one plain sentence, nothing lost, and work that goes on once there is room."""

import json
import os
import random
import signal
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from runtime.instance import Instance, Use
from runtime.postgres import Postgres
from runtime.redis_server import RedisServer
from tests.e2e.contents import contents
from tests.e2e.test_kills import (
    COMPUTED,
    FIRST,
    IMPORTED,
    LAST,
    MOST_TRIES,
    NIGHT_OVER,
    START_NIGHT,
    Shop,
    night,
    write_orders,
)
from tests.runtime.helpers import eventually, is_gone, manage, new_instance, supervisor
from tests.runtime.small_disk import filled, small_disk
from tests.runtime.test_backup import whole

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("disk")]
KB, MB = 1 << 10, 1 << 20
AS_OF = ("--as-of", str(LAST))


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_disk(tmp_path_factory.mktemp("full") / "disk", 600) as disk:
        yield disk


@pytest.fixture(scope="module")
def home(disk: Path) -> Iterator[Path]:
    """An instance on that disk, with orders and a night; its servers are kept running by us."""
    instance = Instance(disk / "home")
    instance.create()
    use = Use(instance)
    server = Postgres(instance)
    server.start()
    base = write_orders(disk.with_name("base.csv"), FIRST, LAST, 40, seed=1)
    for command in (["import_data", str(base)], ["recompute", *AS_OF]):
        answer = manage(instance.home, *command)
        assert answer.returncode == 0, answer.stderr
    yield instance.home
    RedisServer(instance).stop()  # which the first command started
    server.stop()
    use.leave()


@pytest.fixture(scope="module")
def later(disk: Path) -> Path:
    path = disk.with_name("later.csv")
    return write_orders(path, LAST - timedelta(days=20), LAST + timedelta(days=40), 350, seed=2)


def url(home: Path) -> str:
    return Postgres(Instance(home)).url


@pytest.mark.parametrize(
    ("room", "sentence"),
    [
        (1 * MB, "Le disque du serveur est plein\u202f: le fichier n’a pas été conservé.\n"),
        (
            9 * MB,
            "Le disque est plein\u202f: rien n’a été enregistré. Libérez de la place, puis relisez le fichier.\n",
        ),
    ],
)
def test_an_import_without_room_changes_nothing_and_is_done_once_there_is(
    disk: Path, home: Path, later: Path, room: int, sentence: str
) -> None:
    assert 1 * MB < later.stat().st_size < 9 * MB  # of the second, the file is kept and its rows have no room
    before = contents(url(home))
    with filled(disk, left=room):
        answer = manage(home, "import_data", str(later))
        assert (answer.returncode, answer.stderr) == (1, sentence)
        assert contents(url(home)) == before
    done = json.loads(manage(home, "import_data", str(later), "--json").stdout)
    assert (done["state"], done["rows"]["rejected"]) == ("done", 0)
    assert manage(home, "undo_import", str(done["run"])).returncode == 0
    assert contents(url(home), *IMPORTED) == {name: before[name] for name in IMPORTED}


def test_a_night_without_room_says_so_and_is_finished_by_the_next_one_who_asks(
    disk: Path, home: Path
) -> None:
    before = contents(url(home), *COMPUTED)
    with filled(disk, left=64 * KB):
        answer = manage(home, "recompute", *AS_OF)
        assert answer.stderr == "The disk is full: make room on it, then try again.\n"
        assert contents(url(home), *COMPUTED) == before
    done = json.loads(manage(home, "recompute", *AS_OF, "--json").stdout)
    assert (done["state"], done["failed"]) == ("done", [])
    assert contents(url(home), *COMPUTED) == before


def test_a_backup_without_room_leaves_no_file_and_no_harm(home: Path, tmp_path: Path) -> None:
    before = contents(url(home))
    with small_disk(tmp_path / "target", 8) as target:
        with filled(target, left=256 * KB):
            answer = whole("backup", home, target / "one.vigie")
            assert answer.returncode == 1
            assert len(answer.stderr.splitlines()) == 1
            assert "No space left on device" in answer.stderr
            assert [path.name for path in target.iterdir()] == ["ballast"]
        assert contents(url(home)) == before
        assert whole("backup", home, target / "one.vigie").returncode == 0


def test_a_restore_without_room_leaves_the_instance_as_it_was(disk: Path, home: Path, tmp_path: Path) -> None:
    assert whole("backup", home, tmp_path / "one.vigie").returncode == 0
    before = contents(url(home))
    with filled(disk, left=6 * MB):
        answer = whole("restore", home, tmp_path / "one.vigie", "--replace")
        assert answer.returncode == 1
        assert len(answer.stderr.splitlines()) == 1
        assert "No space left on device" in answer.stderr
        assert contents(url(home)) == before
    assert whole("restore", home, tmp_path / "one.vigie", "--replace").returncode == 0
    assert contents(url(home)) == before


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A supervised instance whose disk, the supervisor's own output on it, can be filled."""
    folder = tmp_path_factory.mktemp("waiting")
    with small_disk(folder / "disk", 600) as disk, supervisor(disk / "home") as running:
        base = write_orders(folder / "base.csv", FIRST, LAST, 40, seed=1)
        assert manage(running.home, "import_data", str(base)).returncode == 0
        yield Shop(running, base, Postgres(new_instance(running.home)).url, random.Random(1))


WAITS = "SELECT message LIKE 'The disk of the database is full%' FROM kpis_nightlyrun WHERE id = {}"


def a_night_that_waits(shop: Shop) -> str:
    """The first that finds no room: those before it used up what was free inside the database's own files."""
    for _try in range(MOST_TRIES):
        run = shop.tell(START_NIGHT)
        eventually(partial(shop.is_true, f"SELECT ({NIGHT_OVER.format(run)}) OR ({WAITS.format(run)})"))
        if not shop.is_true(NIGHT_OVER.format(run)):
            return run
    pytest.fail("every night found room")


def test_a_night_of_the_workers_waits_for_room_and_goes_on_by_itself(shop: Shop) -> None:
    night(shop)
    night(shop)
    expected = contents(shop.url, *COMPUTED)
    with filled(shop.running.home.parent, left=64 * KB):
        run = a_night_that_waits(shop)
        assert (shop.running.get("ready"), shop.running.get("sign-in/")) == (200, 200)
        assert contents(shop.url, *COMPUTED) == expected
    seconds = eventually(partial(shop.is_true, NIGHT_OVER.format(run)))
    print(f"the night was over {seconds:.1f} s after there was room")  # noqa: T201  # for docs/operations.md
    assert contents(shop.url, *COMPUTED) == expected
    assert shop.value(f"SELECT count(*) FROM kpis_nightlystep WHERE run_id = {run} AND state <> 'done'") == 0
    assert not shop.is_true(WAITS.format(run))
    assert shop.running.process.poll() is None


def test_what_dies_while_there_is_no_room_comes_back_when_there_is(shop: Shop) -> None:
    before = contents(shop.url)
    with filled(shop.running.home.parent, left=0):
        victims = dict(shop.running.children)
        for name in ("web", "postgres"):
            os.kill(victims[name], signal.SIGKILL)
        eventually(lambda: is_gone(victims["web"]) and shop.running.get("health") == 200)
        assert shop.running.get("sign-in/") in (200, 503)  # PostgreSQL may find what it needs, or wait
        assert shop.running.process.poll() is None
    seconds = eventually(shop.running.is_ready)
    print(f"all was up {seconds:.1f} s after there was room")  # noqa: T201  # for docs/operations.md
    assert contents(shop.url) == before


@pytest.mark.parametrize("left", [0, 2 * MB])
def test_a_new_instance_without_room_is_refused_in_one_sentence(tmp_path: Path, left: int) -> None:
    with small_disk(tmp_path / "disk", 8) as small:
        with filled(small, left=left):
            answer = manage(small / "home", "check")
        assert answer.returncode == 1
        assert len(answer.stderr.splitlines()) == 1
        assert answer.stderr.startswith(("The disk is full", "The database could not be created"))
