"""A workbook read by a process of its own, which alone pays for one that is made to exhaust memory or time.

``python reading.py xlsx|ods < FILE`` answers JSON: {"sheets": [{"name", "hidden", "rows", "hidden_rows", "too_large",
"too_much"}]} or {"refused": code}. Cells are those of ``cells.py``. It loads nothing of ours and knows no secret;
nothing in the workbook is run or followed. The reader itself takes cells without a result or with an error for blank
and knows no hidden rows: of Excel's sheets the XML is read for these.
"""

import json
import math
import posixpath
import resource
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import IO, Any
from xml.parsers import expat

MOST_ROWS = 20_000
MOST_COLUMNS = 200
# Characters of all sheets, each cell counting for some: whoever reads the answer holds them all.
MOST_TEXT = 8 << 20
_CELL = 4
_ANSWER = 64 << 20  # bytes
_MEMORY = 1 << 30  # bytes of addresses, of which a good file takes a tenth
_SECONDS = 10


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    if sys.platform == "linux":  # elsewhere it cannot be set below what is mapped already
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ANSWER, _ANSWER))
    answer = json.dumps(read(sys.stdin.buffer.read(), sys.argv[1]), ensure_ascii=False)
    sys.stdout.buffer.write(answer.encode())
    sys.stdout.buffer.flush()


def read(content: bytes, kind: str) -> dict[str, Any]:
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    try:
        looks = _looks(content) if kind == "xlsx" else {}
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        sheets, left = [], MOST_TEXT
        for about in book.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            look = looks.get(about.name, _Look())
            sheet: dict[str, Any] = {
                "name": about.name,
                "hidden": about.visible != SheetVisibleEnum.Visible,
                "rows": [],
                "hidden_rows": sorted(look.hidden),
                "too_large": look.rows > MOST_ROWS or look.columns > MOST_COLUMNS,
                "too_much": False,
            }
            if not sheet["too_large"]:
                _fill(sheet, book.get_sheet_by_name(about.name), look)
                left = _within(sheet, left)
            sheets.append(sheet)
    except PasswordError:
        return {"refused": "password"}
    except (CalamineError, expat.ExpatError, zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError):
        return {"refused": "damaged"}
    return {"sheets": sheets}


def _fill(sheet: dict[str, Any], found: Any, look: "_Look") -> None:
    if found.total_height > MOST_ROWS or found.total_width > MOST_COLUMNS:
        sheet["too_large"] = True
        return
    rows = [[_cell(value) for value in row] for row in found.to_python(skip_empty_area=False)]
    for (row, column), special in look.special.items():
        while len(rows) <= row:
            rows.append([])
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = special
    for (top, left), (bottom, right) in found.merged_cell_ranges or ():
        # One value said for the rows beside it.
        if left == right and top < len(rows) and left < len(rows[top]):
            for row in range(top + 1, min(bottom + 1, len(rows))):
                rows[row][left:] = [rows[top][left], *rows[row][left + 1 :]]
    sheet["rows"] = [_trimmed(row) for row in rows]
    while sheet["rows"] and not sheet["rows"][-1]:
        sheet["rows"].pop()


def _within(sheet: dict[str, Any], most: int) -> int:
    """How much text may follow; a sheet that holds more than that is left out."""
    for row in sheet["rows"]:
        most -= sum(_CELL + _length(cell) for cell in row)
        if most < 0:
            sheet.update(rows=[], hidden_rows=[], too_much=True)
            return 0
    return most


def _length(cell: Any) -> int:
    if isinstance(cell, dict):
        return sum(map(len, cell.values()))
    return len(cell) if isinstance(cell, str) else 0


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, date):
        return {"date": _day(value)}
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, str):
        return value.replace("\0", " ") or None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _day(value: date) -> str:
    """A day, or a moment that is not midnight."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    return value.isoformat()


@dataclass
class _Look:
    """What the XML of a sheet says beside its values: rows hidden, cells without a value to read, how far it goes."""

    hidden: set[int] = field(default_factory=set)
    special: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0
    row: int = 0  # where the reading is
    column: int = 0
    inside: str = ""
    # Of the cell: its type, whether it holds a formula, what stands in its value.
    cell: dict[str, str] = field(default_factory=dict)

    def started(self, name: str, given: dict[str, str]) -> None:
        self.inside = name
        if name == "row":
            self.row, self.column = int(given.get("r", self.row + 1)), 0
            if given.get("hidden") in ("1", "true"):
                self.hidden.add(self.row)
        elif name == "c":
            self.column = _column(given["r"]) if "r" in given else self.column + 1
            self.cell = {"type": given.get("t", "")}
        elif name in ("v", "f", "is"):
            self.cell[name] = ""
            self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)

    def text(self, said: str) -> None:
        if self.inside == "v":
            self.cell["v"] = self.cell.get("v", "") + said

    def ended(self, name: str) -> None:
        self.inside = ""
        if name != "c":
            return
        place = self.row - 1, self.column - 1
        if self.cell["type"] == "e":
            self.special[place] = {"error": self.cell.get("v", "#")}
        elif "f" in self.cell and not self.cell.get("v") and self.cell["type"] != "str":
            self.special[place] = {"formula": "="}


def _looks(content: bytes) -> dict[str, _Look]:
    with zipfile.ZipFile(BytesIO(content)) as packed:
        names = set(packed.namelist())
        found = {}
        for name, part in _parts(packed):
            if part in names:
                with packed.open(part) as file:
                    found[name] = _look(file)
        return found


def _parts(packed: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The name of each sheet and the file it stands in."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            sheets.append(
                (given.get("name", ""), next((v for k, v in given.items() if k.endswith(":id")), ""))
            )

    for part, take in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        with packed.open(part) as file:
            _walk(file, take)
    return [
        (name, posixpath.normpath(posixpath.join("/xl", targets.get(code, ""))).lstrip("/"))
        for name, code in sheets
    ]


def _walk(file: IO[bytes], started: Any, ended: Any = None, text: Any = None) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: started(name.rpartition(":")[2], given)
    if ended is not None:
        parser.EndElementHandler = lambda name: ended(name.rpartition(":")[2])
        parser.CharacterDataHandler = text
    parser.ParseFile(file)


def _look(file: IO[bytes]) -> _Look:
    look = _Look()
    _walk(file, look.started, look.ended, look.text)
    look.hidden = {number for number in look.hidden if number <= look.rows}
    return look


def _column(reference: str) -> int:
    """``AB12`` → 28."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number


if __name__ == "__main__":
    main()
