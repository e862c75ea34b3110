"""The list of imports as a file: what is stored, not what the page shows, and nothing a spreadsheet would run."""

import codecs
import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.lists.exports import csv_file
from accounts.models import User
from intake.models import ImportRun, State
from tests.cast import Cast
from tests.intake.toy import HEADER, stored_rows


def test_the_list_exports_plain_cells(
    as_: Callable[[User], Client], cast: Cast, imported: Callable[..., ImportRun]
) -> None:
    imported(f"{HEADER}\nT1,,1,,2026-01-01,\n", name="=cmd.csv", by=cast.analyst)
    text = as_(cast.analyst).get(reverse("import_list"), {"_export": "csv"}).content.decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=cmd.csv" in cells
    assert [cell for cell in cells if "<" in cell] == []


@pytest.mark.parametrize(("language", "delimiter", "decimal"), [("fr", ";", ","), ("en", ",", ".")])
def test_an_export_is_imported_back_with_equal_figures(
    imported: Callable[..., ImportRun], language: str, delimiter: str, decimal: str
) -> None:
    figures = [Decimal("-1234.5"), Decimal("0.0004"), Decimal("1234567.89"), Decimal(0), Decimal(-7)]
    rows = [[f"T{n}", "a; b, c", n, figure, "2026-01-02"] for n, figure in enumerate(figures)]
    with translation.override(language):
        written = csv_file([["ref", "label", "quantity", "amount", "sold_at"], *rows], "tickets").getvalue()
    assert written.startswith(codecs.BOM_UTF8)
    run = imported(written)
    assert (run.state, run.rows_rejected) == (State.DONE, 0), run.said
    assert (run.dialect["delimiter"], run.dialect["decimal"]) == (delimiter, decimal)
    kept = stored_rows(run)
    assert [Decimal(str(row["amount"])) for row in kept] == figures
    assert [(row["ref"], row["label"], row["quantity"]) for row in kept] == [
        (a, b, c) for a, b, c, _d, _e in rows
    ]
