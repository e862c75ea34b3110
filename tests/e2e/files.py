"""The order files of the road: the real December and January where they are, else ones made to tell the same story.

The story: on Tuesday 18 January 2011 at 10:01 somebody orders 74,215 jars (invoice 541431, 77,183.60) and takes
them back at 10:17 (C541433).
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from conftest import REAL_DATA

MONTHS = ("2010-12", "2011-01")
HEADER = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
ORDERED, CANCELLED = "541431", "C541433"
_CLOSED = {date(2010, 12, day) for day in range(24, 32)} | {date(2011, 1, day) for day in range(1, 4)}
type_of_row = tuple[object, ...]


@dataclass(frozen=True)
class OrderFile:
    path: Path
    lines: int  # without the header


def order_files(folder: Path) -> list[OrderFile]:
    """One file a month, earliest first."""
    return [_real(month) or _made(month, folder) for month in MONTHS]


def _real(month: str) -> OrderFile | None:
    path = REAL_DATA / "online_retail" / f"online_retail_{month}.csv.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return OrderFile(path, sum(1 for _ in csv.reader(stream)) - 1)


def _made(month: str, folder: Path) -> OrderFile:
    rows = [row for row in _rows() if str(row[4]).startswith(month)]
    path = folder / f"made_{month}.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return OrderFile(path, len(rows))


def _rows() -> Iterator[type_of_row]:
    """Forty orders a day but on Saturdays and holidays, one in fifty taken back the same afternoon: a month is about
    the size of the real one, for which the target of the road is set.
    """
    number, day = 536365, date(2010, 12, 1)
    while day <= date(2011, 1, 31):
        if day.weekday() != 5 and day not in _CLOSED:
            for nth in range(40):
                yield from _order(number + nth, datetime.combine(day, time(9 + nth // 8, nth % 60)))
            number += 40
        if day == date(2011, 1, 18):
            yield from _the_pair()
        day += timedelta(days=1)


def _order(number: int, at: datetime) -> Iterator[type_of_row]:
    customer, country = 12346 + number % 900, ("United Kingdom", "France", "Germany")[number % 19 // 9]
    for line in range(1 + number % 4):
        quantity, price = 1 + (number * 7 + line) % 24, f"{4 + (number * 13 + line * 5) % 90 * 0.38:.2f}"
        yield number, f"2{line}{number % 97:03}", "JAR", quantity, at, price, customer, country
    if number % 50 == 0:
        yield (
            f"C{number}",
            f"20{number % 97:03}",
            "JAR",
            -1,
            at + timedelta(hours=5),
            "2.10",
            customer,
            country,
        )


def _the_pair() -> Iterator[type_of_row]:
    jar = ("23166", "MEDIUM CERAMIC TOP STORAGE JAR")
    yield ORDERED, *jar, 74215, datetime(2011, 1, 18, 10, 1), "1.04", 12346, "United Kingdom"  # noqa: DTZ001
    yield CANCELLED, *jar, -74215, datetime(2011, 1, 18, 10, 17), "1.04", 12346, "United Kingdom"  # noqa: DTZ001
