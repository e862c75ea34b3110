from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from intake import kinds
from intake.models import ImportRun
from intake.runs import import_file
from tests.intake.toy import Tickets


@pytest.fixture(autouse=True)
def tickets(monkeypatch: pytest.MonkeyPatch) -> Tickets:
    """Only the toy kind is known, whatever the upper floors registered."""
    kind = Tickets()
    monkeypatch.setattr(kinds, "_kinds", {kind.code: kind})
    return kind


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is said of a file is checked in English, the language of the code."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path / "uploads"


Import = Callable[..., ImportRun]


@pytest.fixture
def imported(tmp_path: Path, db: None) -> Import:
    """``imported(text_or_bytes, **options)`` writes a file and imports it in this process."""

    def do(content: str | bytes, name: str = "tickets.csv", **options: Any) -> ImportRun:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(path, **options)

    return do
