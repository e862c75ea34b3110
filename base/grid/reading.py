"""What a sheet sent back means: which cells were changed, to what, and from what their writer saw."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from base.grid.sheet import NOTHING, Cell, Column, Row, Sheet, Stray, Value, token
from base.typed_numbers import LONGEST, UnreadError, read_number

SHOWN = "shown"  # the field that holds what every cell was shown with
MOST_PLACES = 6
_NUMBER = r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?"
_TOKENS = re.compile(rf"\s*(?:[\w.-]+={_NUMBER}(?:;{_NUMBER})?(?:\s+|$))*", re.ASCII)
_NAME = re.compile(r"([\w-]{1,40})\.([\w-]{1,40})", re.ASCII)
_UNITS = ("", "money", "ratio")  # of which a row that is gone may have been
_BETWEEN = re.compile(r"\s+(?:à|to|-|–)\s+|\s*(?:\.\.\.?|…|;)\s*")


@dataclass(frozen=True)
class Change:
    """A cell that its writer changed from ``seen`` to ``value``."""

    row: Row
    column: Column
    seen: Value
    value: Value


@dataclass(frozen=True)
class Sent:
    """``sheet`` has the texts as they were typed, with what is wrong with them; ``changes`` are the right ones."""

    sheet: Sheet
    changes: Mapping[str, Change]

    @property
    def has_errors(self) -> bool:
        return bool(self.sheet.errors)

    def refused(self, errors: Mapping[str, str], seen: Mapping[str, Value]) -> Sheet:
        """The sheet as it was typed, these cells marked with a sentence each; of those in ``seen`` their writer now
        knows what is stored, and may send them again.
        """
        cells = {name: cell for name, _row, _column, cell in self.sheet.cells() if name in errors}
        return self.sheet.with_cells(
            {
                name: replace(cell, error=errors[name], seen=seen.get(name, cell.seen))
                for name, cell in cells.items()
            }
        )


def read_sheet(
    sheet: Sheet, data: Mapping[str, Any], place_of: Callable[[str, str], str] = "{}, {}".format
) -> Sent:
    """Read a sheet as it was sent, against the same sheet as it is stored now.

    A cell that was not sent, or is as its writer saw it, is not changed, whatever is stored meanwhile. One that was
    changed and is not in the sheet any more is an error: ``place_of`` says in words where it was, by the keys of its
    row and column.
    """
    shown = _shown(data.get(SHOWN))
    cells: dict[str, Cell] = {}
    changes: dict[str, Change] = {}
    for name, row, column, cell in sheet.open_cells():
        if name not in data:
            continue
        text, seen = str(data[name]), cell.value if shown is None else shown.get(name, NOTHING)
        try:
            value = read_cell(text, row)
        except UnreadError as error:
            cells[name] = replace(cell, typed=text, seen=seen, error=str(error))
            continue
        if value != seen:
            cells[name] = replace(cell, typed=text, now=value, seen=seen)
            changes[name] = Change(row, column, seen, value)
    strays = list(_strays(sheet, data, shown or {}, place_of))
    return Sent(replace(sheet.with_cells(cells), strays=strays), changes)


def _strays(
    sheet: Sheet, data: Mapping[str, Any], shown: Mapping[str, Value], place_of: Callable[[str, str], str]
) -> Iterator[Stray]:
    """The cells changed by their writer that meanwhile left the sheet, or were closed in it."""
    known = {name for name, _row, _column, _cell in sheet.open_cells()}
    for name in data:
        found = None if name in known else _NAME.fullmatch(name)
        if found is None or _is_as_shown(str(data[name]), shown.get(name, NOTHING)):
            continue
        told = {"text": str(data[name]).strip()[:LONGEST]}
        yield Stray(
            place_of(*found.groups()),
            _("“%(text)s” was typed here, and this cell is no longer on the page.") % told
            if told["text"]
            else _("This was emptied, and the cell is no longer on the page."),
        )


def _is_as_shown(text: str, seen: Value) -> bool:
    """Whether a text is what a cell was shown with, in one unit or another."""
    for unit in _UNITS:
        with suppress(UnreadError):
            if read_cell(text, Row("", "", (), unit, bounds=len(seen) > 1)) == seen:
                return True
    return False


def read_cell(text: str, row: Row) -> Value:
    """What a text means in a row. :raises UnreadError: when it means nothing there."""
    if not row.bounds:
        number = read_number(text, row.unit, places=MOST_PLACES)
        return NOTHING if number is None else (number,)
    if not text.strip():
        return NOTHING
    parts = _BETWEEN.split(text.strip())
    numbers = [read_number(part, row.unit, places=MOST_PLACES) for part in parts]
    bounds = tuple(number for number in numbers if number is not None)
    if len(bounds) != 2 or len(parts) != 2:
        example = row.written(
            (Decimal("0.2"), Decimal("0.3")) if row.unit == "ratio" else (Decimal(20), Decimal(30))
        )
        raise UnreadError(_("Two bounds are asked for, such as “%(example)s”.") % {"example": example})
    if bounds[1] < bounds[0]:
        raise UnreadError(_("The upper bound is below the lower one."))
    return bounds


def shown_of(sheet: Sheet) -> str:
    """What every cell is shown with, for the field that goes with them: ``7.1=60000.5 9.1=20;30``."""
    shown = ((name, cell.shown_with) for name, _row, _column, cell in sheet.open_cells())
    return " ".join(f"{name}={token(value)}" for name, value in shown if value)


def _shown(text: str | None) -> dict[str, Value] | None:
    """None when it cannot be read: then what is stored is what was seen."""
    if text is None or not _TOKENS.fullmatch(text):
        return None
    pairs = (pair.partition("=") for pair in text.split())
    return {name: tuple(Decimal(number) for number in value.split(";")) for name, _is, value in pairs}
