"""Lists as files, safe to open in a spreadsheet. Here, on the lowest floor, because every file is written alike.

Names and labels come from files and people, and a spreadsheet runs what looks like a formula. It may also part a line
elsewhere than we do: a French one opens any ``.csv`` at its semicolons, and minds quotes only where a cell begins. So
a text is made harmless wherever a comma, a semicolon, a tab or a line end would let a cell begin.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import chain
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import get_language

FORMATS = ("csv", "xlsx")

_BEFORE = r"[\s\"'\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*"  # what a reader may pass over
_FORMULA = r"[=+\-@＝＋－＠]"  # what it then takes for a formula, in full width too
_FIRST = re.compile(rf"[\t\r\n]|{_BEFORE}{_FORMULA}")
_INNER = re.compile(rf"(\r\n|[,;\t\r\n])(?=[\t\r]|{_BEFORE}(?:{_FORMULA}|\Z))")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no cell can hold them
_MARK = "\ufeff"  # tells spreadsheets that this is UTF-8
_DAYS = {True: "dd/mm/yyyy", False: "yyyy-mm-dd"}  # in French, or not
_CSV = "text/csv; charset=utf-8"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a cell that begins there would be run as a formula."""
    safe = _INNER.sub(r"\1'", _CONTROLS.sub("", text))
    return f"'{safe}" if _FIRST.match(safe) else safe


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of CSV as spreadsheets of the active language open them: in French semicolons and decimal commas.

    Numbers stay numbers, negative ones too. Only one that begins a line is made a text: parted elsewhere, it would
    begin a cell with the texts after it. Imports read the file back.
    """
    french = get_language() == "fr"
    writer = csv.writer(_Echo(), delimiter=";" if french else ",")
    for row in rows:
        cells = [_written(value, "," if french else ".") for value in row]
        yield str(
            writer.writerow([f"'{cell}" if cell.startswith("-") else cell for cell in cells[:1]] + cells[1:])
        )


class _Echo:
    def write(self, value: str) -> str:
        return value


def _written(value: Any, mark: str) -> str:
    if value is None or _is_no_figure(value):
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _figure(value).replace(".", mark)
    if isinstance(value, date):  # and a moment is one
        return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value.isoformat()
    return harmless(str(value))


def _figure(value: float | Decimal) -> str:
    """As it is kept, without the zeros that fill a column of the database."""
    if not isinstance(value, Decimal):
        return repr(value)
    figure = f"{value:f}"
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def _is_no_figure(value: Any) -> bool:
    """Whether it is an infinity or not a number, which spreadsheets have no word for."""
    return isinstance(value, float | Decimal) and not Decimal(value).is_finite()


def csv_file(rows: Iterable[Sequence[Any]], name: str) -> StreamingHttpResponse:
    """Rows as a CSV file to download, written while they are read."""
    lines = chain([_MARK], csv_lines(rows))
    return StreamingHttpResponse(lines, content_type=_CSV, headers=_attached(f"{name}.csv"))


def table_file(table: Any, extension: str) -> HttpResponse:
    """All rows of a list as a file to download: ``csv`` or ``xlsx``, called as the list is on the page."""
    name = plain_name(str(table.label))
    rows = ([_plain(value) for value in row] for row in table.as_values())
    if extension == "csv":
        return file_answer((_MARK + "".join(csv_lines(rows))).encode(), f"{name}.csv", _CSV)
    return file_answer(_workbook(rows), f"{name}.xlsx", EXCEL)


def plain_name(text: str) -> str:
    """A text as the name of a file: plain letters, its words parted, at the apostrophe too."""
    return slugify(text.replace("’", " "))


def file_answer(content: bytes, filename: str, content_type: str) -> HttpResponse:
    """A file to be saved under that name, never shown."""
    return HttpResponse(content, content_type=content_type, headers=_attached(filename))


def _attached(filename: str) -> dict[str, str]:
    return {"Content-Disposition": str(content_disposition_header(as_attachment=True, filename=filename))}


def _plain(value: Any) -> Any:
    """A lazy text or an object as text; moments in local time, as spreadsheets know no other, to the second."""
    if isinstance(value, datetime):
        local = timezone.make_naive(value) if timezone.is_aware(value) else value
        return local.replace(microsecond=0)
    return force_str(value, strings_only=True)


def _workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    from openpyxl import Workbook  # loaded when somebody exports

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    """A text as it is, marked as one: nothing in it is run, now or after somebody edited the cell."""
    from openpyxl.cell import WriteOnlyCell

    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if value is None or number:
        return WriteOnlyCell(sheet, None if _is_no_figure(value) else value)
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # its stubs forget days
        cell.number_format = _DAYS[get_language() == "fr"] + (" hh:mm" if isinstance(value, datetime) else "")
        return cell
    text = _CONTROLS.sub("", str(value))
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = bool(_FIRST.match(text))
    return cell
