"""A sheet of numbers: what it draws, and what it reads of what was sent back."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from base.grid.markup import table_of
from base.grid.reading import read_cell, read_sheet, shown_of
from base.grid.sheet import Cell, Column, Line, Row, Sheet, Value, token
from base.typed_numbers import UnreadError

COLUMNS = [Column("1", "January"), Column("2", "February"), Column("3", "March")]
THREE = [
    Decimal("100.5"),
    Decimal(7),
    Decimal(0),
]  # what was reached in February counts where it has a number
CENTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False)


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def cells(*values: str) -> list[Cell]:
    return [Cell((Decimal(value),)) if value else Cell() for value in values]


def sheet(**more: Any) -> Sheet:
    rows = [
        Row("7", "Revenue", cells("100", "", "60000.5"), "money", group="Sales", done=THREE),
        Row("8", "Rate", cells("0.025", "", ""), "ratio", 1, group="Sales", adds_up=False),
        Row(
            "9", "Stock days", [Cell((Decimal(20), Decimal(30))), Cell(), Cell()], bounds=True, group="Stock"
        ),
    ]
    return Sheet(**{"label": "Targets", "corner": "Indicator", "columns": COLUMNS, "rows": rows, **more})


def sent(found: Sheet, **typed: str) -> dict[str, str]:
    """What a browser sends, with these texts (``r7_1``) instead of what was shown."""
    data = {name: row.text_of(cell) for name, row, _column, cell in found.open_cells()}
    typed = {name.removeprefix("r").replace("_", "."): text for name, text in typed.items()}
    return {**data, "shown": shown_of(found), **typed}


def test_what_was_not_changed_is_no_change() -> None:
    read = read_sheet(sheet(), sent(sheet()))
    assert (read.changes, read.has_errors) == ({}, False)


def test_changes_are_read_with_what_was_seen() -> None:
    read = read_sheet(sheet(), sent(sheet(), r7_1="60 000,50 €", r7_3="", r8_2="2,5 %", r9_1="25 à 40"))
    found = {name: (change.seen, change.value) for name, change in read.changes.items()}
    assert found == {
        "7.1": ((Decimal(100),), (Decimal("60000.5"),)),
        "7.3": ((Decimal("60000.5"),), ()),
        "8.2": ((), (Decimal("0.025"),)),
        "9.1": ((Decimal(20), Decimal(30)), (Decimal(25), Decimal(40))),
    }


def test_the_same_number_written_otherwise_is_no_change() -> None:
    assert read_sheet(sheet(), sent(sheet(), r7_3="60 000,500 €")).changes == {}


def test_what_cannot_be_read_keeps_its_text_and_loses_nothing_else() -> None:
    read = read_sheet(sheet(), sent(sheet(), r7_1="a lot", r7_2="5"))
    assert list(read.changes) == ["7.2"]
    ((name, place, why),) = read.sheet.errors
    assert (name, place) == ("7.1", "Revenue, January")
    assert "a lot" in why
    page = table_of(read.sheet)
    assert 'value="a lot"' in page
    assert 'aria-invalid="true"' in page
    assert 'value="5"' in page
    assert read.sheet.rows[0].total is None  # of what is known, it would be another figure than the one meant


def test_what_somebody_else_stored_meanwhile_is_told_even_after_an_error() -> None:
    """A page drawn again for an error must not take for seen what its reader was never told."""
    first = sent(sheet(), r7_1="150", r7_2="a lot")
    row = sheet().rows[0]
    now = replace(sheet(), rows=[replace(row, cells=cells("200", "", "60000.5"))])
    again = read_sheet(now, first).sheet
    second = read_sheet(now, sent(again, r7_2="5"))
    assert second.changes["7.1"].seen == (Decimal(100),)
    told = second.refused({"7.1": "Somebody set 200."}, {"7.1": (Decimal(200),)})
    third = read_sheet(now, sent(told))
    assert third.changes["7.1"].seen == (Decimal(200),)
    assert third.changes["7.1"].value == (Decimal(150),)


@pytest.mark.parametrize(
    "shown",
    ["{", "7.1", "7.1=x", "7.1=5;x", "7.1=sNaN", "7.1=1e999999", "7.1=Infinity", "=" * 5000, "\u0663"],
)
def test_a_broken_memory_of_what_was_shown_is_what_is_stored(shown: str) -> None:
    read = read_sheet(sheet(), {"shown": shown, "7.1": "5"})
    assert read.changes["7.1"].seen == (Decimal(100),)


def test_cells_that_are_locked_or_not_sent_are_not_read() -> None:
    locked = replace(
        sheet(), rows=[replace(sheet().rows[0], cells=[Cell(locked="Closed"), *cells("1", "2")])]
    )
    assert list(read_sheet(locked, {"shown": "", "7.1": "5", "7.2": "6"}).changes) == ["7.2"]
    assert read_sheet(replace(sheet(), editable=False), sent(sheet(), r7_1="5")).changes == {}
    assert 'title="Closed"' in table_of(locked)
    assert "<input" not in table_of(replace(sheet(), editable=False))


def test_what_is_changed_in_a_cell_that_is_gone_or_closed_is_an_error_that_keeps_its_text() -> None:
    first = sent(sheet(), r7_2="60 000", r8_1="", r9_1="20 to 30")
    one = replace(
        sheet(), rows=[replace(sheet().rows[0], cells=[*cells("100"), Cell(locked="Over"), Cell()])]
    )
    read = read_sheet(one, first, lambda row, column: f"row {row}, column {column}")
    found = [(place, why) for name, place, why in read.sheet.errors if not name]
    assert [place for place, _why in found] == ["row 7, column 2", "row 8, column 1"]
    assert "60 000" in found[0][1]
    assert "emptied" in found[1][1]
    assert read.has_errors
    assert read.changes == {}


@pytest.mark.parametrize(
    "name", ["csrfmiddlewaretoken", "shown", "a.b.c", "7. 1", ".1", "7.", "x" * 99 + ".1"]
)
def test_fields_beside_the_cells_are_no_cells(name: str) -> None:
    assert not read_sheet(sheet(), {**sent(sheet()), name: "5"}).has_errors


@pytest.mark.parametrize(
    ("text", "value"), [("20 to 30", (20, 30)), ("20 – 30", (20, 30)), ("20;30", (20, 30)), ("", ())]
)
def test_two_bounds(text: str, value: tuple[int, ...]) -> None:
    assert read_cell(text, sheet().rows[2]) == tuple(map(Decimal, value))


@pytest.mark.parametrize("text", ["20", "30 to 20", "20 to", "1 to 2 to 3", "a to b"])
def test_what_are_not_two_bounds(text: str) -> None:
    with pytest.raises(UnreadError):
        read_cell(text, sheet().rows[2])


@given(values=st.lists(CENTS, min_size=3, max_size=3))
def test_totals_are_exact(values: list[Decimal]) -> None:
    row = Row("1", "Revenue", [Cell((value,)) for value in values], "money", done=[Decimal("0.01")] * 3)
    found = Sheet("Targets", "Indicator", COLUMNS, [row, replace(row, key="2")], "Year", "Left", "Sum")
    assert row.total == sum(values)
    assert row.left == sum(values) - Decimal("0.03")
    assert [found.column_sum(place) for place in range(3)] == [2 * value for value in values]


@given(value=st.one_of(st.just(()), CENTS.map(lambda v: (v,)), st.tuples(CENTS, CENTS)))
def test_what_is_shown_comes_back_as_it_was(value: Value) -> None:
    one = Sheet("T", "I", COLUMNS[:1], [Row("1", "R", [Cell(value)], bounds=len(value) == 2)])
    read = read_sheet(one, {"1.1": "", "shown": shown_of(one)})
    assert [change.seen for change in read.changes.values()] == ([value] if value else [])
    assert "E" not in token(value)


def test_the_table_names_every_cell() -> None:
    page = table_of(sheet(row_total="Year", left="Left", column_total="Sum"))
    assert '<input name="7.1" value="100" aria-labelledby="r7 c1">' in page
    assert '<th scope="row" id="r7">Revenue</th>' in page
    assert '<th scope="col" id="c1">January</th>' in page
    assert page.count("table__group") == 2
    assert "€60,100.50" in page  # the total
    assert "€60,000" in page  # what is left


def test_what_people_wrote_is_escaped() -> None:
    row = Row(
        "7", "<b>", [Cell(typed='"><b>', error="<i>"), *cells("", "")], lines=[Line("<u>", ["<s>"] * 3)]
    )
    page = table_of(replace(sheet(), rows=[row]))
    assert [tag for tag in ("<b>", "<i>", "<u>", "<s>") if tag in page] == []
    assert "&lt;b&gt;" in page


def test_a_wide_sheet_is_light() -> None:
    columns = [Column(str(n), f"M{n}") for n in range(12)]
    lines = [Line("Last year", ["58\u202f200"] * 12, "700\u202f000")] * 2
    rows = [
        Row(str(n), "Revenue of a long name", [Cell((Decimal(60000),))] * 12, "money", lines=lines)
        for n in range(40)
    ]
    assert len(table_of(Sheet("T", "I", columns, rows, "Year", "Left")).encode()) < 75_000
