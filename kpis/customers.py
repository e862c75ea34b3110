"""Customer days: what makes distinct customers exact for any range of days, in any order of imports."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kpis.models import Cut

TABLE = "kpis_customerday"


def refresh_customers(cursor: Any, *, cuts: Sequence[Cut], whole: Cut, start: date, end: date) -> None:
    """Rewrite the customer days in [start, end] from the temporary table `order_part`.

    Only customers with a day in the range, before or after, are touched: the links of their other days, and their
    first day, may change anywhere in the history.
    """
    parameters = {"cuts": [cut.pk for cut in cuts], "whole": whole.pk, "start": start, "end": end}
    cursor.execute("SET LOCAL work_mem = '4MB'")  # four nodes of the next statements sort or hash at a time
    cursor.execute("DROP TABLE IF EXISTS touched_customer, linked_day")
    for statement in (_TOUCHED, "ANALYZE touched_customer", _DELETE, _LINKED, _INSERT, _RELINK):
        cursor.execute(statement, parameters)


_TOUCHED = f"""
CREATE TEMP TABLE touched_customer ON COMMIT DROP AS
SELECT DISTINCT customer FROM {TABLE} WHERE cut_id = %(whole)s AND date BETWEEN %(start)s AND %(end)s
UNION SELECT DISTINCT customer FROM order_part WHERE cut_id = %(whole)s AND customer IS NOT NULL AND sales > 0"""

_DELETE = f"DELETE FROM {TABLE} WHERE cut_id = ANY(%(cuts)s) AND date BETWEEN %(start)s AND %(end)s"

# Every day of the touched customers, kept and fresh, with its links; a first day is that of the whole.
_LINKED = f"""
CREATE TEMP TABLE linked_day ON COMMIT DROP AS
WITH every AS (
    SELECT cut_id, segment_id, customer, date, previous AS told, is_new AS told_new, false AS fresh
    FROM {TABLE} JOIN touched_customer USING (customer) WHERE cut_id = ANY(%(cuts)s)
    UNION ALL
    SELECT DISTINCT cut_id, segment_id, customer, day, NULL::date, false, true FROM order_part
    WHERE cut_id = ANY(%(cuts)s) AND customer IS NOT NULL AND sales > 0
), first AS (
    SELECT customer, min(date) AS date FROM every WHERE cut_id = %(whole)s GROUP BY customer
)
SELECT e.*, f.date = e.date AS is_new,
    lag(e.date) OVER (PARTITION BY e.cut_id, e.segment_id, e.customer ORDER BY e.date) AS previous
FROM every e JOIN first f USING (customer)"""

_INSERT = f"""
INSERT INTO {TABLE} (cut_id, segment_id, customer, date, previous, is_new)
SELECT cut_id, segment_id, customer, date, previous, is_new FROM linked_day WHERE fresh ORDER BY date"""

_RELINK = f"""
UPDATE {TABLE} c SET previous = l.previous, is_new = l.is_new FROM linked_day l
WHERE NOT l.fresh AND (l.previous IS DISTINCT FROM l.told OR l.is_new <> l.told_new)
  AND (c.cut_id, c.segment_id, c.date, c.customer) = (l.cut_id, l.segment_id, l.date, l.customer)"""
