"""The order lines to measure with: the real ones where they are at hand, else those of the demo company."""

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail"


@dataclass(frozen=True)
class Columns:
    """Where the bare way finds the columns it reads, by their names in the header."""

    order: str
    at: str
    quantity: str
    price: str
    customer: str
    place: str


REAL_COLUMNS = Columns("InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice", "CustomerID", "Country")
DEMO_COLUMNS = Columns("order_id", "order_date", "quantity", "unit_price", "customer", "region")


@dataclass(frozen=True)
class Orders:
    """Order files in calendar order, all with the same header; ``lines`` without headers."""

    files: tuple[Path, ...]
    columns: Columns
    header: tuple[str, ...]
    lines: int

    def joined(self, folder: Path) -> "Orders":
        """The same lines in one file."""
        path = folder / "all.csv.gz"
        write(path, self.header, (row for file in self.files for row in rows(file)))
        return Orders((path,), self.columns, self.header, self.lines)

    def times(self, count: int, folder: Path) -> "Orders":
        """``count`` times the lines, each copy some years later and under its own order numbers."""
        path = folder / f"times{count}.csv.gz"
        write(path, self.header, (row for n in range(count) for row in self._shifted(n)))
        return Orders((path,), self.columns, self.header, self.lines * count)

    def _shifted(self, copy: int) -> Iterator[list[str]]:
        order, at = self.header.index(self.columns.order), self.header.index(self.columns.at)
        for file in self.files:
            for row in rows(file):
                letter = row[order][:1] if row[order][:1].isalpha() else ""
                row[order] = f"{letter}{copy}{row[order][len(letter) :]}"
                row[at] = f"{int(row[at][:4]) + 4 * copy}{row[at][4:]}".replace("-02-29", "-02-28")
                yield row


def rows(path: Path) -> Iterator[list[str]]:
    """The rows after the header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        yield from reader


def write(path: Path, header: Iterable[str], lines: Iterable[list[str]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=6) as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(lines)


@cache
def orders(folder: Path) -> Orders:
    """The real order files, or the demo company's packed alike, saying so on stderr."""
    files = tuple(sorted(REAL.glob("*.csv.gz")))
    if files:
        return _described(files, REAL_COLUMNS)
    print(f"No real order files in {REAL}: measuring with the demo company's.", file=sys.stderr)
    return _described(_demo_files(folder), DEMO_COLUMNS)


def _described(files: tuple[Path, ...], columns: Columns) -> Orders:
    with gzip.open(files[0], "rt", encoding="utf-8", newline="") as stream:
        header = tuple(next(csv.reader(stream)))
    return Orders(files, columns, header, sum(1 for file in files for _row in rows(file)))


def _demo_files(folder: Path) -> tuple[Path, ...]:
    from demo.company import setting_for, simulate
    from demo.files import write as write_demo

    story = simulate(setting_for(as_of=date(2025, 12, 31)))
    packed = []
    for written in write_demo(story, folder):
        if written.kind == "orders":
            path = written.path.with_suffix(".csv.gz")
            path.write_bytes(gzip.compress(written.path.read_bytes()))
            packed.append(path)
    return tuple(packed)
