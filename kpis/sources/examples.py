"""Example files to start from: a few rows as a shop would export them, in the columns this instance knows."""

from collections.abc import Collection, Mapping, Sequence

from kpis.models import Dimension, Measure

Rows = Sequence[Mapping[str, str]]

PLACES = ("Direct", "SEA")  # values of the first dimension
ORDER_COLUMNS = ("order_id", "ordered_at", "product", "quantity", "unit_price", "customer")
LINES = (
    (0, ("1001", "2026-01-15 10:30:00", "SHELF-80", "2", "24.90", "ann@example.com")),
    (0, ("1001", "2026-01-15 10:30:00", "SCREWS-50", "1", "4.50", "ann@example.com")),
    (1, ("1002", "2026-01-16 18:05:00", "DRILL-18V", "1", "89.00", "bob@example.com")),
    (1, ("C1002", "2026-01-17 09:12:00", "DRILL-18V", "-1", "89.00", "bob@example.com")),
)
DAYS = (
    (0, "2026-01-15", ("35", "420")),
    (1, "2026-01-15", ("48", "560")),
    (0, "2026-01-16", ("31", "395")),
)


def orders() -> Rows:
    """Two orders, the first of two lines, and the credit note of the second."""
    split = _split()
    return [dict(zip(ORDER_COLUMNS, line, strict=True)) | split[place] for place, line in LINES]


def facts(from_orders: Collection[str]) -> Rows:
    """By day and along the first dimension, a column for each of two measures that order files do not bring."""
    split = _split()
    codes = list(Measure.objects.exclude(code__in=from_orders).values_list("code", flat=True)[:2])
    return [
        {"date": day} | split[place] | dict(zip(codes, values, strict=False)) for place, day, values in DAYS
    ]


def _split() -> list[dict[str, str]]:
    first = Dimension.objects.first()
    return [{first.code: place} if first else {} for place in PLACES]
