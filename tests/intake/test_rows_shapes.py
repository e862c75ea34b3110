"""Rows as real files write them: titles above, two sheets, other words, other hands, other programs."""

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import Membership, User
from intake.rows.cells import Manner, day_of, month_of
from tests.cast import Cast
from tests.intake.books import book, confirm, errors, give, last, outcomes, text

SignIn = Callable[[Any], Client]
ANA = ("ana@martel.example", "Ana Roy")


@pytest.fixture
def administrator(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.administrator)


def added() -> dict[str, str]:
    found = User.objects.get_queryset().filter(password__startswith="!")
    return dict(found.values_list("email", "full_name"))


def _merged(sheet: Any) -> None:
    sheet.merge_cells("A1:F1")


SHAPES: dict[str, tuple[str, bytes]] = {
    "a title merged above, an address, an empty row": (
        "x.xlsx",
        book(
            ("Effectif au 1er mars",),
            ("Maison Martel, 12 rue de la Paix",),
            (),
            ("Adresse e-mail", "Nom complet"),
            ANA,
            fill=_merged,
        ),
    ),
    "CSV of a French Excel": (
        "x.csv",
        "E-mail;Nom et prénom;Rôle\r\nana@martel.example;Ana Roy;Collaborateur\r\n".encode("cp1252"),
    ),
    "CSV with a mark, commas and a quoted line end": (
        "x.csv",
        b'\xef\xbb\xbfName,E-mail\r\n"Ana\nRoy",ana@martel.example\r\n',
    ),
    "CSV after a preamble of several lines": (
        "x.csv",
        b'"Date: 2026-11-28+0000"\r\n"Version: 7.1\nof two lines"\r\n"Status: ok"\r\n'
        b'"E-mail","Name"\r\n"ana@martel.example","Ana Roy"\r\n',
    ),
    "tabs of UTF-16, as Excel calls Unicode text": (
        "x.txt",
        "E-mail\tNom\r\nana@martel.example\tAna Roy\r\n".encode("utf-16"),
    ),
    "family and first names apart": (
        "x.xlsx",
        book(("Nom", "Prénom", "Mail"), ("Roy", "Ana", "ANA@Martel.example ")),
    ),
    "columns nobody asked for, no-break spaces, a link": (
        "x.xlsx",
        book(
            ("Matricule", "E-mail", "Nom", "Téléphone"),
            (12, "mailto:ana@martel.example", "Ana\u00a0Roy", "06"),
        ),
    ),
    "headings of another case, accents and stars": ("x.xlsx", book(("E-MAIL *", "nom d’usage"), ANA)),
    "repeated headings, blank rows between and after": (
        "x.xlsx",
        book(("E-mail", "Name"), (), ANA, (), ("E-mail", "Name"), (None, None), ()),
    ),
    "an address as mail programs write it": ("x.csv", b"E-mail;Name\nAna Roy <ana@martel.example>;Ana Roy\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_real_shapes(shape: str, administrator: Client) -> None:
    name, content = SHAPES[shape]
    give(administrator, content, name)
    run = last()
    assert errors(run) == {}
    assert run.digest, "its columns left no doubt"
    confirm(administrator)
    assert added() == {"ana@martel.example": "Ana Roy"}


def test_of_two_sheets_the_one_with_the_headings(administrator: Client) -> None:
    def second(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Équipe")
        other.append(["E-mail", "Nom"])
        other.append(list(ANA))

    give(administrator, book(("Notice",), ("Lisez-moi",), title="Notice", fill=second))
    confirm(administrator)
    assert added() == {"ana@martel.example": "Ana Roy"}


def test_two_sheets_alike_are_asked(administrator: Client) -> None:
    def second(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Lyon")
        other.append(["E-mail", "Name"])
        other.append(["bob@martel.example", "Bob Roy"])

    page = text(give(administrator, book(("E-mail", "Name"), ANA, title="Paris", fill=second)))
    assert "Which column is which?" in page
    run = last()
    url = reverse("rows_columns", args=[run.pk])
    page = text(administrator.post(url, {"sheet": "1", "header": "1", "look": "1"}))
    assert "bob@martel.example" in page
    answer = {"sheet": "1", "header": "1", "column-0": "email", "column-1": "full_name", "column-2": "-"}
    assert "Bob Roy" in text(administrator.post(url, answer, follow=True))
    confirm(administrator, run)
    assert added() == {"bob@martel.example": "Bob Roy"}


def test_columns_nobody_can_guess_are_asked_and_remembered(administrator: Client) -> None:
    content = book(("Identifiant", "Qui", "Divers"), (*ANA, "x"))
    assert "Say which column is this one" not in text(give(administrator, content))
    url = reverse("rows_columns", args=[last().pk])
    page = text(
        administrator.post(url, {"sheet": "0", "header": "1", "column-0": "-", "column-1": "full_name"})
    )
    assert "Say which column is this one, which is needed: E-mail." in page
    page = text(
        administrator.post(
            url, {"sheet": "0", "header": "1", "column-0": "full_name", "column-1": "full_name"}
        )
    )
    assert "Another column is said to be that already." in page
    administrator.post(
        url, {"sheet": "0", "header": "1", "column-0": "email", "column-1": "full_name", "column-2": "-"}
    )
    confirm(administrator)
    assert added() == {"ana@martel.example": "Ana Roy"}
    give(administrator, book(("Identifiant", "Qui", "Divers"), ("bob@martel.example", "Bob Roy", "y")))
    assert outcomes(last()) == [(2, "new")]  # not asked a second time


def test_a_heading_with_two_readings_is_asked(administrator: Client) -> None:
    page = text(give(administrator, book(("E-mail", "Name", "Collaborateur"), (*ANA, "Ana R."))))
    assert "Which column is which?" in page
    assert "To check." in page


def test_each_cell_says_where_it_is_and_why(administrator: Client) -> None:
    def spoil(sheet: Any) -> None:
        sheet["C4"] = "=B4&1"
        sheet["B5"] = "#N/A"
        sheet["B5"].data_type = "e"

    rows: list[tuple[str, ...]] = [
        ("E-mail", "Name", "Role"),
        ("not an address", "A", "Team member"),
        ("b@martel.example", "B", "Boss"),
        ("c@martel.example", "C", ""),
        ("d@martel.example", "D", ""),
        ("", "E", ""),
        ANA,
        ("ANA@martel.example", "Twin"),
    ]
    give(administrator, book(*rows, fill=spoil))
    found = errors(last())
    assert found["A2"] == "“E-mail”: “not an address” is not an e-mail address."
    assert found["C3"].startswith("“Role”: “Boss” is none of these: ")
    assert found["C4"].startswith("“Role” holds a formula without a result")
    assert found["B5"] == "“Name” holds the error #N/A."
    assert found["A6"] == "“E-mail” is empty."
    assert found["A8"] == "The same stands in row 7 already."
    assert [row for row, outcome in outcomes(last()) if outcome == "new"] == [7]


def test_hidden_rows_are_read_and_said(administrator: Client) -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    page = text(give(administrator, book(("E-mail", "Name"), ANA, ("bob@martel.example", "Bob"), fill=hide)))
    assert "These rows are hidden in the sheet, and are read all the same: 3." in page


def test_a_department_merged_over_rows_is_that_of_each(administrator: Client, cast: Cast) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("C2:C3")

    rows = [("E-mail", "Name", "Department"), (*ANA, "E-commerce"), ("bob@martel.example", "Bob", None)]
    give(administrator, book(*rows, fill=merge))
    confirm(administrator)
    assert (
        Membership.objects.filter(person__email__in=["ana@martel.example", "bob@martel.example"]).count() == 2
    )


def test_a_libreoffice_sheet_is_read(administrator: Client) -> None:
    give(administrator, ods([["E-mail", "Nom"], list(ANA)]), "x.ods")
    confirm(administrator)
    assert added() == {"ana@martel.example": "Ana Roy"}


def ods(rows: list[list[str]]) -> bytes:
    """The least an OpenDocument sheet may be."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    table = f"<table:table table:name='Équipe'>{cells}</table:table>"
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')
        packed.writestr(
            "content.xml",
            f"<?xml version='1.0'?><office:document-content {spaces}>{body}</office:document-content>",
        )
    return content.getvalue()


def test_the_example_of_the_template_is_left_out(administrator: Client) -> None:
    template = administrator.get(reverse("rows_template", args=["people"])).content
    page = text(give(administrator, template))
    assert "There is nothing to import." in page


_NAMES = st.text(st.characters(categories=["L"], max_codepoint=0x17F), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(_NAMES, min_size=1, max_size=5), language=st.sampled_from(["fr", "en"]))
def test_template_filled_and_imported(names: list[str], language: str, cast: Cast, as_: SignIn) -> None:
    """Whatever names are typed under the template's headings, in either language, come back as they were typed."""
    User.objects.get_queryset().filter(pk=cast.administrator.pk).update(language=language)
    User.objects.get_queryset().filter(email__contains="+filled").delete()
    client = as_(cast.administrator)
    template = load_workbook(BytesIO(client.get(reverse("rows_template", args=["people"])).content))
    sheet: Any = template.active
    heads = {str(cell.value).rstrip(" *"): cell.column for cell in sheet[1]}
    name_column = heads["Nom" if language == "fr" else "Name"]
    for number, name in enumerate(names, start=3):
        sheet.cell(number, heads["E-mail"], f"p{number}+filled@martel.example")
        sheet.cell(number, name_column, name)
        sheet.cell(
            number,
            heads["Rôle" if language == "fr" else "Role"],
            sheet.cell(2, heads["Rôle" if language == "fr" else "Role"]).value,
        )
    content = BytesIO()
    template.save(content)
    give(client, content.getvalue())
    confirm(client)
    found = User.objects.get_queryset().filter(email__contains="+filled").order_by("email")
    assert sorted(found.values_list("full_name", flat=True)) == sorted(name.strip() for name in names)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/12/2026", date(2026, 12, 31)),
        ("31.12.26", date(2026, 12, 31)),
        ("2026-12-31T10:30:00", date(2026, 12, 31)),
        ("12/Mar/24 9:41 AM", date(2024, 3, 12)),
        ("12 mars 2026", date(2026, 3, 12)),
        ("1er févr. 2026", date(2026, 2, 1)),
        ("lun. 23 nov. 2026", date(2026, 11, 23)),
        ("March 5, 2026", date(2026, 3, 5)),
        (20260131, date(2026, 1, 31)),
        (46023, date(2026, 1, 1)),
        ({"date": "2026-01-31T10:30:00"}, date(2026, 1, 31)),
        ("bientôt", None),
        (12, None),
        (True, None),
        ("32/13/2026", None),
    ],
)
def test_days_as_people_write_them(cell: Any, day: date | None) -> None:
    assert day_of(cell, Manner()) == day


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("janv. 2026", date(2026, 1, 1)),
        ("Janvier 2026", date(2026, 1, 1)),
        ("01/2026", date(2026, 1, 1)),
        ("2026-01", date(2026, 1, 1)),
        ("2026M01", date(2026, 1, 1)),
        ("Jan-26", date(2026, 1, 1)),
        ("AOÛT 2026", date(2026, 8, 1)),
        ({"date": "2026-01-15"}, date(2026, 1, 1)),
        ("Total 2026", None),
        ("Indicateur", None),
        (2026, None),
        ("13/2026", None),
    ],
)
def test_months_as_people_write_them(cell: Any, month: date | None) -> None:
    assert month_of(cell) == month


def test_a_date_of_excel_is_a_date(administrator: Client, cast: Cast) -> None:
    rows = [("E-mail", "Name", "Department", "From"), (*ANA, "E-commerce", date(2026, 12, 31))]
    give(administrator, book(*rows))
    confirm(administrator)
    assert Membership.objects.get(person__email="ana@martel.example").start == date(2026, 12, 31)
