"""A file as batches of rows with their physical line numbers, in bounded memory."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
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
_MOST_KEPT = (4 << 20) // _BLOCK  # blocks a batch may take: a row of many long cells is such a mark too
_MOST_ENDLESS = 50  # such rows: each is read to the limit before it is given up
csv.field_size_limit(_LONGEST)


@dataclass(frozen=True)
class Batch:
    """``lines[i]`` is the physical line ``rows[i]`` starts on; ``torn`` are lines with a quote that does not close."""

    rows: list[list[str]]
    lines: Sequence[int]
    torn: Sequence[int] = ()


class Reader:
    """Reads one file once, as a table of ``width`` columns.

    A quotation mark that is opened and not closed where it should be makes the rows after it one row. Such a row is
    taken apart: its first line is torn, and reading starts again on the next. ``is_row`` tells whether cells would make
    a good row: of a cell with line ends, it tells an address from rows run together.
    """

    def __init__(
        self,
        path: Path,
        dialect: Dialect,
        width: int = 0,
        is_row: Callable[[Sequence[str]], bool] = lambda _cells: False,
    ) -> None:
        self.dialect, self._width, self._is_row = dialect, width, is_row
        self._raw = path.open("rb")
        packed = gzip.GzipFile(fileobj=self._raw) if dialect.compressed else self._raw
        self._text = io.TextIOWrapper(cast("BinaryIO", packed), dialect.encoding, newline="")
        self._kept: deque[tuple[int, list[str]]] = deque()
        self._read = 0
        self._batch_size, self._endless = BATCH, 0
        self._blocks = self.blocks()
        self._start_at(1)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    @property
    def position(self) -> int:
        """Bytes of the file read so far, packed ones if it is packed."""
        return 0 if self._raw.closed else self._raw.tell()

    def batches(self, skip: int) -> Iterator[Batch]:
        """All rows after the first ``skip`` ones; UnicodeDecodeError when the encoding proves wrong."""
        try:
            deque(islice(self._csv, skip), maxlen=0)
        except csv.Error:
            raise Refused(gettext_noop("This file cannot be read as a table.")) from None
        while (batch := self._batch()) is not None:
            yield batch
            self._forget(self._line_num)

    def raw(self, line: int) -> str:
        """The text of a recent physical line, without its end."""
        return "".join(islice(self._lines(line), 1)).rstrip("\r\n")

    def blocks(self) -> Iterator[list[str]]:
        """The physical lines, a list of many at a time."""
        try:
            while block := self._text.readlines(_BLOCK):
                self._kept.append((self._read + 1, block))
                self._read += len(block)
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Refused(gettext_noop("The compressed file is damaged.")) from None

    def lines(self) -> Iterator[str]:
        """The physical lines, none of which is kept."""
        for block in self.blocks():
            self._kept.clear()
            yield from block

    @property
    def _line_num(self) -> int:
        return self._before + self._csv.line_num

    def _start_at(self, line: int) -> None:
        """Parse from a physical line on: those still kept, then the rest of the file."""
        self._before = line - 1
        lines = chain(self._lines(line), chain.from_iterable(self._ahead()))
        self._csv = csv.reader(lines, delimiter=self.dialect.delimiter)

    def _ahead(self) -> Iterator[list[str]]:
        """The blocks not read yet; csv.Error when one batch takes too many of them."""
        while len(self._kept) <= _MOST_KEPT:
            block = next(self._blocks, None)
            if block is None:
                return
            yield block
        raise csv.Error

    def _lines(self, first: int, last: int | None = None) -> Iterator[str]:
        """The kept physical lines from ``first`` to ``last``."""
        for start, block in list(self._kept):
            end = len(block) if last is None else last - start + 1
            if start + len(block) > first and end > 0:
                yield from block[max(first - start, 0) : end]

    def _forget(self, line: int) -> None:
        while self._kept and self._kept[0][0] + len(self._kept[0][1]) <= line:
            self._kept.popleft()

    def _batch(self) -> Batch | None:
        before, rows, broken = self._line_num, list[list[str]](), False
        try:
            rows.extend(islice(self._csv, self._batch_size))
        except (
            csv.Error
        ):  # a cell or a row longer than any limit; the reader is now after the lines it swallowed
            broken = True
        after = self._line_num
        if not rows and not broken:
            return None
        self._batch_size = min(2 * self._batch_size, BATCH)
        if not broken and after - before == len(rows) and not self._ends_open(rows, after):
            return Batch(rows, range(before + 1, after + 1))
        return self._sorted_out(rows, before, after, broken)

    def _sorted_out(self, rows: list[list[str]], before: int, after: int, broken: bool) -> Batch:
        """The batch where some rows take several lines, cut before the first that is several rows run together."""
        ends = list(accumulate(map(_height, rows), initial=before))
        if not broken:
            ends[-1] = after
        starts = [end + 1 for end in ends[:-1]]
        for index, (start, end) in enumerate(zip(starts, ends[1:], strict=True)):
            if self._is_torn(rows[index], start, end, last=index == len(rows) - 1):
                return self._torn(rows[:index], starts[:index], start)
        if not broken:
            return Batch(rows, starts)
        if rows:  # they may have filled the batch themselves: what comes next is judged on its own
            self._start_at(ends[-1] + 1)
            return Batch(rows, starts)
        self._endless += 1
        if self._endless > _MOST_ENDLESS:
            said = gettext_noop(
                "Too many lines open a quotation mark that nothing closes, the last of them line %(line)d."
            )
            raise Refused(said, line=before + 1)
        return self._torn([], [], before + 1)

    def _torn(self, rows: list[list[str]], starts: Sequence[int], line: int) -> Batch:
        """The rows before a line that opens a quotation mark and does not close it; the next lines are read again.

        As the next may be such a line too, few at a time to begin with.
        """
        self._start_at(line + 1)
        self._batch_size = 1
        return Batch(rows, starts, [line])

    def _is_torn(self, row: list[str], start: int, end: int, *, last: bool) -> bool:
        """True when a row swallowed others, or its quotes do not open and close where they should."""
        if start == end:
            return last and self._ends_open([row], end)
        lines = list(self._lines(start, end))
        if not self._closes(lines):
            return True
        if len(row) < self._width or any(row[self._width :]):
            return any(len(cells) == self._width for cells in self._apart(lines[1:]))
        # The last line goes on with the cell of those before it: alone it tells nothing.
        return self._is_row(self._unquoted(lines[0])) or any(map(self._is_row, self._apart(lines[1:-1])))

    def _ends_open(self, rows: Sequence[object], line: int) -> bool:
        """True when the last line of the file opens a quotation mark: the row ends there for want of lines."""
        if not rows or line < self._read or not (text := self.raw(line)).count('"'):
            return False
        return len(list(csv.reader([text + "\n", "\n"], delimiter=self.dialect.delimiter))) == 1

    def _closes(self, lines: Sequence[str]) -> bool:
        reader = csv.reader(lines, delimiter=self.dialect.delimiter, strict=True)
        try:
            deque(reader, maxlen=0)
        except csv.Error:
            return False
        return True

    def _apart(self, lines: Sequence[str]) -> Iterator[list[str]]:
        """Each line read on its own."""
        for line in lines:
            with suppress(csv.Error):
                yield from csv.reader([line], delimiter=self.dialect.delimiter)

    def _unquoted(self, line: str) -> list[str]:
        return [cell.replace('"', "") for cell in line.rstrip("\r\n").split(self.dialect.delimiter)]


def _height(row: list[str]) -> int:
    """Physical lines a row takes: one, and one more for each line end inside its cells."""
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)


def lines_of(path: Path, dialect: Dialect, wanted: set[int]) -> dict[int, str]:
    """The text of some physical lines of a file, for rows refused after the reading was over."""
    found: dict[int, str] = {}
    with Reader(path, dialect) as reader:
        for number, line in enumerate(reader.lines(), start=1):
            if number in wanted:
                found[number] = line.rstrip("\r\n")
    return found
