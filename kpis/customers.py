"""Customer days: what makes distinct customers exact for any range of days, in any order of imports."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kpis.models import Cut

TABLE = "kpis_customerday"


def refresh_customers(cursor: Any, *, cuts: Sequence[Cut], whole: Cut, start: date, end: date) -> None:
    """Rewrite the customer days in [start, end] from the temporary table `order_part`, then relink their customers.

    Only customers with a day in the range, before or after, are touched: their previous days and their first day
    may have changed anywhere in the history.
    """
    ids = [cut.pk for cut in cuts]
    cursor.execute("DROP TABLE IF EXISTS touched_customer")
    cursor.execute(
        f"""CREATE TEMP TABLE touched_customer ON COMMIT DROP AS
        SELECT DISTINCT customer FROM {TABLE} WHERE cut_id = %s AND date BETWEEN %s AND %s
        UNION SELECT DISTINCT customer FROM order_part WHERE customer IS NOT NULL AND sales > 0""",
        [whole.pk, start, end],
    )
    cursor.execute("ANALYZE touched_customer")
    cursor.execute(
        f"DELETE FROM {TABLE} WHERE cut_id = ANY(%s) AND date BETWEEN %s AND %s", [ids, start, end]
    )
    _insert_days(cursor)
    cursor.execute(_RELINK, {"cuts": ids, "whole": whole.pk})


def _insert_days(cursor: Any) -> None:
    """One row per cut, segment, customer and day with a sale; links within the range are right at once."""
    cursor.execute(
        f"""INSERT INTO {TABLE} (cut_id, segment_id, customer, date, previous, is_new)
        SELECT cut_id, segment_id, customer, day,
            lag(day) OVER (PARTITION BY cut_id, segment_id, customer ORDER BY day), false
        FROM (SELECT DISTINCT cut_id, segment_id, customer, day FROM order_part
              WHERE customer IS NOT NULL AND sales > 0) d
        ORDER BY day"""
    )


_RELINK = f"""
WITH linked AS (
    SELECT cut_id, segment_id, customer, date,
        lag(date) OVER (PARTITION BY cut_id, segment_id, customer ORDER BY date) AS previous
    FROM {TABLE} WHERE cut_id = ANY(%(cuts)s) AND customer IN (SELECT customer FROM touched_customer)
), first AS (
    SELECT customer, min(date) AS date FROM linked WHERE cut_id = %(whole)s GROUP BY customer
), told AS (
    SELECT l.*, l.date = f.date AS is_new FROM linked l JOIN first f USING (customer)
)
UPDATE {TABLE} c SET previous = t.previous, is_new = t.is_new
FROM told t
WHERE (c.cut_id, c.segment_id, c.date, c.customer) = (t.cut_id, t.segment_id, t.date, t.customer)
  AND (c.previous IS DISTINCT FROM t.previous OR c.is_new <> t.is_new)"""
