"""The real orders of UCI Online Retail as daily panels, by the rules of reference/DEFINITIONS.md."""

import csv
import gzip
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import holidays
import numpy as np

from kpis.expectation.types import Calendar, Floats, History, Panel, Span

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail"
FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)
WHOLE = "whole"
INCOMPLETE = LAST  # its last timestamp is 12:50
INDICATORS = (
    "gross_revenue", "cancelled_value", "net_revenue", "orders", "units", "aov_gross", "cancellation_rate_value",
    "active_customers", "new_customers", "returning_customer_rate", "guest_revenue",
)  # fmt: skip


@dataclass
class Invoice:
    """One invoice: sold (sale lines), credited (cancellation lines), units sold, who and where."""

    number: str
    day: date
    country: str
    customer: str
    sold: float = 0.0
    credited: float = 0.0
    units: int = 0
    sales: int = 0


@cache
def invoices(months: tuple[str, ...] = ()) -> tuple[Invoice, ...]:
    """All invoices of the files (of the given months, e.g. "2010-12"), in the order they appear."""
    found: dict[str, Invoice] = {}
    for path in sorted(DATA.glob("*.csv.gz")):
        if not months or path.name[14:21] in months:
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    _add(found, row)
    return tuple(found.values())


def _add(found: dict[str, Invoice], row: dict[str, str]) -> None:
    number, quantity, price = row["InvoiceNo"], int(row["Quantity"]), float(row["UnitPrice"])
    day = date.fromisoformat(row["InvoiceDate"][:10])
    one = found.setdefault(number, Invoice(number, day, row["Country"], row["CustomerID"]))
    if number[0] == "C":
        one.credited -= quantity * price
    elif number[0] != "A" and quantity > 0 and price > 0:
        one.sold += quantity * price
        one.units += quantity
        one.sales += 1


@dataclass
class Book:
    """Daily sums (days × scopes) by measure, the largest order behind them, and who bought each day."""

    scopes: tuple[str, ...]
    sums: dict[str, Floats]
    tops: dict[str, Floats]
    buyers: list[list[set[str]]]
    new: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def distinct(self, start: date, end: date) -> Floats:
        """Customers who bought in [start, end], by scope."""
        days = self.buyers[(start - FIRST).days : (end - FIRST).days + 1]
        return np.array([len(set().union(*(day[j] for day in days))) for j in range(len(self.scopes))], float)


def book(
    skip: Collection[str] = (), scopes: tuple[str, ...] = (WHOLE,), months: tuple[str, ...] = ()
) -> Book:
    """The book of all invoices but those to skip."""
    n, s = (LAST - FIRST).days + 1, len(scopes)
    names = ("gross_revenue", "cancelled_value", "orders", "units", "guest_revenue")
    out = Book(
        scopes, {k: np.zeros((n, s)) for k in names}, {k: np.zeros((n, s)) for k in names},
        [[set() for _ in scopes] for _ in range(n)],
    )  # fmt: skip
    for one in invoices(months):
        if one.number not in skip:
            for j, scope in enumerate(scopes):
                if scope in (WHOLE, one.country):
                    _enter(out, one, (one.day - FIRST).days, j)
    out.new = _new(out)
    return out


def _enter(out: Book, one: Invoice, i: int, j: int) -> None:
    amounts = {"cancelled_value": one.credited}
    if one.sales:
        amounts |= {"gross_revenue": one.sold, "orders": 1.0, "units": float(one.units)}
        amounts |= {} if one.customer else {"guest_revenue": one.sold}
        if one.customer:
            out.buyers[i][j].add(one.customer)
    for name, amount in amounts.items():
        out.sums[name][i, j] += amount
        out.tops[name][i, j] = max(out.tops[name][i, j], amount)


def _new(out: Book) -> Floats:
    new = np.zeros(out.sums["orders"].shape)
    for j in range(len(out.scopes)):
        seen: set[str] = set()
        for i, day in enumerate(out.buyers):
            new[i, j] = len(day[j] - seen)
            seen |= day[j]
    return new


def calendar() -> Calendar:
    """The public holidays of England."""
    found = holidays.country_holidays("GB", subdiv="ENG", years=[2010, 2011, 2012])
    return Calendar(holidays=dict(found.items()))


def panels(b: Book, as_of: date) -> dict[str, Panel]:
    """Every indicator as the night of `as_of` sees it."""
    n = (as_of - FIRST).days + 1
    days = np.datetime64(FIRST) + np.arange(n)
    active = np.array([[len(scope) for scope in day] for day in b.buyers], float)
    gross, credit = b.sums["gross_revenue"], b.sums["cancelled_value"]
    with np.errstate(all="ignore"):
        ratios = {
            "aov_gross": (gross / b.sums["orders"], b.sums["orders"], b.tops["gross_revenue"]),
            "cancellation_rate_value": (credit / gross, gross, b.tops["cancelled_value"]),
            "returning_customer_rate": ((active - b.new) / active, active, None),
        }
    sums = {
        name: (values, None, None if name == "orders" else b.tops[name]) for name, values in b.sums.items()
    }
    plain = {"net_revenue": (gross - credit, None, b.tops["gross_revenue"])}
    counts = {"active_customers": (active, None, None), "new_customers": (b.new, None, None)}
    cal, partial = calendar(), as_of == INCOMPLETE
    return {
        name: Panel(
            days, y[:n], None if w is None else w[:n], None if top is None else top[:n], cal, partial, 0
        )
        for name, (y, w, top) in {**sums, **plain, **counts, **ratios}.items()
    }


def spans(as_of: date) -> list[Span]:
    """The day, the ISO week and the month to date."""
    monday = as_of - timedelta(as_of.weekday())
    return [
        Span("day", as_of, as_of),
        Span("week", monday, as_of),
        Span("month", as_of.replace(day=1), as_of),
    ]


def histories(b: Book, code: str, as_of: date) -> dict[str, History]:
    """Past weeks and months, trimmed to the same elapsed days, for what days do not add up to."""
    if code not in ("active_customers", "returning_customer_rate"):
        return {}
    found = {}
    for span in spans(as_of)[1:]:
        past = _past(span)
        if past:
            values = np.array([_counted(b, code, one) for one in past])
            found[span.grain] = History(tuple(past), values, _counted(b, code, span))
    return found


def _past(span: Span) -> list[Span]:
    elapsed, start = (span.end - span.start).days, span.start
    found: list[Span] = []
    while True:
        before = start - timedelta(1)
        start = start - timedelta(7) if span.grain == "week" else before.replace(day=1)
        if start < FIRST:
            return found[::-1]
        found.append(Span(span.grain, start, min(start + timedelta(elapsed), before)))


def _counted(b: Book, code: str, span: Span) -> Floats:
    known = min(span.end, INCOMPLETE - timedelta(1))
    active = b.distinct(span.start, known)
    if code == "active_customers":
        return active
    new = b.new[(span.start - FIRST).days : (known - FIRST).days + 1].sum(axis=0)
    with np.errstate(all="ignore"):
        return np.asarray((active - new) / active)
