"""Skips, saying why, the tests that need what this machine does not have; names at the end those that took long."""

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parent.parent / "shared" / "data"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LONG = 5.0  # seconds: a test that takes more is named at the end of the run, and does not fail for it
MISSING = {
    "browser": None if CHROMIUM else "no Chromium on this machine (on Debian: apt-get install chromium)",
    "real_data": None if REAL_DATA.is_dir() else f"no reference files in {REAL_DATA}",
}


def pytest_report_header() -> list[str]:
    return [f"{marker} tests are skipped: {reason}" for marker, reason in MISSING.items() if reason]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, reason in MISSING.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def long_tests(reports: Iterable[object]) -> list[str]:
    """The tests over LONG, what they share with others and were the first to set up included; the longest first."""
    seconds: Counter[str] = Counter()
    for report in reports:
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid] += report.duration  # type: ignore[assignment]  # a Counter of seconds
    return [f"{taken:6.1f} s  {name}" for name, taken in seconds.most_common() if taken > LONG]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = long_tests(report for reports in terminalreporter.stats.values() for report in reports)
    if found:
        terminalreporter.section(f"{len(found)} tests over {LONG:g} s")
        terminalreporter.write_line("\n".join(found))
