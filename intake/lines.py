"""A file as batches of rows with their physical line numbers, in bounded memory."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import BinaryIO, cast

from django.utils.translation import gettext_noop

from intake.dialects import Dialect
from intake.problems import Refused

BATCH = 500  # rows: their cells stay in the processor's cache (twice as fast as 10,000)
_BLOCK = 1 << 16  # characters read at a time, for the same reason
_LONGEST = 1 << 20  # characters of a cell; a longer one is a quotation mark never closed
csv.field_size_limit(_LONGEST)


@dataclass(frozen=True)
class Batch:
    """``lines[i]`` is the physical line ``rows[i]`` starts on; ``lost`` are lines no row could be made of."""

    rows: list[list[str]]
    lines: Sequence[int]
    lost: range


class Reader:
    """Reads one file once. ``position`` is the number of bytes of the file (packed, if it is) read so far."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.dialect = dialect
        self._raw = path.open("rb")
        packed = gzip.GzipFile(fileobj=self._raw) if dialect.compressed else self._raw
        self._text = io.TextIOWrapper(cast("BinaryIO", packed), dialect.encoding, newline="")
        self._blocks: deque[tuple[int, list[str]]] = deque()
        self._read = 0
        self._csv = csv.reader(chain.from_iterable(self.blocks()), delimiter=dialect.delimiter)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    @property
    def position(self) -> int:
        return 0 if self._raw.closed else self._raw.tell()

    def batches(self, skip: int) -> Iterator[Batch]:
        """All rows after the first ``skip`` ones; UnicodeDecodeError when the encoding proves wrong."""
        for _ in islice(self._csv, skip):
            pass
        while (batch := self._batch()) is not None:
            yield batch
            self._forget(self._csv.line_num)

    def raw(self, line: int) -> str:
        """The text of a recent physical line, without its end."""
        for start, block in self._blocks:
            if start <= line < start + len(block):
                return block[line - start].rstrip("\r\n")
        return ""

    def blocks(self) -> Iterator[list[str]]:
        """The physical lines, a list of many at a time."""
        try:
            while block := self._text.readlines(_BLOCK):
                self._blocks.append((self._read + 1, block))
                self._read += len(block)
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Refused(gettext_noop("The compressed file is damaged.")) from None

    def _forget(self, line: int) -> None:
        while self._blocks and self._blocks[0][0] + len(self._blocks[0][1]) <= line:
            self._blocks.popleft()

    def _batch(self) -> Batch | None:
        before, rows, lost = self._csv.line_num, list[list[str]](), range(0)
        try:
            rows.extend(islice(self._csv, BATCH))
        except csv.Error:
            lost = range(before + sum(map(_height, rows)) + 1, self._csv.line_num + 1)
        if not rows and not lost:
            return None
        return self._numbered(rows, before, lost)

    def _numbered(self, rows: list[list[str]], before: int, lost: range) -> Batch:
        after = lost.start - 1 if lost else self._csv.line_num
        if after - before == len(rows):
            return Batch(rows, range(before + 1, after + 1), lost)
        heights = list(map(_height, rows))
        starts = list(accumulate(heights[:-1], initial=before + 1))
        if not lost and self._open_at_end(starts[-1], after):
            return Batch(rows[:-1], starts[:-1], range(starts[-1], after + 1))
        return Batch(rows, starts, lost)

    def _open_at_end(self, start: int, end: int) -> bool:
        """True when the file ended inside a quoted cell, which then swallowed all lines from its opening
        on.
        """
        if start == end or end != self._read:
            return False
        raw = (f"{self.raw(line)}\n" for line in range(start, end + 1))
        try:
            for _ in csv.reader(raw, delimiter=self.dialect.delimiter, strict=True):
                pass
        except csv.Error as problem:
            return "unexpected end of data" in str(problem)
        return False


def _height(row: list[str]) -> int:
    """Physical lines a row takes: one, and one more for each line end inside its cells."""
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)


def lines_of(path: Path, dialect: Dialect, wanted: set[int]) -> dict[int, str]:
    """The text of some physical lines of a file, for rows refused after the reading was over."""
    found: dict[int, str] = {}
    with Reader(path, dialect) as reader:
        for number, line in enumerate(chain.from_iterable(reader.blocks()), start=1):
            if number in wanted:
                found[number] = line.rstrip("\r\n")
    return found
