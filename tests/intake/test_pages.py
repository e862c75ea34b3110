"""The import pages, as each of the cast uses them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from base.sentences import Sentence, in_words, keep
from intake.models import ImportRun, State
from intake.tasks import run_import
from intake.work import perform
from tests.cast import Cast
from tests.intake.conftest import Import
from tests.intake.test_dirty_files import GOOD, lines, padded
from tests.intake.toy import stored_rows

SignIn = Callable[[Any], Client]


@pytest.fixture
def analyst(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.analyst)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_import, "delay", lambda _: None)


def give(client: Client, content: str, **more: Any) -> Any:
    file = SimpleUploadedFile("tickets.csv", content.encode())
    return client.post(reverse("import_add"), {"file": file, "kind": "auto", **more})


def text(response: Any) -> str:
    return str(response.content.decode())


def test_an_empty_instance_teaches_what_to_import(analyst: Client) -> None:
    page = text(analyst.get(reverse("import_list")))
    assert "No file has been imported yet" in page
    assert "Réf. ticket" in page
    assert reverse("import_example", args=["tickets"]) in page


def test_the_example_is_a_file_the_import_takes(analyst: Client, imported: Import) -> None:
    response: Any = analyst.get(reverse("import_example", args=["tickets"]))
    run = imported(b"".join(response.streaming_content))
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 2, 0)
    assert analyst.get(reverse("import_example", args=["nothing"])).status_code == 404


def test_a_given_file_is_queued_and_its_page_follows_the_work(
    analyst: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    response = give(analyst, padded("bad"), source="shop")
    run = ImportRun.objects.get()
    assert (response.status_code, response["Location"]) == (302, reverse("import_detail", args=[run.pk]))
    assert (run.state, run.by, run.source, run.filename) == (
        State.QUEUED,
        cast.analyst,
        "shop",
        "tickets.csv",
    )
    progress = reverse("import_progress", args=[run.pk])
    assert f'hx-get="{progress}"' in text(analyst.get(run.get_absolute_url()))
    waiting = analyst.get(progress, headers={"HX-Request": "true"})
    assert (waiting.status_code, "<html" in text(waiting), progress in text(waiting)) == (200, False, True)
    perform(run.pk)
    with django_assert_max_num_queries(10):
        over = analyst.get(progress, headers={"HX-Request": "true"})
    assert (over.status_code, progress in text(over)) == (286, False)
    assert "2 cells" not in text(over)
    assert "Number of cells: 1 instead of 6." in text(over)
    assert "Rows imported: 6." in text(over)
    assert f'href="/tickets/{run.pk}/"' in text(over)


def test_what_cannot_be_queued_is_said_in_the_form(analyst: Client) -> None:
    response = give(analyst, lines(GOOD), mapping=SimpleUploadedFile("m.toml", b"colums = 3"))
    assert (response.status_code, "unknown part: colums" in text(response)) == (200, True)
    response = give(analyst, lines(GOOD), mapping=SimpleUploadedFile("m.toml", b"not toml"))
    assert "not valid TOML" in text(response)
    assert analyst.post(reverse("import_add"), {"kind": "auto"}).status_code == 200
    assert not ImportRun.objects.exists()


def test_a_mapping_can_come_with_the_file(analyst: Client) -> None:
    give(
        analyst,
        "no,quantity,sold_at\nT1,1,2026-01-01\n",
        mapping=SimpleUploadedFile("m.toml", b'columns = {no = "ref"}'),
    )
    assert perform(ImportRun.objects.get().pk).state == State.DONE


def test_rejects_download_whole_and_harmless(analyst: Client, imported: Import) -> None:
    run = imported(lines(*["=1+1,bad"] * 120, *[GOOD] * 600))
    response: Any = analyst.get(reverse("import_rejects", args=[run.pk]))
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert len(rows) == 121
    assert rows[1] == ["2", "Number of cells: 2 instead of 6.", "'=1+1,bad"]


def test_undo_asks_then_takes_back(analyst: Client, cast: Cast, imported: Import) -> None:
    run = imported(lines(GOOD))
    undo = reverse("import_undo", args=[run.pk])
    assert undo in text(analyst.get(run.get_absolute_url()))
    assert "no longer count" in text(analyst.get(undo))
    assert analyst.post(undo)["Location"] == run.get_absolute_url()
    run.refresh_from_db()
    assert (run.state, run.undone_by, stored_rows(run)) == (State.UNDONE, cast.analyst, [])
    page = text(analyst.post(undo, follow=True))
    assert "not in force" in page
    assert undo not in page


def test_a_file_can_be_read_again_without_sending_it_again(analyst: Client, imported: Import) -> None:
    run = imported("ref\nT1\n")
    response = analyst.post(reverse("import_again", args=[run.pk]))
    again = ImportRun.objects.latest("pk")
    assert (response["Location"], again.state, again.sha256) == (
        again.get_absolute_url(),
        "queued",
        run.sha256,
    )


def test_readers_see_where_figures_come_from_but_no_rows(cast: Cast, as_: SignIn, imported: Import) -> None:
    run = imported(padded("bad"))
    page = text(as_(cast.member).get(run.get_absolute_url()))
    assert "Rows imported: 6." in page
    assert "Number of cells: 1 instead of 6." not in page
    assert reverse("import_undo", args=[run.pk]) not in page
    assert as_(cast.member).get(reverse("import_rejects", args=[run.pk])).status_code == 403
    assert as_(cast.outsider).get(run.get_absolute_url()).status_code == 403
    assert as_(cast.member).get(reverse("import_detail", args=[run.pk + 1])).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?state=done", 1),
        ("?q=OTHER", 1),
        ("?kind=tickets", 2),
        ("?q=none", 0),
        ("?sort=-filename", 2),
    ],
)
def test_the_list_filters_sorts_and_exports_what_it_shows(
    analyst: Client, imported: Import, query: str, found: int
) -> None:
    imported(lines(GOOD))
    imported(lines(GOOD), name="other.csv")
    page = text(analyst.get(reverse("import_list") + query))
    assert (
        page.count('href="/imports/') - page.count('href="/imports/new/"') - page.count('href="/imports/"')
        == found
    )
    export = analyst.get(reverse("import_list") + (query or "?") + "&_export=csv")
    assert len(list(csv.reader(io.StringIO(export.content.decode("utf-8-sig"))))) == 1 + found


def test_the_list_asks_as_many_questions_whatever_its_length(analyst: Client, imported: Import) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            analyst.get(reverse("import_list"))
        return len(captured)

    imported(lines(GOOD))
    few = questions()
    for number in range(5):
        imported(lines(*[GOOD] * (number + 2)))
    assert questions() == few


def test_a_sentence_is_said_in_the_language_of_its_reader() -> None:
    kept = keep(
        Sentence("Rows %(rows)s of line %(line)d: %(why)s", {"rows": 12345, "line": 12345, "why": "é"})
    )
    with override("en"):
        assert in_words(kept) == "Rows 12,345 of line 12345: é"
    with override("fr"):
        assert in_words(kept) == "Rows 12\u202f345 of line 12345: é"
    assert in_words(keep("100 % plain")) == "100 % plain"
    assert in_words([]) == ""
