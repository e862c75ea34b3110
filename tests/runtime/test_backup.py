"""A whole instance in one file and back: the same contents, or a plain refusal and nothing changed."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.archive import DUMP, MANIFEST
from runtime.instance import ROOT, Instance
from runtime.postgres import Postgres
from tests.e2e.contents import QUERIES, contents
from tests.runtime.helpers import environment, eventually, manage, supervisor

pytestmark = pytest.mark.processes

PREVIOUS = "0002_last_year_like_for_like"  # of kpis, in the version before this one
DAYS = [f"2026-09-{day:02},{100 + day},{5 + day % 3}" for day in range(1, 31)]


def whole(command: str, home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "runtime.embedded", command, *map(str, arguments)]
    return subprocess.run(
        program, env=environment(home), capture_output=True, text=True, timeout=120, check=False
    )


@contextmanager
def database(home: Path) -> Iterator[str]:
    """The address of the instance's own database, up for as long as it is looked at."""
    server = Postgres(Instance(home))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def holds(home: Path) -> dict[str, tuple[int, str]]:
    with database(home) as url:
        return contents(url)


def of_both_versions(home: Path) -> dict[str, tuple[int, str]]:
    """What the version before has a table for too."""
    with database(home) as url:
        return contents(url, *(name for name in QUERIES if name not in ("known days", "attachments")))


