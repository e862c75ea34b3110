"""The list of imports as a file: what is stored, not what the page shows, and nothing a spreadsheet would run."""

import csv
import io
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import User
from intake.models import ImportRun
from tests.cast import Cast
from tests.intake.toy import HEADER


def test_the_list_exports_plain_cells(
    as_: Callable[[User], Client], cast: Cast, imported: Callable[..., ImportRun]
) -> None:
    imported(f"{HEADER}\nT1,,1,,2026-01-01,\n", name="=cmd.csv", by=cast.analyst)
    text = as_(cast.analyst).get(reverse("import_list"), {"_export": "csv"}).content.decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=cmd.csv" in cells
    assert [cell for cell in cells if "<" in cell] == []
