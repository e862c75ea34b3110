"""What the web server does before it serves."""

import os
import tempfile
from pathlib import Path

import pytest
import uvicorn

from runtime import web


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance whose server is made ready, and serves nobody."""
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    monkeypatch.setattr(uvicorn, "run", lambda **_told: None)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def test_what_killed_processes_left_is_removed_a_day_later_whatever_it_is(home: Path) -> None:
    folder, kept = home / "tmp", home / "kept"
    for place in (folder / "vigie-rows-old/inside", folder / "vigie-rows-new", kept):
        place.mkdir(parents=True)
        (place / "cells").touch()
    (folder / "upload").touch()
    (folder / "fresh").touch()
    (folder / "nowhere").symlink_to(home / "gone")
    (folder / "elsewhere").symlink_to(kept)
    for old in ("vigie-rows-old", "upload", "nowhere", "elsewhere"):
        os.utime(folder / old, (0, 0), follow_symlinks=False)
    web.main([])
    assert {left.name for left in folder.iterdir()} == {"vigie-rows-new", "fresh"}
    assert (kept / "cells").exists()


def test_what_cannot_be_removed_keeps_nobody_from_starting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_about: object, **_more: object) -> None:
        raise PermissionError

    for name in ("a", "b"):
        (home / "tmp" / name).touch()
        os.utime(home / "tmp" / name, (0, 0))
    monkeypatch.setattr(os, "unlink", refused)
    web.main([])
    assert {left.name for left in (home / "tmp").iterdir()} == {"a", "b"}
