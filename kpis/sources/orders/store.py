"""Checked order lines → live orders and the range of days whose facts they change. Set-based SQL throughout."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from intake.kinds import Stored
from intake.models import ImportRun
from intake.sentences import Sentence, sentence
from kpis.coverage import Span, forget_coverage, record_coverage
from kpis.models import CustomerOrder, Dimension, LineKind, OrderLine, Source
from kpis.sources.orders.facts import rebuild
from kpis.sources.registry import source_of
from kpis.sources.stage import DIGITS, dimension_key, map_segments, stage_columns, take_out_strays

ORDERS = CustomerOrder._meta.db_table
LINES = OrderLine._meta.db_table

# The class of a line, exactly one each and tested in this order (data/reference/DEFINITIONS.md).
# The letter stands alone: a shop that numbers its orders CMD-1001 has not cancelled all of them.
_WORD = "s.order_id ~ '^.[[:alpha:]]'"
KIND_SQL = f"""CASE WHEN s.order_id ILIKE 'C%%' AND (s.quantity < 0 OR NOT {_WORD}) THEN {LineKind.CANCELLATION}
    WHEN s.order_id ILIKE 'A%%' AND NOT {_WORD} THEN {LineKind.ADJUSTMENT}
    WHEN s.quantity < 0 THEN {LineKind.STOCK_MOVEMENT}
    WHEN s.unit_price = 0 THEN {LineKind.ZERO_PRICE}
    WHEN s.quantity > 0 AND s.unit_price > 0 THEN {LineKind.SALE}
    ELSE {LineKind.STOCK_MOVEMENT} END"""


def store(*, run: ImportRun, stage: str) -> Stored:
    """Store the staged lines of a run; must run inside one transaction."""
    source = source_of(run, kind="orders")
    with connection.cursor() as cursor:
        columns = stage_columns(cursor, stage)
        rejects = [*take_out_strays(cursor, stage, "ordered_at"), *_too_large(cursor, stage)]
        first, last, timed = _gather_orders(cursor, stage, columns)
        if first is None or last is None:
            return Stored(None, None, {}, [], rejects)
        span = _span(first, last, timed=timed)
        replaced, touched = _supersede(cursor, source, run, span)
        _insert_orders(cursor, source, run)
        dimensions = [d.code for d in Dimension.objects.all() if d.code in columns]
        _insert_lines(cursor, stage, columns, dimensions)
    record_coverage(run, source, {None: span})
    low, high = min([span.start, *touched]), max([span.end, *touched])
    rebuild(source=source, start=low, end=high, dimensions=dimensions)
    warnings: list[str] = [_replaced_sentence(replaced)] if replaced else []
    return Stored(span.start, span.end, _totals(run), warnings, rejects)


def undo(*, run: ImportRun) -> int:
    """Take a run back: its orders go, those it replaced live again unless a later file replaces them too."""
    source = source_of(run, kind="orders")
    forget_coverage(run)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(day), max(day) FROM {ORDERS} WHERE run_id = %s OR superseded_by_id = %s",
            [run.pk, run.pk],
        )
        low, high = cursor.fetchone()
        if low is None:
            return 0
        cursor.execute(
            f"DELETE FROM {LINES} l USING {ORDERS} o WHERE l.order_id = o.id AND o.run_id = %s", [run.pk]
        )
        cursor.execute(f"DELETE FROM {ORDERS} WHERE run_id = %s", [run.pk])
        cursor.execute(_REVIVE, {"run": run.pk, "source": source.pk})
    return rebuild(source=source, start=low, end=high, dimensions=[])


# An order revived by an undo belongs to the earliest later file that covers or holds it, if there is one.
_REVIVE = f"""
UPDATE {ORDERS} o SET superseded_by_id = (
    SELECT min(c.run_id) FROM kpis_coverage c
    WHERE c.source_id = %(source)s AND c.run_id > o.run_id AND (
        CASE WHEN c.start_time IS NULL THEN o.day BETWEEN c.start AND c.end
             ELSE o.day + coalesce(o.time, '00:00') > c.start + c.start_time
              AND o.day + coalesce(o.time, '00:00') < c.end + c.end_time END
        OR EXISTS (SELECT FROM {ORDERS} x WHERE x.run_id = c.run_id AND x.reference = o.reference)))
