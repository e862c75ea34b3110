"""A first look at a file: packed or not, its encoding, its delimiter, where its header is."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_noop

from intake.dialects import DELIMITERS
from intake.problems import Refused

HEAD = 1 << 19  # bytes looked at from the start
PIECE, PIECES = 1 << 15, 16  # and further pieces spread over the file, where it can be jumped into
_HEADER_WITHIN = 20  # rows: exports may begin with titles
_MAGIC = {
    b"PK\x03\x04": gettext_noop("This is an Excel workbook or a zip archive: save it as CSV first."),
    b"\xd0\xcf\x11\xe0": gettext_noop("This is an old Excel workbook: save it as CSV first."),
    b"%PDF": gettext_noop("This is a PDF document, not a table."),
}
_NOT_A_TABLE = gettext_noop("This file cannot be read as a table.")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})


@dataclass(frozen=True)
class Sample:
    """Decoded lines: ``head`` from the start, ``spread`` from further on (first lines there may be cut)."""

    compressed: bool
    encoding: str
    head: list[str]
    spread: list[str]


@dataclass(frozen=True)
class Header:
    """Where the header was found: its 0-based row among the parsed rows, its names made unique, the
    delimiter.
    """

    delimiter: str
    row: int
    names: list[str]


def sample(path: Path, encoding: str | None = None) -> Sample:
    """Read a little of the file; Refused when it is empty, packed wrongly or not text."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise Refused(gettext_noop("The file is empty."))
    for magic, reason in _MAGIC.items():
        if start.startswith(magic):
            raise Refused(reason)
    compressed = start.startswith(b"\x1f\x8b")
    head = _head(path, compressed)
    found = encoding or _encoding(head)
    pieces = [] if compressed or found.startswith(("utf-16", "utf-32")) else _pieces(path)
    if not encoding:
        found = next(name for name in _chain(found) if all(_decodes(piece, name) for piece in pieces))
    spread = [line for piece in pieces for line in _lines(piece, found)]
    return Sample(compressed, found, _whole_lines(_lines(head, found), head), spread)


def next_encoding(encoding: str) -> str | None:
    """What to try when bytes turn up that the encoding cannot hold."""
    return {"utf-8": "cp1252", "utf-8-sig": "cp1252", "cp1252": "latin-1"}.get(encoding)


def _chain(encoding: str | None) -> Iterator[str]:
    while encoding:
        yield encoding
        encoding = next_encoding(encoding)


def find_header(lines: Sequence[str], known: Callable[[str], bool], delimiter: str | None) -> Header:
    """The delimiter and row with most column names somebody knows; else the most regular table.

    Refused when nothing looks like a table.
    """
    if not any(line.strip() for line in lines):
        raise Refused(gettext_noop("The file is empty."))
    tried = [_try(lines, mark, known) for mark in ([delimiter] if delimiter else DELIMITERS)]
    score, header = max(tried, key=lambda pair: pair[0])
    if len(header.names) < 2 and score[0] == 0:
        raise Refused(_NOT_A_TABLE)
    return header


def _try(
    lines: Sequence[str], delimiter: str, known: Callable[[str], bool]
) -> tuple[tuple[int, float, int], Header]:
    rows = _parsed(lines, delimiter)
    counts = [sum(map(known, row)) for row in rows[:_HEADER_WITHIN]]
    best = max(range(len(counts)), key=lambda index: (counts[index], -index)) if counts else 0
    if counts and counts[best] == 0:
        best = next((i for i, row in enumerate(rows[:_HEADER_WITHIN]) if len(row) > 1), 0)
    names = rows[best] if rows else []
    below = [row for row in rows[best + 1 :] if any(row)]
    same = sum(len(row) == len(names) for row in below) / len(below) if below else 0.0
    return (counts[best] if counts else 0, same, len(names)), Header(delimiter, best, _unique(names))


def _parsed(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a cell longer than any limit: what was read before it is enough to judge
        rows.extend(csv.reader(lines[:500], delimiter=delimiter))
    return rows


def _unique(names: Iterable[str]) -> list[str]:
    made: list[str] = []
    for position, name in enumerate(names, start=1):
        base = name.strip() or f"#{position}"
        made.append(base if base not in made else f"{base} ({position})")
    return made


def _head(path: Path, compressed: bool) -> bytes:
    try:
        with gzip.open(path, "rb") if compressed else path.open("rb") as file:
            head: bytes = file.read(HEAD)
    except (OSError, EOFError, zlib.error):
        raise Refused(gettext_noop("The compressed file is damaged.")) from None
    if not head:
        raise Refused(gettext_noop("The file is empty."))
    return head


def _pieces(path: Path) -> list[bytes]:
    size = path.stat().st_size
    if size <= HEAD:
        return []
    with path.open("rb") as file:
        return [_piece(file, HEAD + (size - HEAD) * number // PIECES) for number in range(PIECES)]


def _piece(file: BinaryIO, start: int) -> bytes:
    """Whole lines after a position; none when a line is longer than a piece."""
    file.seek(start)
    piece = file.read(PIECE)
    return piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]


def _encoding(head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if guessed := _two_bytes(head):
        return guessed
    if sum(map(head.count, (bytes([code]) for code in _CONTROL))) > len(head) // 100:
        raise Refused(_NOT_A_TABLE)
    return next(name for name in ("utf-8", "cp1252", "latin-1") if _decodes(head, name))


def _two_bytes(head: bytes) -> str | None:
    half = len(head) // 2
    if half and head[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    if half and head[0::2].count(0) > 0.4 * half:
        return "utf-16-be"
    return None


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _lines(data: bytes, encoding: str) -> list[str]:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _whole_lines(lines: list[str], head: bytes) -> list[str]:
    kept = lines[:-1] if len(head) >= HEAD and len(lines) > 1 else lines
    return [line + "\n" for line in kept]
