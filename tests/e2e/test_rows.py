"""People from a workbook, in a browser: given, seen, confirmed; with scripts and without."""

from pathlib import Path

import pytest
from playwright.sync_api import StorageState, expect

from tests.e2e.conftest import Visitor, settled
from tests.e2e.test_every_page import faults
from tests.e2e.watch import sideways
from tests.intake.books import book


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_people_from_a_workbook(
    visitor: Visitor, administrator: StorageState, tmp_path: Path, scripts: bool
) -> None:
    name = f"Zoe {'With' if scripts else 'Without'}"
    address = name.lower().replace(" ", ".") + "@jars.example"
    path = tmp_path / "people.xlsx"
    path.write_bytes(book(("E-mail", "Name", "Role"), (address, name, "Team member"), ("nobody", "N", "")))
    page = visitor.page(administrator, java_script_enabled=scripts)
    page.goto("/people/")
    page.get_by_role("link", name="Import from a workbook").click()
    settled(page)
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("Nothing is stored yet.")).to_be_visible()
    expect(page.get_by_text("is not an e-mail address")).to_be_visible()
    if scripts:
        assert list(faults(page, "the preview")) == []
        page.set_viewport_size({"width": 360, "height": 800})
        assert not sideways(page)
    page.get_by_role("link", name="Change the columns").click()
    if scripts:
        assert list(faults(page, "the columns")) == []
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_text("The rows are imported.")).to_be_visible()
    page.goto(f"/people/?q={address}")
    expect(page.get_by_role("link", name=name)).to_be_visible()
