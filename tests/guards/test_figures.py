"""The code stays small: files, functions, complexity, types. ``./run lint`` prints the figures."""

from dataclasses import replace

import pytest

from tests.guards.figures import Figures, Measured, figures


@pytest.fixture(scope="module")
def found() -> Figures:
    return figures()


def test_nothing_is_larger_than_agreed(found: Figures) -> None:
    assert found.excesses() == []


def test_the_guard_sees_the_code(found: Figures) -> None:
    assert found.files > 250
    assert found.functions > 1000
    assert found.largest_file.figure > 100
    assert 1 < found.mean_function < found.longest_function.figure
    assert found.most_complex.figure > 3


def test_an_excess_is_told_with_its_place(found: Figures) -> None:
    worse = replace(found, largest_file=Measured(301, "a.py"), untyped=("b.py:f",), mean_function=9.01)
    assert [excess.split(":")[0] for excess in worse.excesses()] == [
        "largest file",
        "mean function",
        "untyped functions",
    ]
    assert "a.py" in worse.excesses()[0]
