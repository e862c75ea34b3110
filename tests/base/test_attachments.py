"""Files beside a deviation: what they hold decides what they are, and who sees the deviation sees them."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from base.attachments.types import LARGEST, MOST, clean_name, type_of
from base.models import Attachment
from kpis.models import Deviation
from tests.accounts.url_table import a_deviation
from tests.cast import Cast
from tests.intake.books import book, spoiled, text

SignIn = Callable[[Any], Client]
PDF = b"%PDF-1.7\nof no page"


@pytest.fixture
def deviation(cast: Cast) -> Deviation:
    return Deviation.objects.get(**a_deviation(cast))


def add(client: Client, deviation: Deviation, content: bytes = PDF, name: str = "Note.pdf") -> str:
    url = reverse("deviation_attach", args=[deviation.pk])
    return text(client.post(url, {"file": SimpleUploadedFile(name, content)}, follow=True))


def download(client: Client, one: Attachment) -> Any:
    return client.get(reverse("deviation_attachment", args=[one.object_id, one.pk]))


def test_a_file_is_added_downloaded_and_in_the_history(deviation: Deviation, cast: Cast, as_: SignIn) -> None:
    page = add(as_(cast.manager), deviation, name="Note d’été.PDF")
    assert "The file is added." in page
    assert "Note d’été.pdf" in page
    assert "File added" in page
    one = Attachment.objects.get()
    answer = download(as_(cast.member), one)  # who sees the deviation
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="note-d-ete.pdf"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_same_file_again_is_there_already(deviation: Deviation, cast: Cast, as_: SignIn) -> None:
    add(as_(cast.manager), deviation)
    assert "This file is there already." in add(as_(cast.analyst), deviation, name="Another.pdf")
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize("change", [{"kind": "exe"}, {"sha256": "x"}, {"removed_at": "2026-11-28T10:00Z"}])
def test_the_database_holds_what_a_file_is(
    change: dict[str, str], deviation: Deviation, cast: Cast, as_: SignIn
) -> None:
    add(as_(cast.manager), deviation)
    with pytest.raises(IntegrityError, match="attachment_"), transaction.atomic():
        Attachment.objects.update(**change)


def test_so_many_files_lie_beside_one_object_and_no_more(
    deviation: Deviation, cast: Cast, as_: SignIn
) -> None:
    client = as_(cast.manager)
    for n in range(MOST):
        assert "The file is added." in add(client, deviation, PDF + bytes([65 + n]))
    assert "There are 20 files beside it already: remove one first." in add(client, deviation)
    assert "This file is there already." in add(client, deviation, PDF + b"A")
    assert Attachment.objects.there().count() == MOST
    one = Attachment.objects.there()[0]
    client.post(reverse("deviation_detach", args=[deviation.pk]), {"attachment": one.pk})
    assert "The file is added." in add(client, deviation)


def test_removed_its_content_is_gone_and_its_trace_stays(
    deviation: Deviation, cast: Cast, as_: SignIn
) -> None:
    client = as_(cast.manager)
    add(client, deviation)
    one, url = Attachment.objects.get(), reverse("deviation_detach", args=[deviation.pk])
    page = text(client.post(url, {"attachment": one.pk}, follow=True))
    assert "The file is removed." in page
    assert "File removed" in page
    one.refresh_from_db()
    assert (bytes(one.content), one.removed_by) == (b"", cast.manager)
    assert download(client, one).status_code == 404
    assert "The file is not there any more." in text(client.post(url, {"attachment": one.pk}, follow=True))
    assert "The file is added." in add(client, deviation)  # the same one may come again


def test_who_may_not_handle_adds_and_removes_nothing(deviation: Deviation, cast: Cast, as_: SignIn) -> None:
    add(as_(cast.manager), deviation)
    one, member = Attachment.objects.get(), as_(cast.member)
    for name, data in (("deviation_attach", {}), ("deviation_detach", {"attachment": one.pk})):
        assert member.post(reverse(name, args=[deviation.pk]), data).status_code == 403
    assert (
        as_(cast.outsider).get(reverse("deviation_attachment", args=[deviation.pk, one.pk])).status_code
        == 403
    )
    assert Attachment.objects.there().count() == 1


def test_a_file_is_reached_through_its_own_object_alone(
    deviation: Deviation, cast: Cast, as_: SignIn
) -> None:
    add(as_(cast.manager), deviation)
    one = Attachment.objects.get()
    other = Deviation.objects.get(pk=deviation.pk)
    other.pk, other.rule = None, "target"
    other.save()
    client = as_(cast.manager)
    assert client.get(reverse("deviation_attachment", args=[other.pk, one.pk])).status_code == 404
    client.post(reverse("deviation_detach", args=[other.pk]), {"attachment": one.pk})
    assert Attachment.objects.there().count() == 1


def packed(**parts: bytes) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return content.getvalue()


def named(value: str | bytes) -> str:
    """An archive holds the time it was made at, which is no name of a test."""
    return value if isinstance(value, str) else f"{value[:4]!r}"


ODT = b"application/vnd.oasis.opendocument.text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DOCM = "application/vnd.ms-word.document.macroEnabled.main+xml"


def told_of(content_type: str, encoding: str = "utf-8") -> bytes:
    """A document whose parts are named as those of any other, and said to be of that type."""
    override = f'<Override PartName="/word/document.xml" ContentType="{content_type}"/>'
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f"<Types>{override}</Types>".encode(encoding))
        archive.writestr("word/document.xml", b"x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.exe", PDF, "pdf"),  # by what it holds
        ("a", b"\x89PNG\r\n\x1a\nx", "png"),
        ("a.gif", b"\xff\xd8\xff\xe0x", "jpg"),
        ("a", book(("x",)), "xlsx"),
        ("a", packed(word__document_dot_xml=b"x"), "docx"),
        ("a", told_of(DOCX), "docx"),
        ("a", packed(mimetype=ODT, Pictures__Basic_dot_png=b"x"), "odt"),
        ("a", packed(ppt__presentation_dot_xml=b"x"), "pptx"),
        ("a", packed(mimetype=b"application/vnd.oasis.opendocument.text"), "odt"),
        ("a", packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "ods"),
        ("notes.csv", "jour;€\n1;2".encode("cp1252"), "csv"),
        ("notes.html", b"plain words", "txt"),
    ],
    ids=named,
)
def test_a_type_is_what_the_file_holds(name: str, content: bytes, kind: str) -> None:
    assert type_of(name, content) == kind
    assert clean_name(name, kind).endswith(f".{kind}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"x" * (LARGEST + 1), "larger than 5 MB"),
        (b"MZ\x90\x00\x03", "none of the files"),
        (b"<!DOCTYPE html><script>1</script>", "none of the files"),
        (b"\xef\xbb\xbf <svg onload=alert(1)>", "none of the files"),
        (packed(a=b"x"), "none of the files"),
        (book(("x",))[:200], "none of the files"),
        (packed(xl__workbook_dot_xml=b"x", xl__vbaProject_dot_bin=b"x"), "macros"),
        (packed(word__document_dot_xml=b"x", WORD__VBAPROJECT_dot_BIN=b"x"), "macros"),
        (packed(mimetype=ODT, Basic__Standard__Module1_dot_xml=b"x"), "macros"),
        (packed(mimetype=ODT, Object_1__Basic__a_dot_xml=b"x"), "macros"),
        (packed(mimetype=ODT, Scripts__python__a_dot_py=b"x"), "macros"),
        (told_of(DOCM), "macros"),
        (told_of(DOCM.upper()), "macros"),
        (told_of(DOCM.replace("document", "template")), "macros"),
        (told_of(DOCM, "utf-16"), "macros"),
        (told_of("application/vnd.ms-office.vbaProject"), "macros"),
        (told_of("application/vnd.ms-excel.macrosheet+xml"), "macros"),
        (told_of(DOCM.replace("m", "&#109;")), "none of the files"),
        (told_of("<!DOCTYPE t [<!ENTITY hidden 'mac'>]>"), "none of the files"),
        (told_of(" " * (1 << 20)), "none of the files"),
        (b"GIF89a\x00", "none of the files"),
    ],
    ids=named,
)
def test_anything_else_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with override("en"), pytest.raises(ValidationError, match=said):
        type_of("a.pdf", content)


def test_a_refused_file_is_said_beside_the_field(deviation: Deviation, cast: Cast, as_: SignIn) -> None:
    assert "This is none of the files that are kept" in add(as_(cast.manager), deviation, b"MZ\x00")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\moi\\note.docx", "note.txt"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie x.txt"),
        (".htaccess", "htaccess.txt"),
        ("", "file.txt"),
        ("é" * 300, "é" * 120 + ".txt"),
        ("gp\u202efdp.exe", "gp fdp.txt"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_name(name, "txt") == clean


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_archive_is_refused_in_a_sentence(method: int) -> None:
    with pytest.raises(ValidationError):
        type_of("x.odt", spoiled(method))
