"""The web process starts light: no heavy library before a request needs one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.guards.floors import ROOT

# numpy is not among them: the pages of kpis reach it through the night's modules, for 70 ms and no more.
HEAVY = ("pandas", "plotly", "statsmodels", "scipy", "openpyxl", "python_calamine", "hypothesis")

START = """
import json, sys
import config.wsgi
from django.urls import get_resolver
from accounts.checks import url_patterns
assert list(url_patterns(get_resolver().url_patterns))
{planted}
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def modules_after_start(planted: str = "") -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", START.format(planted=planted)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def heavy(modules: Iterable[str]) -> list[str]:
    return sorted(set(HEAVY) & set(modules))


def test_the_web_process_starts_without_heavy_libraries() -> None:
    assert heavy(modules_after_start()) == []


@pytest.mark.parametrize("library", ["openpyxl", "python_calamine", "plotly"])
def test_a_planted_import_is_found(library: str) -> None:
    pytest.importorskip(library)
    assert library in heavy(modules_after_start(f"import {library}"))
