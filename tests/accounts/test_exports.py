"""What a list exports is safe in a spreadsheet: no text of a person or a file is run, and numbers stay numbers."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.lists.exports import _workbook, csv_lines, harmless, table_file
from accounts.models import User
from tests.cast import Cast

BAD = "=HYPERLINK(A1)"


def cells_in(line_text: str, delimiter: str) -> Iterator[str]:
    """The cells of a file as Excel parts it: a quote counts only where a cell begins, until its twin."""
    at, end = 0, len(line_text)
    while at < end:
        cell, at = _cell(line_text, at, delimiter)
        yield cell
        at += 2 if line_text.startswith("\r\n", at) else 1


def _cell(text: str, at: int, delimiter: str) -> tuple[str, int]:
    said, quoted = "", text.startswith('"', at)
    at += quoted
    while at < len(text):
        if quoted and text[at] == '"':
            quoted = text.startswith('"', at + 1)
            said, at = said + '"' * quoted, at + 1 + quoted
        elif not quoted and text[at] in (delimiter, "\r", "\n"):
            break
        else:
            said, at = said + text[at], at + 1
    return said, at


def is_run(cell: str, mark: str) -> bool:
    """Whether a spreadsheet could take a cell for a formula; a number is none."""
    if re.fullmatch(rf"-?[0-9]+({re.escape(mark)}[0-9]+)?(e-?[0-9]+)?", cell):
        return False
    seen = cell.lstrip(" \t\r\n\"'\ufeff\u200b\u00a0") if not cell.startswith("'") else cell
    return cell.startswith(("\t", "\r", "\n")) or seen.startswith(tuple("=+-@＝＋－＠"))


SPECIAL = st.text(alphabet=list("=+-@＝＋－＠\t\r\n;,\"' a1\ufeff\u200b\u00a0|\x00\x01\ud800"), max_size=12)
NUMBER = st.one_of(
    st.integers(-(10**15), 10**15),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
    st.floats(-1e9, 1e9, allow_nan=False),
)
ROW = st.tuples(
    st.one_of(SPECIAL, NUMBER),
    st.one_of(SPECIAL, NUMBER),
    NUMBER,
    st.one_of(SPECIAL, NUMBER, st.text(max_size=5)),
)


@pytest.mark.parametrize("language", ["fr", "en"])
@given(rows=st.lists(ROW, min_size=1, max_size=4))
@example(rows=[("a", "x;=2+2", -1, "y")])
@example(rows=[(Decimal("-12.5"), "x", -1, "y"), (-3, ";=1", 2, "")])
@example(rows=[("a", 'x;"=2+2', -1, "b;"), ("-1", "a,", -5, "\t=1")])
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_text_becomes_a_formula_wherever_lines_are_parted(language: str, rows: list[Any]) -> None:
    with translation.override(language):
        written = "".join(csv_lines(rows))
    mark = "," if language == "fr" else "."
    for delimiter in ",;\t":
        assert [cell for cell in cells_in(written, delimiter) if is_run(cell, mark)] == []


@pytest.mark.parametrize("language", ["fr", "en"])
@given(rows=st.lists(ROW, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_numbers_and_plain_texts_are_read_back_equal(language: str, rows: list[Any]) -> None:
    with translation.override(language):
        written = "".join(csv_lines(rows))
    mark, delimiter = (",", ";") if language == "fr" else (".", ",")
    read = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))
    assert [len(row) for row in read] == [4] * len(rows)
    for row, given_row in zip(read, rows, strict=True):
        for place, (text, value) in enumerate(zip(row, given_row, strict=True)):
            if isinstance(value, str):
                assert text == harmless(value)
            else:
                figure = text if place else text.removeprefix("'")  # of a negative one that begins a line
                assert Decimal(figure.replace(mark, ".")) == Decimal(str(value))


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), Decimal("sNaN"), Decimal("-Infinity")])
def test_what_is_no_figure_is_blank(value: Any) -> None:
    assert list(csv_lines([["a", value]])) == ["a;\r\n"]
    sheet = load_workbook(BytesIO(_workbook([["a", value]]))).worksheets[0]
    assert sheet["B1"].value is None


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        *(
            (bad, f"'{bad}")
            for bad in ("=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "＝1", "  =1", '"=1', "'=1")
        ),
        ("x;=2+2", "x;'=2+2"),
        ("x,=2+2", "x,'=2+2"),
        ("x\t=2+2", "x\t'=2+2"),
        ("x\r\n=2+2", "x\r\n'=2+2"),
        ('x; "=2+2', "x;' \"=2+2"),
        ("x;\t1", "x;'\t1"),
        ("x;", "x;'"),
        ("\ufeff=1", "'\ufeff=1"),
        *((plain, plain) for plain in ("plain", "", "a=b", "a; b", "Réf. 12-34", "ann@example.com", "a - b")),
    ],
)
def test_what_is_made_harmless(text: str, safe: str) -> None:
    assert harmless(text) == safe


def test_people_are_exported_without_formulas(as_: Callable[[User], Client], cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(full_name=BAD)
    User.objects.filter(pk=cast.hr.pk).update(full_name="#N/A \x01;=1", language="en")
    client = as_(cast.administrator)
    text = client.get(reverse("people_list"), {"_export": "csv"}).content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert {f"'{BAD}", "#N/A ;'=1"} <= set(cells)
    assert BAD not in cells
    book = load_workbook(BytesIO(client.get(reverse("people_list"), {"_export": "xlsx"}).content))
    found = {cell.value: cell for row in book.worksheets[0].iter_rows() for cell in row}
    assert {cell.data_type for cell in found.values()} <= {"s", "n", "d"}
    assert found[BAD].quotePrefix
    assert not found["#N/A ;=1"].quotePrefix
    assert not any(cell.hyperlink for cell in found.values())


class Figures:
    label = "Écarts d’hier"

    def as_values(self) -> Iterator[list[Any]]:
        yield ["Name", "Gap"]
        yield ["a", Decimal("-12.5")]
        yield ["b", -3]


@pytest.mark.parametrize(
    ("language", "lines"), [("fr", "Name;Gap a;-12,5 b;-3"), ("en", "Name,Gap a,-12.5 b,-3")]
)
def test_negative_numbers_stay_numbers(language: str, lines: str) -> None:
    with translation.override(language):
        assert table_file(Figures(), "csv").content.decode("utf-8-sig").split("\r\n")[:3] == lines.split(" ")
    sheet = load_workbook(BytesIO(table_file(Figures(), "xlsx").content)).worksheets[0]
    assert [sheet["B2"].value, sheet["B3"].value] == [-12.5, -3]


class Moments(Figures):
    def as_values(self) -> Iterator[list[Any]]:
        yield ["Told", "Day", "Value"]
        yield [datetime(2026, 7, 1, 22, 5, 3, 123456, UTC), date(2026, 7, 2), Decimal("1250.500000")]


def test_moments_days_and_figures_are_those_of_a_spreadsheet() -> None:
    """In local time and without the zeros of the database; the file is called as its list is."""
    with translation.override("fr"):
        text, book = (table_file(Moments(), extension) for extension in ("csv", "xlsx"))
    assert text.content.decode("utf-8-sig").split("\r\n")[1] == "2026-07-02 00:05:03;2026-07-02;1250,5"
    assert text["Content-Disposition"] == 'attachment; filename="ecarts-d-hier.csv"'
    cells = load_workbook(BytesIO(book.content)).worksheets[0][2]
    assert [cell.number_format for cell in cells] == ["dd/mm/yyyy hh:mm", "dd/mm/yyyy", "General"]
    assert [str(cell.value) for cell in cells] == ["2026-07-02 00:05:03", "2026-07-02 00:00:00", "1250.5"]
