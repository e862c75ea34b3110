"""A small company for tests of figures: tiny files through the real import, questions through the real commands."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from intake.models import ImportRun
from intake.runs import import_file, undo
from kpis.packs.load import load_pack

ORDER_COLUMNS = "order_id,ordered_at,product,quantity,unit_price,customer,channel,device"

PACK = """
[calendar]
week_start = "monday"
fiscal_year_start = 1
currency = "EUR"
country = "FR"
timezone = "Europe/Paris"
open_weekdays = [1, 2, 3, 4, 5, 6, 7]
"""
DIMENSIONS = ("channel", "device", "category")
# code, unit, over time, over segments
MEASURES = (
    ("gross_revenue", "money", "sum", "sum"),
    ("cancelled_value", "money", "sum", "sum"),
    ("orders", "count", "sum", "distinct"),
    ("order_lines", "count", "sum", "sum"),
    ("units", "count", "sum", "sum"),
    ("cancelled_orders", "count", "sum", "distinct"),
    ("guest_revenue", "money", "sum", "sum"),
    ("active_customers", "count", "distinct", "distinct"),
    ("new_customers", "count", "sum", "distinct"),
    ("sessions", "count", "sum", "sum"),
    ("stock", "count", "last", "sum"),
    ("opening_stock", "count", "first", "sum"),
    ("satisfaction", "score", "mean", "mean"),
    ("coldest", "score", "min", "min"),
    ("hottest", "score", "max", "max"),
    ("visitors", "count", "distinct", "distinct"),
)
# code, formula, unit, direction
INDICATORS = (
    ("net_revenue", "gross_revenue - cancelled_value", "money", "up"),
    ("aov", "gross_revenue / orders", "money", "up"),
    ("cancellation_rate", "cancelled_value / gross_revenue", "ratio", "down"),
    ("conversion_rate", "orders / sessions", "ratio", "up"),
    ("returning_customers", "active_customers - new_customers", "count", "up"),
    ("returning_rate", "returning_customers / active_customers", "ratio", "up"),
    ("sea_revenue", 'gross_revenue[channel="SEA"]', "money", "up"),
    ("sea_mobile_revenue", 'gross_revenue[channel="SEA", device="mobile"]', "money", "up"),
    ("sea_share", 'gross_revenue[channel="SEA"] / gross_revenue', "ratio", "up"),
)


def pack_text(
    measures: Iterable[tuple[str, str, str, str]] = MEASURES,
    indicators: Iterable[tuple[str, str, str, str]] = INDICATORS,
    dimensions: Iterable[str] = DIMENSIONS,
) -> str:
    """A pack in which every measure is also shown as the indicator of its name."""
    parts = [PACK]
    parts += [
        f'[[dimension]]\ncode = "{code}"\nname = {{fr = "{code}", en = "{code}"}}\n' for code in dimensions
    ]
    for code, unit, over_time, over_segments in measures:
        parts.append(
            f'[[measure]]\ncode = "{code}"\nunit = "{unit}"\nover_time = "{over_time}"\n'
            f'over_segments = "{over_segments}"\nname = {{fr = "{code}", en = "{code}"}}\n'
        )
        parts.append(_indicator(code, code, unit, "up"))
    parts += [_indicator(*entry) for entry in indicators]
    return "\n".join(parts)


def _indicator(code: str, formula: str, unit: str, direction: str) -> str:
    return (
        f'[[indicator]]\ncode = "{code}"\nformula = \'{formula}\'\nunit = "{unit}"\n'
        f'direction = "{direction}"\nname = {{fr = "{code}", en = "{code}"}}\n'
    )


def ask(command: str, *arguments: str) -> Any:
    """The one JSON document a command prints. Raises what the command raises."""
    out = StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@dataclass
class World:
    """Imports into, and questions to, one instance."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def file(self, text: str, name: str = "") -> Path:
        path = self.folder / (name or f"file{next(self._numbers)}.csv")
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str, kind: str, **options: Any) -> ImportRun:
        run = import_file(self.file(text), kind=kind, **options)
        assert run.state in ("done", "unchanged"), run.said
        return run

    def orders(self, *lines: str, columns: str = ORDER_COLUMNS, **options: Any) -> ImportRun:
        """Import order lines, each a CSV row of ``columns``."""
        return self.load("\n".join([columns, *lines]) + "\n", "orders", **options)

    def facts(self, columns: str, *lines: str, **options: Any) -> ImportRun:
        return self.load("\n".join([columns, *lines]) + "\n", "facts", **options)

    def undo(self, run: ImportRun) -> int:
        return undo(run.pk, by=None)

    def values(self, indicator: str, grain: str, *arguments: str) -> list[dict[str, Any]]:
        found = ask("kpi_values", "--indicator", indicator, "--grain", grain, *arguments)
        values: list[dict[str, Any]] = found["values"]
        return values

    def value(self, indicator: str, start: str, end: str, *arguments: str) -> Any:
        """One indicator over one range, in one segment."""
        (found,) = self.values(indicator, "range", "--start", start, "--end", end, *arguments)
        return found["value"]

    def by(self, indicator: str, start: str, end: str, dimensions: str, *arguments: str) -> dict[Any, Any]:
        """Value by segment values in the order of the dimensions asked."""
        rows = self.values(indicator, "range", "--start", start, "--end", end, "--by", dimensions, *arguments)
        names = dimensions.split(",")
        return {tuple(row["segment"].get(name) for name in names): row["value"] for row in rows}


