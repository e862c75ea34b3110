"""The files that the READMEs and the plan of the house name are there: a table that names what was moved misleads."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.floors import ROOT

READMES = sorted(page.parent.name for page in ROOT.glob("*/README.md") if page.parent.name != "docs")
PLANS = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]
QUOTED = re.compile(r"`([\w./-]+)`")
WITH_A_PACKAGE = re.compile(rf"`((?:{'|'.join(READMES)}|tests|static|templates)/[\w./-]+)`")


def in_first_cells(text: str) -> Iterator[str]:
    """What stands before the first bar of the tables of files, where it looks like one or like a folder."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield from (name for name in QUOTED.findall(line.split(" | ")[0]) if "/" in name or "." in name)


def missing(names: Iterator[str], *folders: Path) -> list[str]:
    """Names of no file or folder in any of the folders."""
    return [name for name in names if not any((folder / name).exists() for folder in folders)]


@pytest.mark.parametrize("package", READMES)
def test_the_table_of_a_package_names_its_files(package: str) -> None:
    text = (ROOT / package / "README.md").read_text()
    assert missing(in_first_cells(text), ROOT / package, ROOT) == []


@pytest.mark.parametrize("page", PLANS)
def test_a_page_names_files_that_are_there(page: str) -> None:
    assert missing(iter(WITH_A_PACKAGE.findall((ROOT / page).read_text())), ROOT) == []


def test_a_planted_name_is_found() -> None:
    table = "| path | holds |\n| `charts.py`, `gone.py` | x |\n| `nowhere/` | `unlike.py` |"
    assert missing(in_first_cells(table), ROOT / "base") == ["gone.py", "nowhere/"]
    assert missing(iter(WITH_A_PACKAGE.findall("`kpis/facts.py` and `kpis/cuts.py`")), ROOT) == [
        "kpis/facts.py"
    ]
