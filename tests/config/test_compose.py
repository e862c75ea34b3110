"""What the Compose file says, as far as reading tells; ``./run drill compose`` runs it."""

import re
import subprocess
import sys
from pathlib import Path

from runtime.instance import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_every_variable_has_its_line_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    given = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert asked == given


def test_only_the_proxy_is_published_and_each_image_is_built_once() -> None:
    assert len(re.findall(r"^    ports:", COMPOSE, re.MULTILINE)) == 1
    assert re.findall(r"^ +build: (\S+)", COMPOSE, re.MULTILINE) == ["deploy", "."]


def test_where_no_engine_can_be_had_the_drill_is_skipped_in_words(tmp_path: Path) -> None:
    (tmp_path / "git").symlink_to("/usr/bin/git")
    drill = [sys.executable, "-m", "tests.compose"]
    done = subprocess.run(
        drill, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Skipped: this machine has no Docker engine that reaches a registry, and ")
