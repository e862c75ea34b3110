"""Importing order lines through the product, against the bare way on the same server.

The bare way: COPY into a table of the eight typed columns, then revenue, orders and customers by country for day,
week, month, quarter and year.
"""

import gzip
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from bench.data import Orders, orders
from bench.databases import fresh_database
from intake.models import State
from intake.runs import import_file

RUNS = 5
GRAINS = ("day", "week", "month", "quarter", "year")
_CHUNK = 1 << 18


def import_orders(folder: Path) -> dict[str, dict[str, Any]]:
    """The lines as one file and as files by month; medians of warm runs, product and bare way in turns."""
    settings.MEDIA_ROOT = folder / "uploads"
    monthly = orders(folder)
    return {
        "import_orders": _compared(monthly.joined(folder)),
        "import_orders_by_month": _compared(monthly),
    }


def _compared(given: Orders) -> dict[str, Any]:
    ways: dict[str, Callable[[Orders], None]] = {"product": by_product, "bare": bare}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(RUNS + 1):
        for name, way in ways.items():
            seconds = _timed(way, given)
            if run:  # the first of each only warms up
                taken[name].append(seconds)
    product, base = statistics.median(taken["product"]), statistics.median(taken["bare"])
    print(f"  {len(given.files)} files: {taken}", file=sys.stderr)
    return {
        "seconds": round(product, 3),
        "baseline_seconds": round(base, 3),
        "ratio": round(product / base, 3),
        "rows": given.lines,
    }


def _timed(way: Callable[[Orders], None], given: Orders) -> float:
    with fresh_database():
        connection.ensure_connection()
        start = time.perf_counter()
        way(given)
        return time.perf_counter() - start


def by_product(given: Orders) -> None:
    for path in given.files:
        run = import_file(path)
        if run.state != State.DONE:
            raise RuntimeError(run.said)


def bare(given: Orders) -> None:
    columns = given.columns
    types = {columns.at: "timestamp", columns.quantity: "integer", columns.price: "numeric"}
    wanted = ", ".join(f'"{name}" {types.get(name, "text")}' for name in given.header)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare ({wanted})")
        for path in given.files:
            with (
                gzip.open(path, "rb") as stream,
                cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy,
            ):
                while chunk := stream.read(_CHUNK):
                    copy.write(chunk)
        for grain in GRAINS:
            cursor.execute(
                f"""SELECT date_trunc('{grain}', "{columns.at}"), "{columns.place}",
                    sum("{columns.quantity}" * "{columns.price}"), count(DISTINCT "{columns.order}"),
                    count(DISTINCT "{columns.customer}")
                FROM bare GROUP BY 1, 2"""
            )
            cursor.fetchall()
