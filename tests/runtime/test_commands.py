"""``./run`` and ``./run manage``: one sentence when something is wrong, and nothing left running."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.instance import ROOT
from runtime.processes import running_in
from tests.runtime.helpers import environment, manage

processes = pytest.mark.processes


@processes
def test_a_new_instance_is_made_on_first_use_and_left_at_rest(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(3) as pool:  # several at once: one makes it, all use it, the last one stops it
        answers = list(pool.map(lambda _: manage(home, "shell", "-v0", "-c", QUESTION), range(3)))
    assert [answer.stdout for answer in answers] == ["0\n"] * 3, answers
    assert running_in(home / "postgres") == running_in(home / "run") == []


QUESTION = "from accounts.models import User; print(User.objects.count())"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Path:
    """An instance made once: each command still starts and stops its servers."""
    home = tmp_path_factory.mktemp("commands") / "home"
    furnished(home)
    return home


@processes
@pytest.mark.parametrize(
    ("arguments", "sentence", "status"),
    [
        (["nonsense"], "There is no command nonsense: ./run manage help lists them.\n", 1),
        (["load_pack"], "The following arguments are required: file.\n", 2),
        (["load_pack", "/nowhere.toml"], None, 1),
    ],
)
def test_a_failing_command_says_one_sentence(
    home: Path, arguments: list[str], sentence: str | None, status: int
) -> None:
    answer = manage(home, *arguments)
    assert answer.returncode == status
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert sentence is None or answer.stderr == sentence


@processes
def test_a_surprise_is_one_sentence_and_its_traceback_is_kept(home: Path) -> None:
    answer = manage(home, "shell", "-v0", "-c", "1 / 0")
    log = home / "log/manage.log"
    assert answer.returncode == 1
    assert answer.stderr == (
        f"This failed unexpectedly (ZeroDivisionError: division by zero); {log} has more.\n"
    )
    assert "Traceback" in log.read_text()


def run(*arguments: str, script: Path = ROOT / "run", **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin"} | variables
    return subprocess.run(
        [script, *arguments], env=env, capture_output=True, text=True, cwd="/", timeout=60, check=False
    )


def test_help_is_printed_without_any_set_up() -> None:
    answer = run()
    assert answer.returncode == 0
    assert "./run demo" in answer.stdout


def test_an_unknown_command_is_one_sentence() -> None:
    answer = run("nonsense")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "There is no command nonsense: ./run help lists them.\n"


@pytest.fixture
def bare(tmp_path: Path) -> tuple[Path, Path]:
    """A checkout without .venv, and a folder of programs without any Python."""
    for name in ("run", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cat", "cksum"):
        (programs / name).symlink_to(shutil.which(name) or "missing")
    return tmp_path / "run", programs


def test_without_python_it_says_what_to_install(bare: tuple[Path, Path]) -> None:
    script, programs = bare
    answer = run("setup", script=script, PATH=str(programs))
    assert answer.returncode == 1
    assert answer.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed")
    assert len(answer.stderr.splitlines()) == 1


def test_too_old_a_python_is_passed_over(bare: tuple[Path, Path]) -> None:
    script, programs = bare
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3").chmod(0o755)
    answer = run("setup", script=script, PATH=str(programs))
    assert answer.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed")


def test_without_venv_it_says_what_to_install(bare: tuple[Path, Path]) -> None:
    script, programs = bare
    (programs / "python3").write_text("#!/bin/sh\ncase $2 in *version*) exit 0 ;; *) exit 1 ;; esac\n")
    (programs / "python3").chmod(0o755)
    answer = run("setup", script=script, PATH=str(programs))
    assert answer.returncode == 1
    assert "python3 lacks venv or pip" in answer.stderr


REQUIRED = {
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgres://localhost/x",
    "REDIS_URL": "redis://localhost",
}


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_settings_name_what_is_missing(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in REQUIRED.items() if name != missing}
    answer = import_settings(tmp_path, given)
    assert answer.returncode != 0
    assert f"Set the {missing} environment variable" in answer.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("wrong", "most"), [({"NIGHT_HOUR": "24"}, 23), ({"INVITATION_DAYS": "x"}, 1_000_000)]
)
def test_settings_name_what_is_malformed(tmp_path: Path, wrong: dict[str, str], most: int) -> None:
    answer = import_settings(tmp_path, REQUIRED | wrong)
    assert answer.returncode != 0
    assert f"{next(iter(wrong))} must be a whole number from 0 to {most}." in answer.stderr


def import_settings(home: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(
        command, env=environment(home) | given, capture_output=True, text=True, check=False, cwd=home
    )
