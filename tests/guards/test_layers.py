"""Imports go down only, checked by import-linter, and the checker is shown able to fail."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.guards.floors import FLOORS, ROOT, may_use

LINT = (
    "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_imports_go_down_only() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_planted_import_that_goes_up_is_found(tmp_path: Path) -> None:
    for name, code in {"ground": "import roof\n", "roof": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(code)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_packages = ["ground", "roof"]\n'
        '[[tool.importlinter.contracts]]\nname = "down"\ntype = "layers"\nlayers = ["roof", "ground"]\n'
    )
    result = lint(tmp_path)
    assert result.returncode == 1
    assert "ground is not allowed to import roof" in result.stdout


def test_every_app_of_the_house_has_a_floor() -> None:
    ours = {app for app in settings.INSTALLED_APPS if (ROOT / app / "apps.py").exists()}
    assert ours - set(FLOORS) == set()


def test_floors_are_read_in_the_right_order() -> None:
    assert may_use("cockpit", "accounts")
    assert may_use("kpis", "celery")
    assert not may_use("accounts", "base")
    assert not may_use("kpis", "budgets")
    assert not may_use("intake", "kpis")