ATTACHED = """
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from base.models import Attachment
from kpis.models import Deviation
kind = ContentType.objects.get_for_model(Deviation)
Attachment.objects.create(
    content_type=kind, object_id=1, name="Note.pdf", kind="pdf", size=8, sha256="0" * 64, content=b"%PDF-1.7",
    at=timezone.now(),
)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Path:
    """An instance with a file imported and a night computed."""
    folder = tmp_path_factory.mktemp("backup")
    furnished(folder / "home")
    file = folder / "audience.csv"
    file.write_text("\n".join(["date,sessions,carts", *DAYS]) + "\n")
    for arguments in (["import_data", str(file)], ["recompute", "--as-of", "2026-09-30"]):
        answer = manage(folder / "home", *arguments)
        assert answer.returncode == 0, answer.stderr
    answer = manage(folder / "home", "shell", "-c", ATTACHED)
    assert answer.returncode == 0, answer.stderr
    return folder / "home"


@pytest.fixture(scope="module")
def saved(shop: Path) -> Path:
    file = shop.parent / "one.vigie"
    answer = whole("backup", shop, file)
    assert (answer.returncode, answer.stderr) == (0, "")
    return file


def test_a_backup_restored_elsewhere_holds_the_same(shop: Path, saved: Path, tmp_path: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0
    assert (shop / "last_backup").exists()  # its time is told by /metrics
    home = tmp_path / "other"
    answer = whole("restore", home, saved)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert holds(home) == holds(shop)
    assert holds(home)["gaps"][0] > 0
    assert holds(home)["attachments"][0] == 1
    assert (home / "secret_key").read_text() == (shop / "secret_key").read_text()
    again = manage(home, "import_data", str(shop.parent / "audience.csv"), "--json")
    assert json.loads(again.stdout)["state"] == "unchanged"  # the file received is there too


def test_all_tables_are_counted_and_a_backup_that_left_one_out_is_restored(
    saved: Path, tmp_path: Path
) -> None:
    with tarfile.open(saved) as given:
        manifest = json.loads((given.extractfile(MANIFEST) or BytesIO()).read())
    assert manifest["rows"]["intake_stagedsheet"] == 0
    older = tmp_path / "older.vigie"
    older.write_bytes(said_otherwise(saved.read_bytes(), lambda told: told["rows"].pop("intake_stagedsheet")))
    answer = whole("restore", tmp_path / "home", older)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_an_instance_that_runs_is_saved_and_not_replaced(shop: Path, saved: Path, tmp_path: Path) -> None:
    with supervisor(shop):
        running = tmp_path / "running.vigie"
        assert whole("backup", shop, running).returncode == 0
        refused = whole("restore", shop, saved, "--replace")
        assert refused.stderr == f"Vigie is running on {shop}: stop it first.\n"
    with tarfile.open(running) as archive:
        assert archive.getnames()[:2] == [MANIFEST, DUMP]


def test_a_file_that_is_there_is_not_written_over(shop: Path, saved: Path) -> None:
    before = saved.read_bytes()
    answer = whole("backup", shop, saved)
    assert answer.stderr == f"{saved} is there already: choose another name.\n"
    assert saved.read_bytes() == before
    assert not list(saved.parent.glob(".*vigie*"))


def test_an_empty_instance_has_nothing_to_save(tmp_path: Path) -> None:
    answer = whole("backup", tmp_path / "new", tmp_path / "file.vigie")
    assert answer.stderr == "This instance is empty: there is nothing to back up.\n"
    assert not (tmp_path / "file.vigie").exists()


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def of_the_future(content: bytes) -> bytes:
    """The same, had it been made with a migration that does not exist yet."""
    return said_otherwise(content, lambda told: told["migrations"].append("kpis.0999_not_thought_of_yet"))


def short_of_sheets(content: bytes) -> bytes:
    """The same, had a sheet that waits to be confirmed been lost on the way."""
    return said_otherwise(content, lambda told: told["rows"].update(intake_stagedsheet=1))


def said_otherwise(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The backup with another manifest."""
    out = BytesIO()
    with tarfile.open(fileobj=BytesIO(content)) as given, tarfile.open(fileobj=out, mode="w") as made:
        for member in given:
            text = (given.extractfile(member) or BytesIO()).read()
            if member.name == MANIFEST:
                manifest = json.loads(text)
                change(manifest)
                text = json.dumps(manifest).encode()
            member.size = len(text)
            made.addfile(member, BytesIO(text))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damaged, "is damaged"),
        (lambda content: content[: len(content) // 2], "is damaged"),
        (lambda _content: b"", "no backup of Vigie"),
        (lambda _content: b"a,b,c\n1,2,3\n" * 1000, "no backup of Vigie"),
        (of_the_future, "This backup was made by a newer version of Vigie: upgrade first."),
        (short_of_sheets, "rows are missing"),
    ],
)
def test_what_cannot_be_restored_is_refused_and_changes_nothing(
    shop: Path, saved: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    file, before = tmp_path / "spoilt.vigie", holds(shop)
    file.write_bytes(spoil(saved.read_bytes()))
    answer = whole("restore", shop, file, "--replace")
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert said in answer.stderr
    assert holds(shop) == before


def test_an_instance_in_use_is_replaced_only_when_asked(shop: Path, saved: Path, tmp_path: Path) -> None:
    home = tmp_path / "used"
    file = tmp_path / "more.csv"
    file.write_text("date,sessions\n2026-10-01,7\n")
    assert manage(home, "import_data", str(file)).returncode == 0
    before = holds(home)
    refused = whole("restore", home, saved)
    assert refused.stderr == "This instance is in use: add --replace to put the backup in its place.\n"
    assert holds(home) == before
    assert whole("restore", home, saved, "--replace").returncode == 0
    assert holds(home) == holds(shop)


def test_a_restore_that_is_killed_leaves_the_instance_as_it_was(shop: Path, saved: Path) -> None:
    before = holds(shop)
    with database(shop) as url:

        def draft_is_there() -> bool:
            with psycopg.connect(url) as connection:
                found = connection.execute("SELECT FROM pg_database WHERE datname = 'vigie_restoring'")
                return bool(found.rowcount)

        command = [sys.executable, "-m", "runtime.embedded", "restore", str(saved), "--replace"]
        process = subprocess.Popen(command, env=environment(shop), cwd=ROOT, stderr=subprocess.DEVNULL)
        eventually(draft_is_there)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert contents(url) == before
    assert whole("restore", shop, saved, "--replace").returncode == 0
    assert holds(shop) == before


def test_an_instance_of_the_previous_version_is_upgraded_with_what_it_holds(
    saved: Path, tmp_path: Path
) -> None:
    """The schema of the version before, with data: as it stands, and as a backup of that time."""
    home, other = tmp_path / "older", tmp_path / "other"
    assert whole("restore", home, saved).returncode == 0
    before = of_both_versions(home)
    assert manage(home, "migrate", "kpis", PREVIOUS, "--verbosity", "0").returncode == 0
    older = tmp_path / "older.vigie"
    assert whole("backup", home, older).returncode == 0
    for instance in (home, other):
        if instance is other:
            assert whole("restore", other, older).returncode == 0
        assert of_both_versions(instance) == before
        answer = manage(instance, "recompute", "--as-of", "2026-09-30", "--json")
        assert json.loads(answer.stdout)["failed"] == []
        assert holds(instance)["gaps"] == before["gaps"]


def test_two_at_once_do_not_meet(shop: Path, saved: Path) -> None:
    with (shop / "run/serve.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        answer = whole("restore", shop, saved, "--replace")
    assert "stop it first" in answer.stderr
