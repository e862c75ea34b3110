"""The sheet of targets in a browser: by keyboard, to Excel and back, undone, without JavaScript, by two at once."""

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, StorageState, expect

from runtime.instance import ROOT
from tests.e2e.conftest import Visitor, settled, sign_in
from tests.e2e.test_every_page import NARROW, WIDE, faults, too_wide
from tests.e2e.watch import sideways

CASES = json.loads((ROOT / "tests/base/number_cases.json").read_text())
READ = """cases => cases.map(([raw, unit, language]) => {
  const found = typedNumbers.read(raw, unit, language);
  return found === null ? null : found === undefined ? "!" : String(found);
})"""
PLACES = 10**12
SHEET = "/targets/year/?year={}&group=sales"
COPY = """block => navigator.clipboard.write(
  [new ClipboardItem({ "text/plain": new Blob([block], { type: "text/plain" }) })])"""


def sheet(page: Page, year: int) -> Page:
    page.goto(SHEET.format(year))
    settled(page)
    expect(page.get_by_role("grid")).to_be_visible()
    return page


def cell(page: Page, row: str, column: str) -> Locator:
    """The field a screen reader calls by its row and its column."""
    return page.get_by_role("textbox", name=f"{row} {column}", exact=True)


def row_of(page: Page, name: str) -> Locator:
    return page.locator("tr[data-unit]").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def texts(fields: Locator) -> list[str]:
    return [str(fields.nth(n).input_value()) for n in range(fields.count())]


def pressed(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def names(page: Page) -> list[str]:
    return page.locator("tr[data-unit] th").all_inner_texts()


def test_a_year_is_typed_by_keyboard_alone(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2031)
    rows = names(page)[:3]
    page.locator("tr[data-unit] input").first.focus()
    for place in range(3):
        for month in range(1, 13):
            page.keyboard.type(f"{(place + 1) * 1000 + month},10")
            pressed(page, "Tab" if month < 12 else "Enter")
        pressed(page, "Home")
    expect(row_of(page, rows[0]).locator("[data-total]")).to_have_text(re.compile(r"12,079\.20$"))
    expect(page.locator("[data-count]")).to_have_text("36 changes to save")
    pressed(page, "Control+s")
    expect(page.get_by_text("36 targets set.")).to_be_visible()
    assert texts(row_of(page, rows[2]).locator("input"))[11] == "3,012.10"
    expect(page.locator("[data-count]")).to_have_text("Nothing to save")


def test_keys_go_where_excel_goes(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2032)
    fields = page.locator("tr[data-unit] input")
    fields.first.focus()
    pressed(page, "ArrowRight", "ArrowDown")
    expect(fields.nth(13)).to_be_focused()
    pressed(page, "End")
    expect(fields.nth(23)).to_be_focused()
    pressed(page, "Control+Home")
    expect(fields.first).to_be_focused()
    page.keyboard.type("12")
    pressed(page, "Escape")
    expect(fields.first).to_have_value("")
    page.keyboard.type("12")
    pressed(page, "Enter", "ArrowUp", "F2", "ArrowLeft")
    page.keyboard.type("5")
    pressed(page, "Enter")
    expect(fields.first).to_have_value("152")
    expect(fields.nth(12)).to_be_focused()
    pressed(page, "Control+End", "Tab")
    expect(page.locator("tr[data-unit] input:focus")).to_have_count(0)  # the keyboard is never caught
    fields.first.focus()
    pressed(page, "Escape")
    expect(page.get_by_role("button", name="Save the targets")).to_be_focused()


def test_a_block_comes_from_excel_and_goes_back_equal(visitor: Visitor, director: StorageState) -> None:
    page = visitor.page(director, permissions=["clipboard-read", "clipboard-write"])
    sheet(page, 2033)
    fields = page.locator("tr[data-unit] input")
    block = [["60 000,50", "1 234-", "(5)"], ["7", "", "8,25"]]
    page.evaluate(COPY, "\r\n".join("\t".join(row) for row in block) + "\r\n")
    fields.nth(1).focus()
    pressed(page, "Control+v")
    expect(page.locator("[data-said]")).to_have_text("6 cells pasted.")
    assert [fields.nth(n).input_value() for n in (1, 2, 3, 13, 14, 15)] == [
        text for row in block for text in row
    ]
    pressed(page, "Control+c")
    assert page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n") == "\n".join(
        map("\t".join, block)
    )
    pressed(page, "Control+z")
    assert set(texts(fields)) == {""}
    pressed(page, "Control+y")
    expect(fields.nth(15)).to_have_value("8,25")
    fields.nth(10).focus()
    pressed(page, "Control+v")
    expect(page.locator("[data-said]")).to_contain_text("2 cells did not fit in the sheet")
    pressed(page, "Control+z", "Control+z")
    assert set(texts(fields)) == {""}


