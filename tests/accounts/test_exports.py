"""What a list exports is safe in a spreadsheet: no name a person or a file gave is run as a formula."""

import csv
import io
from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.exports import harmless
from accounts.models import User
from tests.cast import Cast

BAD = "=HYPERLINK(A1)"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "\r=x"])
def test_a_text_that_looks_like_a_formula_is_told_to_be_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["plain", "", "a=b", -3, -2.5, None])
def test_other_cells_stay_as_they_are(value: object) -> None:
    assert harmless(value) == value


def test_people_are_exported_without_formulas(as_: Callable[[User], Client], cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(full_name=BAD)
    client = as_(cast.administrator)
    text = client.get(reverse("people_list"), {"_export": "csv"}).content.decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"'{BAD}" in cells
    assert BAD not in cells
    book = load_workbook(BytesIO(client.get(reverse("people_list"), {"_export": "xlsx"}).content))
    kinds = {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row}
    assert "f" not in kinds
