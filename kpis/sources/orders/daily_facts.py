"""Live orders → daily facts and customer days, rebuilt for a range of days in a handful of statements."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from kpis.customers import refresh_customers
from kpis.cuts import clear_facts, ensure_cuts
from kpis.models import CustomerOrder, Cut, Measure, OrderLine, Segment, Source
from kpis.segments import ensure_segments, key_of, project

ORDERS = CustomerOrder._meta.db_table
LINES = OrderLine._meta.db_table

# Measure code → what it is, over the rows of `order_part` (one per order × projected segment).
# Money is exact: quantity × unit price is kept with four decimals and only summed.
MEASURES = {
    "gross_revenue": "sum(gross)",
    "cancelled_value": "sum(cancelled)",
    "orders": "count(*) FILTER (WHERE sales > 0)",
    "order_lines": "sum(sales)",
    "units": "sum(units)",
    "cancelled_orders": "count(*) FILTER (WHERE is_cancellation)",
    "guest_revenue": "sum(gross) FILTER (WHERE customer IS NULL)",
}
# Measures a single order can carry, with the largest order of the day.
PEAKS = {"gross_revenue": "max(gross)", "cancelled_value": "max(cancelled)", "units": "max(units)"}
CUSTOMER_MEASURES = ("active_customers", "new_customers")


def rebuild(*, source: Source, start: date, end: date, dimensions: Sequence[str]) -> int:
    """Recompute the facts of the days in [start, end]; returns how many facts were replaced.

    ``dimensions`` are those a new file carries: when they make a new cut, the whole history is rebuilt once.
    """
    cuts, grown = _cuts(source, dimensions)
    if grown:
        start, end = _whole_history(source, start, end)
    removed = clear_facts(cuts, start, end)
    with connection.cursor() as cursor:
        _order_parts(cursor, source, start, end)
        _project(cursor, cuts)
        _insert_facts(cursor)
        counted = [cut for cut in cuts if len(cut.dimensions) < 2]
        refresh_customers(cursor, cuts=counted, whole=_whole_cut(cuts), start=start, end=end)
    return removed


def _cuts(source: Source, dimensions: Sequence[str]) -> tuple[list[Cut], bool]:
    """The total, every dimension alone and every pair, of all dimensions the source has ever carried.

    Customers are counted on the total and on single dimensions: pairs would cost more days than there are orders.
    """
    known = {name for names in source.cuts.values_list("dimensions", flat=True) for name in names}
    every = sorted(known | set(dimensions))
    wanted = [combo for size in (0, 1, 2) for combo in combinations(every, size)]
    measures = list(Measure.objects.filter(code__in=[*MEASURES, *CUSTOMER_MEASURES]))
    summed = [m for m in measures if m.code in MEASURES]
    cuts = ensure_cuts(source, [dims for dims in wanted if len(dims) < 2], measures)
    cuts += ensure_cuts(source, [dims for dims in wanted if len(dims) == 2], summed)
    return cuts, set(every) > known and bool(known or source.cuts.exists())


def _whole_cut(cuts: Sequence[Cut]) -> Cut:
    return next(cut for cut in cuts if not cut.dimensions)


def _whole_history(source: Source, start: date, end: date) -> tuple[date, date]:
    seen = CustomerOrder.objects.filter(source=source).aggregate(low=Min("day"), high=Max("day"))
    return min(start, seen["low"] or start), max(end, seen["high"] or end)


def _order_parts(cursor: Any, source: Source, start: date, end: date) -> None:
    """One row per live order × segment of its lines."""
    cursor.execute("DROP TABLE IF EXISTS order_segment")
    cursor.execute(
        f"""CREATE TEMP TABLE order_segment ON COMMIT DROP AS
        SELECT o.id, o.day, o.customer, l.segment_id,
            coalesce(sum(l.amount) FILTER (WHERE l.kind = 0), 0) AS gross,
            coalesce(-sum(l.amount) FILTER (WHERE l.kind = 1), 0) AS cancelled,
            count(*) FILTER (WHERE l.kind = 0) AS sales,
            coalesce(sum(l.quantity) FILTER (WHERE l.kind = 0), 0) AS units,
            bool_or(l.kind = 1) AS is_cancellation
        FROM {ORDERS} o JOIN {LINES} l ON l.order_id = o.id
        WHERE o.source_id = %s AND o.superseded_by_id IS NULL AND o.day BETWEEN %s AND %s
        GROUP BY o.id, l.segment_id""",
        [source.pk, start, end],
    )
    cursor.execute("ANALYZE order_segment")


def _project(cursor: Any, cuts: Sequence[Cut]) -> None:
    """`order_part`: the same rows seen from each cut, merged where several segments of an order fall together."""
    cursor.execute("SELECT DISTINCT segment_id FROM order_segment")
    used = dict(
        Segment.objects.filter(pk__in=[row[0] for row in cursor.fetchall()]).values_list("id", "values")
    )
    pairs = [(cut.pk, sid, project(values, cut.dimensions)) for cut in cuts for sid, values in used.items()]
    ids = ensure_segments([values for _cut, _sid, values in pairs])
    cursor.execute("DROP TABLE IF EXISTS projection, order_part")
    cursor.execute(
        "CREATE TEMP TABLE projection (cut_id bigint, segment_id bigint, target_id bigint) ON COMMIT DROP"
    )
    cursor.execute(
        "INSERT INTO projection SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])",
        [[p[0] for p in pairs], [p[1] for p in pairs], [ids[key_of(p[2])] for p in pairs]],
    )
    cursor.execute("ANALYZE projection")
    cursor.execute(
        """CREATE TEMP TABLE order_part ON COMMIT DROP AS
        SELECT p.cut_id, p.target_id AS segment_id, s.id, s.day, s.customer, sum(s.gross) AS gross,
            sum(s.cancelled) AS cancelled, sum(s.sales)::bigint AS sales, sum(s.units) AS units,
            bool_or(s.is_cancellation) AS is_cancellation
        FROM order_segment s JOIN projection p USING (segment_id)
        GROUP BY p.cut_id, p.target_id, s.id, s.day, s.customer"""
    )
    cursor.execute("ANALYZE order_part")


def _insert_facts(cursor: Any) -> None:
    """Sum the parts by cut, segment and day, and unfold the measures the catalogue knows; zeros are not stored."""
    ids = dict(Measure.objects.filter(code__in=MEASURES).values_list("code", "id"))
    if not ids:
        return
    sums = ", ".join(f"{sql} AS {code}" for code, sql in MEASURES.items() if code in ids)
    sums += "".join(f", {sql} AS {code}_peak" for code, sql in PEAKS.items() if code in ids)
    peaks = {code: f"d.{code}_peak" if code in PEAKS else "NULL::numeric" for code in ids}
    pairs = ", ".join(f"({pk}, d.{code}::numeric, {peaks[code]})" for code, pk in ids.items())
    cursor.execute(
        f"""INSERT INTO kpis_fact (cut_id, measure_id, segment_id, date, value, weight, peak)
        SELECT d.cut_id, v.measure_id, d.segment_id, d.day, v.value, 1, v.peak
        FROM (SELECT cut_id, segment_id, day, {sums} FROM order_part GROUP BY cut_id, segment_id, day) d
        CROSS JOIN LATERAL (VALUES {pairs}) AS v (measure_id, value, peak)
        WHERE v.value <> 0 ORDER BY d.day"""
    )