WHERE o.superseded_by_id = %(run)s"""


def _gather_orders(
    cursor: Any, stage: str, columns: set[str]
) -> tuple[datetime | None, datetime | None, bool]:
    """One row per order in a temporary table; returns first and last time of day seen, and whether times are told."""
    customer = "max(nullif(trim(customer), ''))" if "customer" in columns else "NULL::text"
    cursor.execute("DROP TABLE IF EXISTS stage_order")
    cursor.execute(
        f"""CREATE TEMP TABLE stage_order ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('{ORDERS}', 'id')) AS id, g.* FROM (
            SELECT order_id AS reference, min(ordered_at) AS at, {customer} AS customer
            FROM {stage} GROUP BY order_id ORDER BY 2) g"""
    )
    cursor.execute("ANALYZE stage_order")
    cursor.execute(
        f"SELECT min(ordered_at), max(ordered_at), bool_or(ordered_at::time <> '00:00') FROM {stage}"
    )
    first, last, timed = cursor.fetchone()
    return first, last, bool(timed)


def _too_large(cursor: Any, stage: str) -> list[tuple[int, str]]:
    """Lines whose amount is beyond what is kept are taken out and told; looked for only where one is possible."""
    cursor.execute(f"SELECT max(abs(quantity)) * max(abs(unit_price)) FROM {stage}")
    (largest,) = cursor.fetchone()
    limit = Decimal(10) ** DIGITS
    if largest is None or largest < limit:
        return []
    cursor.execute(f"DELETE FROM {stage} WHERE abs(quantity * unit_price) >= %s RETURNING line", [limit])
    said = sentence(gettext_noop("The amount, quantity × unit price, is too large."))
    return [(line, said) for (line,) in cursor.fetchall()]


def _span(first: datetime, last: datetime, *, timed: bool) -> Span:
    if not timed:
        return Span(first.date(), last.date())
    return Span(first.date(), last.date(), first.time(), last.time())


def _supersede(cursor: Any, source: Source, run: ImportRun, span: Span) -> tuple[int, list[date]]:
    """The file replaces what it covers: the orders it names, and those dated between its first and last line.

    Other orders of the very moments of its first and last line stay: an export cut between two orders of one minute,
    as one made page by page is, would else lose those of the page before. A file without times speaks for whole days.
    """
    low = datetime.combine(span.start, span.start_time or time.min)
    high = datetime.combine(span.end, span.end_time or time.max)
    at = "(day + coalesce(time, '00:00'))"
    inside = f"{at} > %s AND {at} < %s" if span.start_time is not None else f"{at} BETWEEN %s AND %s"
    cursor.execute(
        f"""WITH gone AS (
            UPDATE {ORDERS} SET superseded_by_id = %s
            WHERE source_id = %s AND superseded_by_id IS NULL AND (
                (day BETWEEN %s AND %s AND {inside})
                OR reference IN (SELECT reference FROM stage_order))
            RETURNING day)
        SELECT count(*), min(day), max(day) FROM gone""",
        [run.pk, source.pk, span.start, span.end, low, high],
    )
    count, low, high = cursor.fetchone()
    return count, [day for day in (low, high) if day]


def _insert_orders(cursor: Any, source: Source, run: ImportRun) -> None:
    cursor.execute(
        f"""INSERT INTO {ORDERS} (id, source_id, run_id, reference, day, time, customer)
        SELECT id, %s, %s, reference, at::date, nullif(at::time, '00:00'), customer FROM stage_order ORDER BY id""",
        [source.pk, run.pk],
    )
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks put off to the commit would pile up in memory
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _insert_lines(cursor: Any, stage: str, columns: set[str], dimensions: list[str]) -> None:
    map_segments(cursor, stage, dimensions)
    product = "upper(trim(coalesce(s.product, '')))" if "product" in columns else "''"
    label = "trim(coalesce(s.label, ''))" if "label" in columns else "''"
    cursor.execute(
        f"""INSERT INTO {LINES}
            (order_id, position, segment_id, kind, product, label, quantity, unit_price, amount)
        SELECT o.id, s.line, m.segment_id, {KIND_SQL}, left({product}, 120), left({label}, 300),
               s.quantity, s.unit_price,
               s.quantity * s.unit_price
        FROM {stage} s JOIN stage_order o ON o.reference = s.order_id
        JOIN stage_segment m ON m.key = {dimension_key(dimensions)}""",
        [],
    )


def _totals(run: ImportRun) -> dict[str, Decimal]:
    """What the file itself holds, by measure: the figures to compare with the export's own totals."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum(amount) FILTER (WHERE kind = 0), 0), 
                coalesce(-sum(amount) FILTER (WHERE kind = 1), 0),
                count(DISTINCT order_id) FILTER (WHERE kind = 0), count(*) FILTER (WHERE kind = 0),
                coalesce(sum(quantity) FILTER (WHERE kind = 0), 0), count(DISTINCT order_id) FILTER (WHERE kind = 1)
            FROM {LINES} l JOIN {ORDERS} o ON o.id = l.order_id WHERE o.run_id = %s""",
            [run.pk],
        )
        row = cursor.fetchone()
    names = ("gross_revenue", "cancelled_value", "orders", "order_lines", "units", "cancelled_orders")
    return dict(zip(names, map(Decimal, row), strict=True))


def _replaced_sentence(count: int) -> Sentence:
    told = gettext_noop(
        "Orders already known that this file replaced: %(count)s; undoing it brings them back."
    )
    return sentence(told, count=count)
