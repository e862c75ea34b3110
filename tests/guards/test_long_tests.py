"""The end of a run names the tests that took long."""

import pytest

from conftest import LONG, long_tests


def report(name: str, when: str, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(name, ("", None, name), {}, "passed", None, when, duration=seconds)  # type: ignore[arg-type]


def test_the_parts_of_a_test_are_added_and_the_longest_comes_first() -> None:
    parts = [report("a", "setup", LONG - 1), report("a", "call", 0.5), report("a", "teardown", 0.25)]
    assert long_tests(parts) == []
    more = [report("a", "call", 1), report("b", "call", 9), object()]
    assert long_tests([*parts, *more]) == ["   9.0 s  b", "   5.8 s  a"]