def furnish(folder: Path, text: str = "") -> World:
    load_pack(text or pack_text())
    return World(folder)


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens inside is undone at the end: a savepoint inside a test's transaction."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


_FACTS = """SELECT s.code, c.dimensions, m.code, g.key, f.date, f.value, f.weight, f.peak
FROM kpis_fact f JOIN kpis_cut c ON c.id = f.cut_id JOIN kpis_source s ON s.id = c.source_id
JOIN kpis_measure m ON m.id = f.measure_id JOIN kpis_segment g ON g.id = f.segment_id ORDER BY 1, 2, 3, 4, 5"""
_CUSTOMER_DAYS = """SELECT s.code, c.dimensions, g.key, f.customer, f.date, f.previous, f.is_new
FROM kpis_customerday f JOIN kpis_cut c ON c.id = f.cut_id JOIN kpis_source s ON s.id = c.source_id
JOIN kpis_segment g ON g.id = f.segment_id ORDER BY 1, 2, 3, 4, 5"""
_COVERAGE = """SELECT s.code, m.code, c.start, c."end", c.start_time, c.end_time
FROM kpis_coverage c JOIN kpis_source s ON s.id = c.source_id LEFT JOIN kpis_measure m ON m.id = c.measure_id
ORDER BY 1, 2, 3, 4, 5, 6"""

_KNOWN = """SELECT s.code, m.code, k.starts, k.ends
FROM kpis_knowndays k JOIN kpis_source s ON s.id = k.source_id LEFT JOIN kpis_measure m ON m.id = k.measure_id
ORDER BY 1, 2"""


def figures() -> dict[str, list[tuple[Any, ...]]]:
    """Every fact, customer day, coverage and known day by natural keys: what must not depend on how files came in."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in (
            ("facts", _FACTS), ("customers", _CUSTOMER_DAYS), ("coverage", _COVERAGE), ("known", _KNOWN),
        ):  # fmt: skip
            cursor.execute(sql)
            found[name] = cursor.fetchall()
    return found


def difference(one: dict[str, list[Any]], other: dict[str, list[Any]], limit: int = 5) -> dict[str, Any]:
    """What two sets of figures do not share, a few rows of each; empty when they are the same."""
    out = {}
    for name, rows in one.items():
        if rows != other[name]:
            left, right = set(map(str, rows)), set(map(str, other[name]))
            out[name] = (
                len(rows),
                len(other[name]),
                sorted(left - right)[:limit],
                sorted(right - left)[:limit],
            )
    return out
