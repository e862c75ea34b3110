"""A file given through the page while a disk is really full."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from intake.models import ImportRun, State
from intake.tasks import run_import
from tests.accounts.test_url_by_role import SignIn
from tests.cast import Cast
from tests.intake.test_dirty_files import GOOD, lines
from tests.runtime.small_disk import filled, small_disk

BIG = lines(*[GOOD] * 200_000).encode()  # too big to be held in memory: Django puts it on a disk first
FULL = "The server's disk is full: the file was not kept."


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 32) as disk:
        yield disk


@pytest.fixture
def analyst(cast: Cast, as_: SignIn, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(run_import, "delay", lambda _: None)
    client = as_(cast.analyst)
    client.raise_request_exception = False
    return client


def give(client: Client, language: str = "en") -> tuple[int, str]:
    file = SimpleUploadedFile("tickets.csv", BIG)
    client.cookies["django_language"] = language
    answer = client.post(reverse("import_add"), {"file": file, "kind": "auto"})
    assert answer.status_code < 400 or answer["Retry-After"]
    return answer.status_code, answer.content.decode()


def test_what_cannot_be_kept_is_said_in_the_form(analyst: Client, disk: Path, settings: LazySettings) -> None:
    settings.MEDIA_ROOT = disk / "uploads"
    with filled(disk, left=len(BIG) // 2):
        status, page = give(analyst)
        assert status == 200
        assert escape(FULL) in page
        assert not ImportRun.objects.exists()
        assert list((disk / "uploads/imports").iterdir()) == []
    assert give(analyst)[0] == 302
    assert ImportRun.objects.get().state == State.QUEUED


def test_what_cannot_even_be_received_is_said_on_a_page_of_its_own(
    analyst: Client, cast: Cast, disk: Path, settings: LazySettings
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(disk)
    with filled(disk, left=len(BIG) // 2):
        status, page = give(analyst)
        assert status == 507
        assert "The server has no room left" in page
        cast.analyst.language = "fr"
        cast.analyst.save()
        status, page = give(analyst)
        assert (status, '<html lang="fr">' in page) == (507, True)
        assert "Le serveur n’a plus de place" in page
        assert [path.name for path in disk.iterdir()] == ["ballast"]
        assert not ImportRun.objects.exists()
    assert give(analyst)[0] == 302
