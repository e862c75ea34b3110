"""Skips, saying why, the tests that need what this machine does not have."""

import shutil
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parent.parent / "shared" / "data"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
