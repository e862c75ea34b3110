"""The single orders that weigh most in a figure: what a deviation's page names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from base.calendar import Period
from kpis.catalogue import Catalogue
from kpis.formula_traits import leading
from kpis.models import LineKind

# What an order weighs in a measure, summed over its lines.
WEIGHTS = {
    "gross_revenue": f"sum(l.amount) FILTER (WHERE l.kind = {LineKind.SALE})",
    "cancelled_value": f"-sum(l.amount) FILTER (WHERE l.kind = {LineKind.CANCELLATION})",
    "units": f"sum(l.quantity) FILTER (WHERE l.kind = {LineKind.SALE})",
    "guest_revenue": f"sum(l.amount) FILTER (WHERE l.kind = {LineKind.SALE} AND o.customer IS NULL)",
}


@dataclass(frozen=True)
class HeavyOrder:
    """An order and its weight in the measure; ``pair`` is the sale a credit note takes back, or the reverse."""

    reference: str
    day: date
    time: time | None
    customer: str | None
    weight: Decimal
    amount: Decimal
    product: str
    run_id: int
    filename: str
    pair: "Pair | None" = None


@dataclass(frozen=True)
class Pair:
    reference: str
    day: date
    time: time | None
    amount: Decimal


def measure_carried(catalogue: Catalogue, indicator: str) -> str | None:
    """The order measure whose single orders can carry the indicator, if there is one."""
    first = leading(catalogue.formula(indicator))
    return first.code if first is not None and first.code in WEIGHTS else None


def heaviest_orders(
    measure: str,
    period: Period,
    segment: Mapping[str, str | None],
    *,
    limit: int = 8,
    imports: Sequence[int] | None = None,
) -> list[HeavyOrder]:
    """The orders of the period in the segment that weigh most, each with its counterpart. Two queries.

    Those alive now, or those that were when only these imports had been made.
    """
    asked: dict[str, Any] = {
        "start": period.start,
        "end": period.end,
        "segment": Jsonb(dict(segment)),
        "limit": limit,
        "imports": None if imports is None else list(imports),
    }
    alive = _ALIVE if imports is None else _WAS_ALIVE
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.id, o.reference, o.day, o.time, o.customer, {WEIGHTS[measure]} AS weight, sum(l.amount),
                (array_agg(coalesce(nullif(l.label, ''), l.product) ORDER BY abs(l.amount) DESC))[1],
                r.id, r.filename
            FROM kpis_customerorder o JOIN kpis_orderline l ON l.order_id = o.id
            JOIN intake_importrun r ON r.id = o.run_id
            WHERE {alive.format("o")} AND o.day BETWEEN %(start)s AND %(end)s {_IN_SEGMENT if segment else ""}
            GROUP BY o.id, r.id HAVING {WEIGHTS[measure]} > 0 ORDER BY weight DESC, o.reference
            LIMIT %(limit)s""",
            asked,
        )
        rows = cursor.fetchall()
        cursor.execute(_PAIRS.format(alive=alive.format("p")), asked | {"orders": [row[0] for row in rows]})
        pairs = {row[0]: Pair(*row[1:]) for row in cursor.fetchall()}
    return [replace(_order(row[1:]), pair=pairs.get(row[0])) for row in rows]


def _order(row: Sequence[Any]) -> HeavyOrder:
    return HeavyOrder(*row)


_ALIVE = "{0}.superseded_by_id IS NULL"
_WAS_ALIVE = """{0}.run_id = ANY(%(imports)s)
    AND ({0}.superseded_by_id IS NULL OR {0}.superseded_by_id <> ALL(%(imports)s))"""
_IN_SEGMENT = """AND l.segment_id IN (SELECT id FROM kpis_segment s WHERE NOT EXISTS (
    SELECT 1 FROM jsonb_each_text(%(segment)s) AS w WHERE s.values ->> w.key IS DISTINCT FROM w.value))"""

# A sale and the credit note that takes it back: same customer, product and price, the quantity turned round, the sale
# first and at most sixty days before. The closest one counts.
_PAIRS = """
SELECT DISTINCT ON (o.id) o.id, p.reference, p.day, p.time,
    (SELECT sum(amount) FROM kpis_orderline WHERE order_id = p.id)
FROM kpis_customerorder o
JOIN LATERAL (SELECT * FROM kpis_orderline WHERE order_id = o.id ORDER BY abs(amount) DESC LIMIT 1) l ON true
JOIN kpis_customerorder p ON p.source_id = o.source_id AND {alive}
    AND p.customer IS NOT DISTINCT FROM o.customer AND p.id <> o.id
    AND p.day BETWEEN o.day - 60 AND o.day + 60
JOIN kpis_orderline q ON q.order_id = p.id AND q.product = l.product AND q.quantity = -l.quantity
    AND q.unit_price = l.unit_price
    AND q.kind <> l.kind AND q.kind IN (0, 1) AND l.kind IN (0, 1)
WHERE o.id = ANY(%(orders)s)
    AND CASE WHEN l.kind = 1 THEN (p.day + coalesce(p.time, '00:00')) <= (o.day + coalesce(o.time, '23:59'))
             ELSE (p.day + coalesce(p.time, '23:59')) >= (o.day + coalesce(o.time, '00:00')) END
ORDER BY o.id, abs(p.day - o.day), p.id"""
