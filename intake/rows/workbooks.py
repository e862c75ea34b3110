"""A file of rows as sheets of cells: workbooks (xlsx, ods) and delimited text. Refused in one sentence when hostile."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from base.archives import DAMAGED, holds_macros, type_said
from base.sentences import Sentence, sentence
from intake.dialects import Dialect
from intake.lines import Reader
from intake.problems import Refused
from intake.rows.reading import MOST_COLUMNS, MOST_ROWS
from intake.sampling import find_header, next_encoding, sample

LARGEST = 10 << 20  # bytes of a file
_UNPACKED = 64 << 20  # bytes of a workbook's parts: twenty times what 20,000 rows of 10 columns take
_MOST_PARTS = 2_000
_PATIENCE = 20  # seconds; the process has ten of its own
_READER = Path(__file__).with_name("reading.py")
_OLD = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

TOO_LARGE = gettext_noop("The file is larger than %(most)d MB: split it.")
_DAMAGED = gettext_noop(
    "This workbook cannot be read: it is damaged, or made otherwise than Excel and LibreOffice do."
)
_PASSWORD = gettext_noop("This workbook is protected by a password: save it without one first.")
_UNPACKS = gettext_noop(
    "This workbook is too large once unpacked: delete the empty formatted rows below the table, "
    "or save the sheet as CSV."
)
_MACROS = gettext_noop(
    "This workbook holds macros: save it as an Excel workbook without macros (.xlsx) first."
)
_BINARY = gettext_noop("This is a binary Excel workbook: save it as an Excel workbook (.xlsx) first.")
_NO_WORKBOOK = gettext_noop(
    "This is an archive or another document, not a workbook: give an .xlsx, .ods or .csv file."
)
_OLD_BOOK = gettext_noop("This is an old Excel workbook: save it as an Excel workbook (.xlsx) first.")
_WEB_PAGE = gettext_noop(
    "This is a web page with the name of a workbook: open it in Excel and save it as .xlsx."
)
_SHEET_TOO_LARGE = gettext_noop(
    "The sheet “%(name)s” has more than %(high)d rows or %(wide)d columns: it was not read."
)
_LINKS = gettext_noop("Some cells take their value from another workbook: the values last saved were read.")
_TORN = gettext_noop("Line %(line)d opens a quotation mark that nothing closes.")
_TOO_MANY = gettext_noop("The file has more than %(high)d rows or %(wide)d columns: split it.")
_TOO_MUCH_TEXT = gettext_noop("The sheet “%(name)s” holds too much text: it was not read.")
_COMPRESSED = gettext_noop("This is a compressed file: unpack it first.")
_NOTHING = gettext_noop("The file is empty.")


@dataclass
class Sheet:
    name: str
    rows: list[list[Any]]
    is_hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    said: list[Sentence] = field(default_factory=list)
    delimiter: str = ""


def read_sheets(content: bytes, known: Callable[[str], bool]) -> list[Sheet]:
    """The sheets that hold anything, with their cells. ``known`` tells a heading somebody understands."""
    if len(content) > LARGEST:
        raise Refused(TOO_LARGE, most=LARGEST >> 20)
    if content.startswith(_OLD):
        raise Refused(_PASSWORD if _ENCRYPTED in content else _OLD_BOOK)
    sheets = _workbook(content) if content.startswith(b"PK") else [_delimited(content, known)]
    if not any(any(row) for sheet in sheets for row in sheet.rows):
        raise Refused.because(next((said for sheet in sheets for said in sheet.said), sentence(_NOTHING)))
    return [sheet for sheet in sheets if sheet.rows]


def _workbook(content: bytes) -> list[Sheet]:
    kind, linked = _looked_into(content)
    found = _apart(content, kind)
    if why := found.get("refused"):
        raise Refused(_PASSWORD if why == "password" else _DAMAGED)
    return [_sheet(given, linked) for given in found["sheets"]]


def _sheet(given: dict[str, Any], linked: bool) -> Sheet:
    said = [sentence(_LINKS)] if linked else []
    name = given["name"][:100]
    if given["too_large"]:
        said = [sentence(_SHEET_TOO_LARGE, name=name, high=MOST_ROWS, wide=MOST_COLUMNS), *said]
    elif given["too_much"]:
        said = [sentence(_TOO_MUCH_TEXT, name=name), *said]
    return Sheet(given["name"][:255], given["rows"], given["hidden"], given["hidden_rows"], said)


def _looked_into(content: bytes) -> tuple[str, bool]:
    """``xlsx`` or ``ods``, by what the archive holds and says it unpacks to; and whether it links to others."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _UNPACKED:
                raise Refused(_UNPACKS)
            names = {part.filename for part in parts}
            if "xl/workbook.bin" in names:  # which says itself that it may hold macros
                raise Refused(_BINARY)
            if holds_macros(packed):
                raise Refused(_MACROS)
            if type_said(packed).endswith(b"opendocument.spreadsheet"):
                if b"encryption-data" in packed.read("META-INF/manifest.xml"):
                    raise Refused(_PASSWORD)
                return "ods", False
    except DAMAGED:
        raise Refused(_DAMAGED) from None
    if "xl/workbook.xml" not in names:
        raise Refused(_NO_WORKBOOK)
    return "xlsx", any(name.startswith("xl/externalLinks/") for name in names)


