"""The workbook somebody fills: headings, one row to show how, choices to pick from, and a sheet that explains."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from intake.rows.kinds import Column, RowKind

if TYPE_CHECKING:
    from accounts.models import User

_ROWS = 2_000  # rows for which choices are offered


def template_of(kind: RowKind, by: "User") -> bytes:
    from openpyxl import Workbook  # loaded when somebody asks

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = str(kind.label)[:31]
    lists, columns, filled = book.create_sheet(_("Choices")[:31]), kind.columns(by), kind.filled(by)
    if filled is None:
        _show(sheet, columns)
        _offer(sheet, lists, columns)
    else:
        _fill(sheet, *filled)
    _explain(book.create_sheet(_("Explanations")[:31]), columns, shown=filled is None)
    if lists.max_row == 1 and lists["A1"].value is None:
        book.remove(lists)
    else:
        lists.sheet_state = "hidden"
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _heading(column: Column) -> str:
    return f"{column.label} *" if column.required else str(column.label)


def _show(sheet: Any, columns: Sequence[Column]) -> None:
    """Headings, and one row that shows how."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.append([_heading(column) for column in columns])
    sheet.append([column.example for column in columns])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        sheet.cell(1, number).font = Font(bold=True)
        sheet.cell(2, number).font = Font(italic=True, color="808080")
        sheet.column_dimensions[get_column_letter(number)].width = max(14, len(str(column.example)) + 4)


def _fill(sheet: Any, headings: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    """Headings, of which months stay dates, and rows; a share is written as a percentage."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.append(list(headings))
    for row in rows:
        sheet.append([cell[0] if isinstance(cell, tuple) else cell for cell in row])
        for cell, given in zip(sheet[sheet.max_row], row, strict=False):
            if isinstance(given, tuple):
                cell.number_format = given[1]
    sheet.freeze_panes = "B2"
    for number, heading in enumerate(headings, start=1):
        cell = sheet.cell(1, number)
        cell.font = Font(bold=True)
        if isinstance(heading, date):
            cell.number_format = "mmm yyyy"
        sheet.column_dimensions[get_column_letter(number)].width = 13 if isinstance(heading, date) else 30


def _offer(sheet: Any, lists: Any, columns: Sequence[Column]) -> None:
    """Choices stand in a hidden sheet: Excel parts a written list by commas, which words may hold."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for number, column in enumerate(columns, start=1):
        if not column.choices:
            continue
        place = get_column_letter(number)
        for row, choice in enumerate(column.choices, start=1):
            lists[f"{place}{row}"] = str(choice.label)
        offered = f"'{lists.title}'!${place}$1:${place}${len(column.choices)}"
        rule = DataValidation(
            type="list", formula1=offered, allow_blank=not column.required, showErrorMessage=False
        )
        rule.add(f"{place}2:{place}{_ROWS}")
        sheet.add_data_validation(rule)


def _explain(sheet: Any, columns: Sequence[Column], *, shown: bool) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.append([_("Column"), _("Needed"), _("What to write")])
    for column in columns:
        sheet.append([str(column.label), _("Yes") if column.required else "", explained(column)])
    if shown:
        said = _(
            "The first row of the table shows how to fill it: it is left out as long as it stays as it is."
        )
        sheet.append([])
        sheet.append([said])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in (("A", 24), ("B", 12), ("C", 90)):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2, min_col=3, max_col=3):
        row[0].alignment = Alignment(wrap_text=True, vertical="top")


def explained(column: Column) -> str:
    """What to write in a column, in one or two sentences."""
    if column.choices:
        return _("One of: %(known)s.") % {"known": ", ".join(str(choice.label) for choice in column.choices)}
    usual = {
        "email": _("An e-mail address."),
        "date": _("A day, as 31/12/2026."),
        "month": _("A month, as 12/2026."),
        "number": _("A number, as 60,000.50."),
    }
    return " ".join(part for part in (usual.get(column.type, ""), str(column.help)) if part)
