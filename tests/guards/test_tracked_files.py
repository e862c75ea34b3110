"""No tracked file names the machine it was written on, nor where packages were fetched from."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.guards.floors import ROOT

# Written in pieces, so that this file passes its own test.
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/[\w.]")
PACKAGE_HOSTS = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "-index" + "-url",
            "arti" + "factory",
            "registry" + r"\.npm",
        ]
    )
)
BINARY = {".png", ".jpg", ".ico", ".woff2", ".gz", ".xlsx", ".mo"}


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [name for name in names.split("\0") if name and (ROOT / name).is_file()]


def faults(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATHS.search(line) or PACKAGE_HOSTS.search(line):
            yield f"{number}: {line.strip()[:120]}"


def test_tracked_files_name_no_machine_and_no_package_host() -> None:
    names = [name for name in tracked() if (ROOT / name).suffix not in BINARY]
    found = [
        f"{name}:{fault}" for name in names for fault in faults((ROOT / name).read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "cd /wo" + "rk/main && ls",
        "open('/ho" + "me/jane/file.csv')",
        "--extra-index" + "-url https://x",
        "https://files.python" + "hosted.org/packages/",
    ],
)
def test_a_planted_line_is_found(planted: str) -> None:
    assert list(faults(f"fine\n{planted}\n")) == [f"2: {planted}"]


@pytest.mark.parametrize(
    "fine", ["/var/lib/vigie", "./work/x", "https://example.org/root", "templates/home/x.html"]
)
def test_ordinary_lines_pass(fine: str) -> None:
    assert list(faults(fine)) == []
