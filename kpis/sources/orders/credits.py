"""What a number gives back on a day of its own: a record beside the sale of that number, wherever that came from.

A file may hold the refund of a sale that an earlier file brought, under one number. Each speaks for its own: the refund
does not replace the sale, nor the sale, sent again, the refund.
"""

from typing import Any

from django.utils.translation import gettext_noop

from base.sentences import Sentence, sentence
from kpis.models import CustomerOrder

ORDERS = CustomerOrder._meta.db_table

# A negative price may be a discount or a payment, which belongs to its order whenever it was booked.
_GIVEN = "quantity < 0 AND unit_price > 0"


def part_credits(cursor: Any, stage: str) -> None:
    """A column ``part`` on the stage: the day of a line that gives back on another day than its order was made.

    All other lines have the same far date. An order that only gives back was made with its first line.
    """
    cursor.execute(f"ALTER TABLE {stage} ADD part date NOT NULL DEFAULT '-infinity'")
    cursor.execute(f"SELECT min(quantity) < 0 FROM {stage}")
    if not cursor.fetchone()[0]:
        return
    cursor.execute(
        f"""UPDATE {stage} s SET part = s.ordered_at::date
        FROM (
            SELECT order_id, coalesce(min(ordered_at) FILTER (WHERE NOT ({_GIVEN})), min(ordered_at))::date AS made
            FROM {stage} WHERE order_id IN (SELECT order_id FROM {stage} WHERE {_GIVEN})
            GROUP BY order_id HAVING min(ordered_at)::date < max(ordered_at)::date
        ) o
        WHERE s.order_id = o.order_id AND s.quantity < 0 AND s.unit_price > 0 AND s.ordered_at::date <> o.made"""
    )


def told_moved(cursor: Any, stage: str) -> list[Sentence]:
    """Says how much counts on another day than its own, for an order counts on the day of its first line."""
    cursor.execute("SELECT bool_or(until::date > at::date) FROM stage_order")
    if not cursor.fetchone()[0]:
        return []
    cursor.execute(
        f"""SELECT count(*), sum(s.quantity * s.unit_price), min(s.line) FROM {stage} s
        JOIN stage_order o ON o.reference = s.order_id AND o.part = s.part
        WHERE o.until::date > o.at::date AND s.ordered_at::date > o.at::date"""
    )
    count, total, first = cursor.fetchone()
    said = gettext_noop(
        "Lines dated after the day of their order, which count on the day of its first line: %(count)s (the first is "
        "line %(line)d), %(sum)s in all."
    )
    return [sentence(said, count=count, line=first, sum=float(total))]


# Of the lines of an order in the file: whether it gives something back and sells nothing.
IS_CREDIT = "max(quantity * unit_price) <= 0 AND min(quantity * unit_price) < 0"

# Of a live order: whether the file names it. Credits go by number and day: a sale may be given back bit by bit.
NAMED = """CASE WHEN is_credit THEN (reference, day) IN (SELECT reference, at::date FROM stage_order)
    ELSE reference IN (SELECT reference FROM stage_order WHERE NOT is_credit) END"""

# Of two orders ``o`` and ``x``: whether the file of ``x`` named ``o``.
SAME = "x.reference = o.reference AND CASE WHEN o.is_credit THEN x.day = o.day ELSE NOT x.is_credit END"
