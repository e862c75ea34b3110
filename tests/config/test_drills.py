"""``./run drill`` lists what it can do, and each of its names leads somewhere."""

from importlib.util import find_spec

import pytest

from config.instance import ROOT
from tests.drill import DRILLS, main


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
