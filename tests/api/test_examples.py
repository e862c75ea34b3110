"""The scripts that README hands out, run as they are written there against a real server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from intake.models import ImportRun
from intake.work import perform
from kpis.models import Deviation, Indicator
from kpis.segments import segment
from tests.api.conftest import program_of
from tests.cast import person
from tests.guards.floors import ROOT
from tests.kpis.world import World, furnish

pytestmark = pytest.mark.django_db(transaction=True)


def example(language: str) -> str:
    chapter = (ROOT / "README.md").read_text().partition("## Scripts of analysts")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"```{language}\n(.*?)```", chapter, re.DOTALL)
    return str(found)


@pytest.fixture
def asked(live_server: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of a script of an analyst, in a company with a deviation."""
    world: World = furnish(tmp_path)
    world.orders("O1,2026-11-03 10:00,x,2,10.05,c1,SEA,mobile", "O2,2026-11-04 10:00,x,1,30,c2,SEO,desktop")
    world.facts("date,sessions,channel", "2026-11-04,25,SEA", source="web")
    flagged = Indicator.objects.get(code="net_revenue")
    day = "2026-11-04"
    Deviation.objects.create(
        indicator=flagged, segment=segment({}), rule="signal", grain="day", start=day, end=day,
        severity="high", money=-12.5, opened_on=day, updated_on=day,
    )  # fmt: skip
    secret = program_of(person("Ines Leroy", Role.ANALYST)).secret
    return {**os.environ, "VIGIE_URL": live_server.url, "VIGIE_TOKEN": secret}


def run(asked: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, env=asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_example_of_curl(asked: dict[str, str]) -> None:
    assert '"value": "50.1"' in run(asked, "sh", "-c", example("sh"))


def test_the_example_of_python(asked: dict[str, str]) -> None:
    first = run(asked, sys.executable, "-c", example("python")).splitlines()
    assert first[0] == "net_revenue 2026-11-04 -12.5"
    number, state = first[1].split()
    assert (state, ImportRun.objects.get(pk=number).filename) == ("queued", "web-api.csv")
    perform(int(number))
    again = run(asked, sys.executable, "-c", example("python")).splitlines()
    assert again == [first[0], f"{number} done"]
