"""Every setting read from the environment is in README's table, and reaches the containers of the Compose file."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from runtime.instance import ROOT

READERS = {"whole_number", "long_secret", "one_of", "days_by_name"}  # of runtime/environment.py
NOBODY_SETS = {
    "DEBUG": "while developing",
    "SERVED_AT": "told by ./run serve",
    "TMPDIR": "the system's; docs/operations.md",
}
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def is_from_environment(function: ast.expr) -> bool:
    """``env.…``, ``os.environ.get``, or a reader of ours."""
    if isinstance(function, ast.Attribute):
        owner = ast.unparse(function.value)
        return owner == "env" or (owner, function.attr) == ("os.environ", "get")
    return isinstance(function, ast.Name) and function.id in READERS


def names_read(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        asked: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args and is_from_environment(node.func):
            asked = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) in {"env", "os.environ"}:
            asked = node.slice
        if isinstance(asked, ast.Constant):
            yield str(asked.value)


def settings_read() -> set[str]:
    folders = [ROOT / "runtime", *(path for path in ROOT.iterdir() if (path / "apps.py").exists())]
    sources = [path.read_text() for folder in folders for path in folder.rglob("*.py")]
    return {name for source in sources for name in names_read(source)} - NOBODY_SETS.keys()


def told_in_readme() -> set[str]:
    table = README.partition("### Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def reach_containers() -> dict[str, str]:
    """Names as docker-compose.yml gives them to ours, values unresolved; and those that the image sets."""
    ours = COMPOSE.partition("\n  proxy:")[0] + COMPOSE.partition("\n  web:")[2].partition("\n  postgres:")[0]
    image = re.findall(r"^(?:ENV|   ) (\w+)=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return dict(image) | dict(re.findall(r"^ +([A-Z][A-Z_]+): (.+)$", ours, re.MULTILINE))


def test_every_setting_read_is_in_the_table_of_the_readme() -> None:
    assert len(settings_read()) > 20
    assert settings_read() - told_in_readme() == set()


def test_every_setting_read_reaches_the_containers() -> None:
    assert settings_read() - reach_containers().keys() == set()


def test_nothing_is_told_that_nobody_reads() -> None:
    compose_only = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "PUBLISH"}
    assert told_in_readme() - settings_read() == compose_only


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("A = env.str('A_NAME')", "A_NAME"),
        ("A = env.list('A_NAME', default=[])", "A_NAME"),
        ("A = whole_number('A_NAME', 7)", "A_NAME"),
        ("A = os.environ.get('A_NAME') or 3", "A_NAME"),
        ("A = os.environ['A_NAME']", "A_NAME"),
    ],
)
def test_a_planted_setting_is_found(source: str, name: str) -> None:
    assert list(names_read(source)) == [name]


def resolved(value: str, given: dict[str, str]) -> str:
    """As Compose does it: ``${NAME:-else}``, ``${NAME:?complaint}``."""
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda found: given.get(found[1]) or found[2], value).strip('"')


@pytest.mark.parametrize("example", [True, False], ids=["the example", "the secrets alone"])
def test_what_compose_passes_on_starts(example: bool) -> None:
    secrets = dict.fromkeys(("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"), "x" * 50)
    lines = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE)) if example else {}
    given = lines | secrets
    environment = {name: resolved(value, given) for name, value in reach_containers().items()}
    environment |= {"PATH": os.environ["PATH"], "VIGIE_HOME": str(ROOT / "var"), "PYTHONPATH": str(ROOT)}
    ask = "import config.settings as s, runtime.connections; print(s.MAX_UPLOAD_MB, s.READ_LOG_DAYS)"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("1024 365\n", "")
