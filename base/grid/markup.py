"""A sheet → its table. Written here and not by templates: forty rows of twelve months are five thousand nodes
(docs/decisions/0011).
"""

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from base import formats
from base.grid.sheet import Cell, Column, Line, Row, Sheet, name_of, summed, token
from base.numbers import exact_text
from base.typed_numbers import least_places, shown_places


def table_of(sheet: Sheet) -> SafeString:
    """Every editable cell is a field named by its row and its column."""
    widths = 1 + len(sheet.columns) + bool(sheet.row_total) + bool(sheet.left)
    parts = ['<table class="sheet">', _head(sheet)]
    group: object = None
    for row in sheet.rows:
        if row.group != group:
            group = row.group
            parts.append(_group(str(group), widths))
        parts += [_row(sheet, row), *(_line(sheet, row, line) for line in row.lines)]
    parts += ["</tbody>" if sheet.rows else "", _foot(sheet), "</table>"]
    return mark_safe("".join(parts))


def _head(sheet: Sheet) -> str:
    ends = [heading for heading in (sheet.row_total, sheet.left) if heading]
    return (
        f'<thead><tr><th scope="col">{escape(sheet.corner)}</th>'
        + "".join(f'<th scope="col" id="c{escape(c.key)}">{escape(c.heading)}</th>' for c in sheet.columns)
        + "".join(f'<th scope="col">{escape(heading)}</th>' for heading in ends)
        + "</tr></thead>"
    )


def _group(heading: str, widths: int) -> str:
    if not heading:
        return "<tbody>"
    over = f'<th scope="rowgroup" colspan="{widths}"><span>{escape(heading)}</span></th>'
    return f'<tbody><tr class="table__group">{over}</tr>'


def _row(sheet: Sheet, row: Row) -> str:
    heading = escape(row.heading)
    shown = f'<a href="{escape(row.url)}">{heading}</a>' if row.url else heading
    kind = "bounds" if row.bounds else row.unit
    adds = "" if row.is_summed else ' data-apart=""'
    cells = zip(sheet.columns, row.cells, strict=True)
    return (
        f'<tr data-unit="{escape(kind)}" data-decimals="{least_places(row.unit, row.decimals)}"{adds}>'
        f'<th scope="row" id="r{escape(row.key)}">{shown}</th>'
        f"{''.join(_cell(sheet, row, column, cell) for column, cell in cells)}{_ends(sheet, row)}</tr>"
    )


def _cell(sheet: Sheet, row: Row, column: Column, cell: Cell) -> str:
    text = escape(row.text_of(cell))
    if not sheet.editable or cell.locked:
        return _closed(row, cell)
    name = escape(name_of(row, column))
    said, told = _said(cell, name)
    was = "" if cell.typed is None else f' data-was="{escape(row.written(cell.value))}"'
    hint = f' placeholder="{escape(cell.hint)}"' if cell.hint else ""
    value = f' value="{text}"' if text else ""
    labels = f"r{escape(row.key)} c{escape(column.key)}"
    return f'<td><input name="{name}"{value} aria-labelledby="{labels}"{hint}{was}{told}>{said}</td>'


def _closed(row: Row, cell: Cell) -> str:
    """A cell that is read only, with what it holds for the script's sums, and why."""
    held = f' data-value="{token(cell.value)}"' if len(cell.value) == 1 else ""
    why = f' title="{escape(cell.locked)}"' if cell.locked else ""
    return f"<td{held}{why}>{escape(row.text_of(cell) or cell.hint)}</td>"


def _said(cell: Cell, name: str) -> tuple[str, str]:
    """What stands under a field, and the attributes that bind it to the field."""
    words = cell.error or cell.note
    if not words:
        return "", ""
    css = "sheet__error" if cell.error else "sheet__note"
    invalid = ' aria-invalid="true"' if cell.error else ""
    return (
        f'<span class="{css}" id="e{name}">{escape(words)}</span>',
        f'{invalid} aria-describedby="e{name}"',
    )


def _ends(sheet: Sheet, row: Row) -> str:
    parts = []
    if sheet.row_total:
        parts.append(f"<td data-total>{_figure(row, row.total)}</td>")
    if sheet.left:
        done = f' data-done="{" ".join(map(exact_text, row.done))}"' if row.done else ""
        parts.append(f"<td data-left{done}>{_figure(row, row.left)}</td>")
    return "".join(parts)


def _figure(row: Row, value: Decimal | None) -> str:
    """A sum to its last digit, as the script writes it too."""
    return "" if value is None else escape(exactly(value, row.unit, row.decimals))


def exactly(value: Decimal, unit: str, decimals: int = 0) -> str:
    """A figure with its unit, to its last digit. Ratios are not summed."""
    return formats.figure(value, unit, shown_places(value, unit, decimals))


def _line(sheet: Sheet, row: Row, line: Line) -> str:
    ends = (f"<td>{conditional_escape(line.total)}</td>" if sheet.row_total else "") + (
        "<td></td>" if sheet.left else ""
    )
    cells = "".join(f"<td>{conditional_escape(text)}</td>" for text in line.texts)
    named = f'<span class="sr-only">{escape(row.heading)}, </span>'
    return (
        f'<tr class="sheet__line"><th scope="row">{named}{escape(str(line.heading))}</th>{cells}{ends}</tr>'
    )


def _foot(sheet: Sheet) -> str:
    if not sheet.column_total or not sheet.rows:
        return ""
    unit, decimals = sheet.rows[0].unit, sheet.rows[0].decimals
    sums = list(_sums(sheet))
    shown = "".join(
        f"<td data-sum>{'' if value is None else escape(exactly(value, unit, decimals))}</td>"
        for value in sums
    )
    return (
        f'<tfoot><tr data-unit="{escape(unit)}" data-decimals="{least_places(unit, decimals)}">'
        f'<th scope="row">{escape(sheet.column_total)}</th>{shown}{"<td></td>" if sheet.left else ""}</tr></tfoot>'
    )


def _sums(sheet: Sheet) -> Iterator[Decimal | None]:
    """Of each column, then of all of them where rows are summed too."""
    yield from (sheet.column_sum(place) for place in range(len(sheet.columns)))
    if sheet.row_total:
        yield summed([cell for row in sheet.rows if row.is_summed for cell in row.cells])


def currency_parts() -> tuple[str, str]:
    """What stands before and after a sum of money in the active language, for the script."""
    before, _digit, after = formats.money(1).partition("1")
    return before, after


def keys_help() -> list[tuple[str, str]]:
    """The keys of a sheet and what they do, for who looks for them."""
    return [
        (
            _("Arrows, Tab, Enter"),
            _("go from cell to cell; with Shift they select, with Ctrl they go to the edge"),
        ),
        (_("F2 or typing"), _("edits the cell; Escape gives back what it held")),
        (_("Ctrl+C, Ctrl+V"), _("copy to Excel and paste from it; Delete empties what is selected")),
        (_("Ctrl+D, Ctrl+R"), _("fill down and to the right")),
        (_("Ctrl+Z, Ctrl+Y"), _("undo and redo")),
        (_("Ctrl+S"), _("saves; Escape leaves the sheet for its buttons")),
    ]
