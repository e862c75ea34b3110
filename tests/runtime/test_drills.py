"""``./run drill`` lists what it can do, and each of its names leads somewhere."""

import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from runtime.instance import ROOT
from runtime.processes import carrying
from tests.drill import DRILLS, main
from tests.runtime.helpers import PATIENCE, environment, eventually


def test_alone_it_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == list(DRILLS)


def test_an_unknown_one_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 1
    assert capsys.readouterr() == ("", "There is no drill nonsense: ./run drill lists them.\n")


@pytest.mark.parametrize("name", DRILLS)
def test_each_leads_to_a_module_and_to_files_that_are_there(name: str) -> None:
    first, module, *more = DRILLS[name].command
    assert first == "-m"
    assert find_spec(module)
    assert all((ROOT / path).exists() for path in more if path.endswith(".py"))


@pytest.mark.processes
def test_ended_early_it_leaves_nothing() -> None:
    with tempfile.TemporaryDirectory() as name:  # a short one: sockets have addresses in it
        folder = Path(name)
        where = environment(folder) | {"TMPDIR": name}
        command = [sys.executable, "-m", "tests.drill", "slow_clients"]
        drill = subprocess.Popen(command, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: drill.poll() is not None or _is_ready(folder), 2 * PATIENCE)
        home = next(folder.glob("*/home"))
        drill.send_signal(signal.SIGTERM)
        assert drill.wait(timeout=PATIENCE) == 128 + signal.SIGINT
        assert list(folder.iterdir()) == []
        assert carrying(f"VIGIE_SUPERVISED={home}") == []


def _is_ready(folder: Path) -> bool:
    return any("Vigie is ready" in log.read_text() for log in folder.glob("*/home.log"))
