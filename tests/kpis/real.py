"""The real order files and the reference figures computed from them by other means."""

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = sorted((SHARED / "online_retail").glob("*.csv.gz"))
REFERENCE = SHARED / "reference" / "uci_2010-12_2011-12"
FIRST, LAST = "2010-12-01", "2011-12-09"
CODES = [
    "gross_revenue",
    "cancelled_value",
    "net_revenue",
    "orders",
    "order_lines",
    "units",
    "cancelled_orders",
    "aov_gross",
    "aov_net",
    "units_per_order",
    "cancellation_rate_orders",
    "cancellation_rate_value",
    "active_customers",
    "new_customers",
    "returning_customers",
    "returning_customer_rate",
    "guest_revenue",
]
RATIOS = re.compile("aov|per_order|rate")


def rows(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def first_day(period: str) -> str:
    """``2011-01`` and ``2011-01-01`` alike."""
    return date.fromisoformat(period if len(period) == 10 else f"{period}-01").isoformat()


def without(path: Path, folder: Path, orders: set[str]) -> Path:
    """A copy of an order file that lacks these orders."""
    copy = folder / path.name
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="") as source,
        gzip.open(copy, "wt", newline="") as target,
    ):
        reader, writer = csv.reader(source), csv.writer(target)
        header = next(reader)
        at = header.index("InvoiceNo")
        writer.writerow(header)
        writer.writerows(row for row in reader if row[at] not in orders)
    return copy
