"""Files made to harm, or that only look like a table: each is refused in a sentence, and nothing is kept."""

import gzip
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.models import RowsImport
from intake.rows import actions, workbooks
from intake.rows.people import PeopleKind
from intake.rows.reading import MOST_ROWS
from tests.cast import Cast
from tests.intake.books import book, confirm, give, last, spoiled, text

SignIn = Callable[[Any], Client]
HEAD = ("E-mail", "Name")
ANA = ("ana@martel.example", "Ana Roy")


@pytest.fixture
def administrator(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.administrator)


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """A workbook with more parts, or others (``__`` stands for the slash, ``_dot_`` for the point)."""
    given, made = zipfile.ZipFile(BytesIO(content)), BytesIO()
    named = {name.replace("__", "/").replace("_dot_", "."): data for name, data in parts.items()}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in given.namelist():
            if name not in named:
                packed.writestr(name, given.read(name))
        for name, data in named.items():
            packed.writestr(name, data)
    return made.getvalue()


def sheet_of(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


GOOD = book(HEAD, ANA)
LAST_CELL = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet><sheetData><row><c><v>&j;</v></c></row></sheetData></worksheet>"
)

SHARED = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'


def _cells_of_one_text(length: int, cells: int) -> bytes:
    """A small workbook: one text, named by many cells."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, cells + 1))
    parts = {
        "xl__worksheets__sheet1_dot_xml": sheet_of(rows),
        "xl__sharedStrings_dot_xml": SHARED % (b"x" * length),
    }
    return with_parts(GOOD, **parts)


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("x.xlsx", b"", "The file is empty."),
    "blank workbook": ("x.xlsx", book(), "The file is empty."),
    "blank text": ("x.csv", b"\r\n;;\r\n", "The file is empty."),
    "zip bomb": (
        "x.xlsx",
        with_parts(GOOD, xl__worksheets__sheet1_dot_xml=b" " * (70 << 20)),
        "too large once unpacked",
    ),
    "a thousand entities": (
        "x.xlsx",
        with_parts(GOOD, xl__worksheets__sheet1_dot_xml=BOMB),
        "cannot be read",
    ),
    "a cell in the last place there is": (
        "x.xlsx",
        with_parts(GOOD, xl__worksheets__sheet1_dot_xml=sheet_of(LAST_CELL)),
        "has more than 20000 rows",
    ),
    "a text that thousands of cells name": (
        "x.xlsx",
        _cells_of_one_text(30_000, 6_000),
        "holds too much text",
    ),
    "more text than there is memory": ("x.xlsx", _cells_of_one_text(32_000, 20_000), "cannot be read"),
    "a compressed text": ("x.csv", gzip.compress(b"E-mail;Name\n" + b"x" * (1 << 20)), "compressed file"),
    "corrupt deflate": ("x.ods", spoiled(zipfile.ZIP_DEFLATED), "cannot be read"),
    "corrupt lzma": ("x.ods", spoiled(zipfile.ZIP_LZMA), "cannot be read"),
    "corrupt bzip2": ("x.ods", spoiled(zipfile.ZIP_BZIP2), "cannot be read"),
    "macros": ("x.xlsm", with_parts(GOOD, xl__vbaProject_dot_bin=b"x"), "holds macros"),
    "binary workbook": ("x.xlsb", with_parts(GOOD, xl__workbook_dot_bin=b"x"), "binary Excel workbook"),
    "protected by a password": (
        "x.xlsx",
        b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    "old workbook": ("x.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel workbook"),
    "a page named as a workbook": (
        "x.xls",
        b"<html><table><tr><td>E-mail</td></tr></table></html>",
        "web page",
    ),
    "another archive": ("x.xlsx", with_parts(b"PK\x05\x06" + b"\0" * 18, a=b"x"), "not a workbook"),
    "cut short": ("x.xlsx", GOOD[: len(GOOD) // 2], "cannot be read"),
    "a picture": ("x.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "cannot be read as a table"),
    "a document": ("x.csv", b"%PDF-1.7\n", "PDF"),
    "a quotation mark nothing closes": ("x.csv", b'E-mail;Name\n"ana@martel.example;Ana\n', "quotation mark"),
    "too many rows": (
        "x.csv",
        b"E-mail;Name\n" + b"a@b.fr;A\n" * (MOST_ROWS + 1),
        "more than 20000 rows",
    ),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_refused_in_a_sentence(harm: str, administrator: Client) -> None:
    name, content, said = HOSTILE[harm]
    page = text(give(administrator, content, name))
    assert said in page
    assert not RowsImport.objects.exists()


def test_a_million_formatted_rows_are_refused_or_read_quickly(administrator: Client) -> None:
    """As Excel writes them when a whole column was formatted down to the last row."""
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>E-mail</t></is></c></row>' + "".join(
        f'<row r="{n}" s="1" customFormat="1"/>' for n in range(2, 1_048_577)
    )
    content = with_parts(GOOD, xl__worksheets__sheet1_dot_xml=sheet_of(rows))
    page = text(give(administrator, content))
    assert (
        "There is nothing to import." in page or "too large once unpacked" in page or "cannot be read" in page
    )


def test_links_to_other_workbooks_are_not_followed_and_are_said(administrator: Client) -> None:
    page = text(give(administrator, with_parts(GOOD, xl__externalLinks__externalLink1_dot_xml=b"<x/>")))
    assert "Some cells take their value from another workbook" in page


def test_a_file_larger_than_any_is_refused_unread(administrator: Client) -> None:
    page = text(give(administrator, b"x" * (workbooks.LARGEST + 1), "x.csv"))
    assert "larger than 10 MB" in page


def test_more_rows_than_are_taken_at_once(administrator: Client) -> None:
    rows = [(f"p{number}@martel.example", "P") for number in range(PeopleKind.most_rows + 1)]
    page = text(give(administrator, book(HEAD, *rows)))
    assert f"At most {PeopleKind.most_rows} rows are taken at once" in page


def test_formulas_in_names_are_kept_as_text(administrator: Client) -> None:
    give(administrator, b"E-mail;Name\nana@martel.example;=cmd|' /C calc'!A0\n", "x.csv")
    page = administrator.get(last().get_absolute_url()).content.decode()
    assert "=cmd|" in page
    assert "<script" not in page.split("<main")[1]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.csv", "<script>.csv", "é" * 400 + ".csv"])
def test_names_of_files_harm_nobody(name: str, administrator: Client) -> None:
    answer = give(administrator, b"E-mail;Name\nana@martel.example;Ana\n", name)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "data", [{}, {"sheet": "9", "header": "1"}, {"sheet": "0", "header": "999999999999"}, {"sheet": "x"}]
)
def test_columns_asked_for_that_are_not_there(data: dict[str, str], administrator: Client) -> None:
    give(administrator, book(("Who", "What"), ANA))
    url = reverse("rows_columns", args=[last().pk])
    assert administrator.post(url, {**data, "column-0": "email", "column-77": "email"}).status_code == 200


def test_one_file_is_read_at_a_time(administrator: Client) -> None:
    """Two threads answer pages: reading takes seconds, and never both."""
    give(administrator, book(HEAD, ANA))
    run = last()
    assert actions._busy.acquire(blocking=False), "what was given before is let go"
    try:
        page = text(give(administrator, book(HEAD, ("bob@martel.example", "Bob"))))
        assert "Another file is being read: give yours again in a moment." in page
        page = text(administrator.post(run.get_absolute_url(), {"digest": run.digest}, follow=True))
        assert "Another file is being read" in page
    finally:
        actions._busy.release()
    run.refresh_from_db()
    assert (RowsImport.objects.count(), run.state) == (1, "draft")
    assert confirm(administrator, run).state == "done"


def test_a_refused_file_lets_the_next_one_in(administrator: Client) -> None:
    give(administrator, b"")
    give(administrator, book(HEAD, ANA))
    assert RowsImport.objects.count() == 1


def test_a_file_is_read_from_its_start_whoever_read_it_before(administrator: Client, cast: Cast) -> None:
    """Of two clicks at once the second is answered again, with the same upload."""
    file = SimpleUploadedFile("x.xlsx", GOOD)
    file.read()
    about: Any = {"filename": "x.xlsx", "kind": PeopleKind(), "by": cast.administrator, "at": timezone.now()}
    assert actions.stage(file=file, **about).rows_new == 1  # type: ignore[arg-type]  # as the page gives it
