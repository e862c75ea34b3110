"""From batches of raw rows to COPY blocks of checked rows, column by column.

The road most rows take touches Python once per column and batch, not once per cell: ``zip(*rows)``, then
``map(memo.__getitem__, column)``, then joins. Only batches with something wrong are looked at row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import Any

from django.utils.translation import gettext_noop

from base.sentences import Sentence
from intake.cells import Context, Memo
from intake.dialects import Evidence
from intake.lines import Batch, Reader
from intake.mapping import Match

_RAW_KEPT = 2_000  # characters of a rejected row that are kept


@dataclass(frozen=True)
class Rejected:
    """A row not taken, by the physical line it starts on, and why."""

    line: int
    reason: Sentence
    raw: str = ""


@dataclass
class Checked:
    """``copy`` is text for ``COPY stage FROM STDIN``: line number and one cell per mapped column."""

    copy: str = ""
    accepted: int = 0
    rejects: list[Rejected] = field(default_factory=list)


class Checker:
    """Checks the batches of one reading of one file; ``evidence`` is what the cells said about the
    dialect.
    """

    def __init__(self, match: Match, header: Sequence[str], context: Context) -> None:
        self.header = list(header)
        self.width = len(header)
        self.evidence = Evidence()
        self.memos = [Memo(column, context, self.evidence) for column in match.columns]

    def check(self, batch: Batch, reader: Reader) -> Checked:
        done = Checked(rejects=[_torn(line, reader) for line in batch.torn])
        rows, lines = self._square(batch, reader, done)
        if not rows:
            return done
        cells = list(zip(*rows, strict=True))
        texts: list[Any] = [list(map(memo.__getitem__, cells[memo.column.index])) for memo in self.memos]
        if any(None in column for column in texts):
            lines, texts = self._drop_bad(rows, lines, texts, reader, done)
        done.accepted = len(lines)
        done.copy = "\n".join(chain(map("\t".join, zip(map(str, lines), *texts, strict=True)), [""]))
        return done

    def takes(self, cells: Sequence[str]) -> bool:
        """Whether these cells would make a good row, were they one."""
        return len(cells) == self.width and all(memo.takes(cells[memo.column.index]) for memo in self.memos)

    def _square(self, batch: Batch, reader: Reader, done: Checked) -> tuple[list[list[str]], Sequence[int]]:
        """The rows as wide as the header; blank lines vanish, other rows are rejected."""
        if set(map(len, batch.rows)) <= {self.width}:
            return batch.rows, batch.lines
        kept, lines = [], []
        for line, row in zip(batch.lines, batch.rows, strict=True):
            trimmed = _trimmed(row, self.width)
            if len(trimmed) == self.width:
                kept.append(trimmed)
                lines.append(line)
            elif any(map(str.strip, row)):
                done.rejects.append(self._ragged(line, row, reader))
        return kept, lines

    def _ragged(self, line: int, row: list[str], reader: Reader) -> Rejected:
        said = gettext_noop("Number of cells: %(found)d instead of %(expected)d.")
        return Rejected(line, Sentence(said, {"found": len(row), "expected": self.width}), _raw(reader, line))

    def _drop_bad(
        self, rows: list[list[str]], lines: Sequence[int], texts: list[Any], reader: Reader, done: Checked
    ) -> tuple[Sequence[int], list[Any]]:
        good = [None not in row for row in zip(*texts, strict=True)]
        for row, line, is_good in zip(rows, lines, good, strict=True):
            if not is_good and row != self.header and any(map(str.strip, row)):
                done.rejects.append(Rejected(line, self._reason(row), _raw(reader, line)))
        return list(compress(lines, good)), [list(compress(column, good)) for column in texts]

    def _reason(self, row: list[str]) -> Sentence:
        for memo in self.memos:
            raw = row[memo.column.index]
            if memo[raw] is None:
                return memo.reason(raw).sentence
        raise AssertionError(row)


def _trimmed(row: list[str], width: int) -> list[str]:
    """The row without empty cells beyond the header's width: many exports end each row with delimiters."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


def _torn(line: int, reader: Reader) -> Rejected:
    said = gettext_noop("A quotation mark opened on this line is not closed where it should be.")
    return Rejected(line, Sentence(said), _raw(reader, line))


def _raw(reader: Reader, line: int) -> str:
    return reader.raw(line)[:_RAW_KEPT].replace("\0", "�")