def _apart(content: bytes, kind: str) -> dict[str, Any]:
    """What the process that reads answers; what kills it, or takes it too long, is a damaged workbook."""
    with (
        tempfile.TemporaryDirectory(prefix="vigie-rows-") as folder,
        tempfile.TemporaryFile(dir=folder) as answer,  # of a size the process itself may not exceed
    ):
        try:
            subprocess.run(
                [sys.executable, "-I", str(_READER), kind],
                input=content, stdout=answer, stderr=subprocess.DEVNULL, timeout=_PATIENCE, check=True, cwd=folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            )  # fmt: skip
            answer.seek(0)
            found: dict[str, Any] = json.load(answer)
        except (subprocess.SubprocessError, ValueError):
            return {"refused": "damaged"}
    return found


def _delimited(content: bytes, known: Callable[[str], bool]) -> Sheet:
    if content.lstrip()[:200].lower().startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise Refused(_WEB_PAGE)
    if content.startswith(b"\x1f\x8b"):
        raise Refused(_COMPRESSED)  # ten megabytes of these may hold ten gigabytes
    with tempfile.NamedTemporaryFile(prefix="vigie-rows-") as file:
        file.write(content)
        file.flush()
        path = Path(file.name)
        look = sample(path)
        delimiter = find_header(look.head, known, None).delimiter
        encoding: str | None = look.encoding
        while encoding:
            try:
                return _lines(path, Dialect(encoding, delimiter, look.compressed))
            except UnicodeDecodeError:
                encoding = next_encoding(encoding)
    raise Refused(_DAMAGED)  # latin-1 holds any byte: nothing comes here


def _lines(path: Path, dialect: Dialect) -> Sheet:
    rows: list[list[Any]] = []
    with Reader(path, dialect) as reader:
        for batch in reader.batches(0):
            if batch.torn:
                raise Refused(_TORN, line=batch.torn[0])
            rows.extend([_shown(cell) for cell in row] for row in batch.rows)
            if len(rows) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in batch.rows):
                raise Refused(_TOO_MANY, high=MOST_ROWS, wide=MOST_COLUMNS)
    return Sheet("", rows, delimiter=dialect.delimiter)


def _shown(cell: str) -> str | None:
    """A text our own exports marked as no formula loses its mark."""
    text = cell.replace("\0", " ").strip()
    if len(text) > 1 and text[0] == "'" and text[1] in "=+-@":
        text = text[1:]
    return text or None
