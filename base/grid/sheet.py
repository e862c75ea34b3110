"""What a sheet shows: rows with headings and groups, columns, and cells with their value, or why they have none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from base.numbers import exact_text
from base.typed_numbers import written

# What a cell holds: nothing, a number, or two bounds to stay within. Ratios are fractions.
Value = tuple[Decimal, ...]
NOTHING: Value = ()


@dataclass(frozen=True)
class Column:
    key: str
    heading: str


@dataclass(frozen=True)
class Cell:
    """``value`` is what is stored. ``typed`` is a text that is not stored yet, ``now`` what it reads as, ``error``
    why it was not stored, ``seen`` what its writer knew to be stored: storing asks whether it still is so.

    ``hint`` is what holds while the cell is empty, ``note`` what else there is to know. ``locked`` says why it cannot
    be edited.
    """

    value: Value = NOTHING
    typed: str | None = None
    now: Value = NOTHING
    seen: Value | None = None
    error: str = ""
    hint: str = ""
    note: str = ""
    locked: str = ""

    @property
    def shown_with(self) -> Value:
        return self.value if self.seen is None else self.seen

    @property
    def current(self) -> Value:
        return self.value if self.typed is None else self.now

    @property
    def is_unread(self) -> bool:
        """A text that is no value: what it is part of has no sum."""
        return bool(self.error and not self.now and (self.typed or "").strip())


@dataclass(frozen=True)
class Line:
    """Figures under a row to compare with, written; a cell of it stands under that of its column."""

    heading: Any
    texts: Sequence[Any]
    total: Any = ""


@dataclass(frozen=True)
class Stray:
    """A text typed in a cell that the sheet no longer has open: where that was, in words, and why it is not stored."""

    place: str
    why: str


@dataclass(frozen=True)
class Row:
    """One row of cells, one to a column, of one unit (``formats.figure``).

    ``bounds``: each holds two. ``adds_up``: they sum to a total. ``done``: of each column what is done already; empty
    where nothing is known of it.
    """

    key: str
    heading: str
    cells: Sequence[Cell]
    unit: str = ""
    decimals: int = 0
    group: Any = ""
    url: str = ""
    bounds: bool = False
    adds_up: bool = True
    done: Sequence[Decimal] = ()
    lines: Sequence[Line] = ()

    @property
    def total(self) -> Decimal | None:
        """Exactly what its cells sum to; None where they do not add up, or there are none."""
        return summed(self.cells) if self.is_summed else None

    @property
    def is_summed(self) -> bool:
        return self.adds_up and not self.bounds

    @property
    def left(self) -> Decimal | None:
        """What the total is over what is done in the same columns: those without a number count on neither side."""
        if self.total is None or not self.done:
            return None
        done = (done for cell, done in zip(self.cells, self.done, strict=True) if cell.current)
        return self.total - sum(done)

    def text_of(self, cell: Cell) -> str:
        """What its field shows."""
        return cell.typed if cell.typed is not None else self.written(cell.value)

    def written(self, value: Value) -> str:
        if len(value) == 2:
            low, high = (written(bound, self.unit, decimals=self.decimals) for bound in value)
            return _("%(low)s to %(high)s") % {"low": low, "high": high}
        return written(value[0], self.unit, decimals=self.decimals) if value else ""


@dataclass(frozen=True)
class Sheet:
    """``row_total``, ``left`` and ``column_total`` are the headings of what is summed; empty where it is not."""

    label: str
    corner: str  # over the headings of rows
    columns: Sequence[Column]
    rows: Sequence[Row]
    row_total: str = ""
    left: str = ""
    column_total: str = ""
    editable: bool = True
    strays: Sequence[Stray] = ()

    def cells(self) -> Iterator[tuple[str, Row, Column, Cell]]:
        """Each cell with the name of its field."""
        for row in self.rows:
            for column, cell in zip(self.columns, row.cells, strict=True):
                yield name_of(row, column), row, column, cell

    def open_cells(self) -> Iterator[tuple[str, Row, Column, Cell]]:
        return (found for found in self.cells() if self.editable and not found[3].locked)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is known: no cell holds or hints at anything, and no figure stands under one."""
        held = (
            cell.current or cell.is_unread or cell.hint or cell.note
            for _name, _row, _col, cell in self.cells()
        )
        return not any(held) and not any(
            text for row in self.rows for line in row.lines for text in line.texts
        )

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """The name of each field that was not stored, where it is, and why; a stray has no field any more."""
        found = [
            (name, f"{row.heading}, {column.heading}", cell.error)
            for name, row, column, cell in self.cells()
            if cell.error
        ]
        return found + [("", stray.place, stray.why) for stray in self.strays]

    def with_cells(self, found: Mapping[str, Cell]) -> "Sheet":
        """The same with other cells, by the name of their field."""
        rows = [
            replace(
                row,
                cells=[
                    found.get(name_of(row, column), cell)
                    for column, cell in zip(self.columns, row.cells, strict=True)
                ],
            )
            for row in self.rows
        ]
        return replace(self, rows=rows)

    def column_sum(self, place: int) -> Decimal | None:
        return summed([row.cells[place] for row in self.rows if row.is_summed])


def summed(cells: Sequence[Cell]) -> Decimal | None:
    """None where one cannot be read, or there is nothing to sum."""
    numbers = [cell.current[0] for cell in cells if cell.current]
    if not numbers or any(cell.is_unread for cell in cells):
        return None
    return sum(numbers[1:], numbers[0])


def name_of(row: Row, column: Column) -> str:
    """The name of the field of a cell."""
    return f"{row.key}.{column.key}"


def token(value: Value) -> str:
    """A value exactly, in few characters: ``60000.5``, ``20;30``."""
    return ";".join(map(exact_text, value))