def test_a_year_of_forty_indicators_is_pasted_and_saved_at_once(
    visitor: Visitor, director: StorageState
) -> None:
    page = visitor.page(director, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/targets/year/?year=2041")
    units = page.locator("tr[data-unit]").evaluate_all("rows => rows.map(row => row.dataset.unit)")
    assert len(units) == 40
    block = [
        ["20 à 30" if unit == "bounds" else f"{n % 9},{month:02}" for month in range(1, 13)]
        for n, unit in enumerate(units, 1)
    ]
    page.evaluate(COPY, "\r\n".join("\t".join(row) for row in block) + "\r\n")
    page.locator("tr[data-unit] input").first.focus()
    pressed(page, "Control+v")
    expect(page.locator("[data-count]")).to_have_text("480 changes to save")
    pressed(page, "Control+s")
    expect(page.get_by_text("480 targets set.")).to_be_visible(timeout=60_000)
    pressed(page, "Control+s")  # nothing was changed since
    expect(page.get_by_text("Nothing was changed")).to_be_visible()


def test_enter_beside_the_growth_fills_and_saves_nothing(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2042)
    page.get_by_label("Last year, plus (%)").fill("a lot")
    pressed(page, "Enter")
    expect(page.get_by_text("“a lot” is not read as a number.")).to_be_visible()


def test_what_the_sheet_shows_is_copied_as_excel_reads_it(visitor: Visitor, director: StorageState) -> None:
    page = visitor.page(director, permissions=["clipboard-read", "clipboard-write"], locale="fr-FR")
    sheet(page, 2034)
    page.locator("tr[data-unit] input").first.fill("60000,5")
    pressed(page, "Control+s")
    expect(page.get_by_text("1 target set.")).to_be_visible()
    page.locator("tr[data-unit] input").first.focus()
    pressed(page, "Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "60,000.50"


def test_filling_emptying_and_undoing(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2035)
    fields = page.locator("tr[data-unit] input")
    fields.first.focus()
    page.keyboard.type("0,1")
    pressed(page, "Enter", "ArrowUp", "Shift+End", "Control+r")
    assert texts(fields)[:12] == ["0,1"] * 12
    expect(row_of(page, names(page)[0]).locator("[data-total]")).to_have_text(
        re.compile("1.20$")
    )  # never 1.2000000000000002
    expect(page.locator("[data-selected]")).to_contain_text("12 cells selected")
    pressed(page, "Shift+ArrowDown", "Control+d")
    assert texts(fields)[12:24] == ["0,1"] * 12
    pressed(page, "Delete")
    assert set(texts(fields)[:24]) == {""}
    pressed(page, "Control+z", "Control+z")
    assert texts(fields)[:13] == ["0,1"] * 12 + [""]
    pressed(page, "Control+z", "Control+z")
    assert set(texts(fields)) == {""}
    expect(page.locator("[data-count]")).to_have_text("Nothing to save")


def test_leaving_with_changes_is_asked_about(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2036)
    page.locator("tr[data-unit] input").first.fill("5")
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto("/targets/")
    assert asked == ["beforeunload"]


def test_without_javascript_it_is_a_plain_form(visitor: Visitor, director: StorageState) -> None:
    page = visitor.page(director, java_script_enabled=False)
    page.goto(SHEET.format(2037))
    fields = page.locator("tr[data-unit] input")
    fields.nth(0).fill("60 000,50 £")
    fields.nth(1).fill("a lot")
    page.get_by_role("button", name="Save the targets").click()
    expect(page.get_by_text("1 cell to look at: nothing is saved yet")).to_be_visible()
    expect(fields.nth(0)).to_have_value("60 000,50 £")
    expect(fields.nth(1)).to_have_attribute("aria-invalid", "true")
    fields.nth(1).fill("")
    page.get_by_role("button", name="Save the targets").click()
    expect(page.get_by_text("1 target set.")).to_be_visible()
    expect(fields.nth(0)).to_have_value("60,000.50")


def test_the_second_writer_is_told_and_loses_nothing(
    visitor: Visitor, director: StorageState, people: dict[str, str]
) -> None:
    mine, other = sheet(visitor.page(director), 2038), visitor.page()
    sign_in(other, people["analyst"])
    other.goto(SHEET.format(2038))
    other.locator("tr[data-unit] input").first.fill("200")
    pressed(other, "Control+s")
    expect(other.locator(".message")).to_be_visible()
    fields = mine.locator("tr[data-unit] input")
    fields.nth(0).fill("150")
    fields.nth(1).fill("9")
    pressed(mine, "Control+s")
    expect(mine.locator(".sheet__error")).to_contain_text(
        "set 200 meanwhile. Save again to set yours instead."
    )
    assert texts(fields)[:2] == ["150", "9"]
    pressed(mine, "Control+s")
    expect(mine.get_by_text("2 targets set.")).to_be_visible()
    assert texts(fields)[:2] == ["150", "9"]


def test_the_script_reads_numbers_as_the_server_does(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2039)
    found = page.evaluate(READ, CASES)
    for (raw, unit, language, number), read in zip(CASES, found, strict=True):
        wanted = number if number in (None, "!", "?") else str(round(float(number) * PLACES))
        assert read == wanted, (raw, unit, language)


def test_a_refused_sheet_is_accessible_at_every_width(visitor: Visitor, director: StorageState) -> None:
    page = sheet(visitor.page(director), 2040)
    page.locator("tr[data-unit] input").nth(5).fill("a lot")
    pressed(page, "Control+s")
    expect(page.locator(".sheet__error")).to_be_visible()
    page.locator("tr[data-unit] input").first.focus()
    pressed(page, "Shift+ArrowRight", "Shift+ArrowDown")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert list(faults(page, "the sheet")) == []
        assert sideways(page) == 0
    assert list(too_wide(page)) == []
