"""Checked order lines → live orders and the range of days whose facts they change. Set-based SQL throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from base.sentences import Sentence, sentence
from intake.kinds import Stored
from intake.models import ImportRun
from kpis.coverage import Span, forget_coverage, record_coverage
from kpis.models import CustomerOrder, Dimension, OrderLine, Source
from kpis.sources.orders.credits import IS_CREDIT, NAMED, SAME, part_credits, told_moved
from kpis.sources.orders.daily_facts import rebuild
from kpis.sources.orders.lines import (
    CANCEL_PREFIX,
    GIVES_BACK,
    by_kind,
    kind_sql,
    say_left_out,
    totals,
    turn_credit_notes,
)
from kpis.sources.reach import Reach, named_days, refuse_vanishing, told_apart
from kpis.sources.registry import refuse_second_orders, source_of
from kpis.sources.stage import DIGITS, dimension_key, map_segments, stage_columns, take_out_strays

ORDERS = CustomerOrder._meta.db_table
LINES = OrderLine._meta.db_table


def store(*, run: ImportRun, stage: str) -> Stored:
    """Store the staged lines of a run; must run inside one transaction.

    Refused when they would count nowhere or erase most of what is known.
    """
    source = source_of(run, kind="orders")
    refuse_second_orders(source)
    with connection.cursor() as cursor:
        columns = stage_columns(cursor, stage)
        rejects = [*take_out_strays(cursor, stage, "ordered_at"), *_too_large(cursor, stage)]
        turned = turn_credit_notes(cursor, stage, run.asked.get(CANCEL_PREFIX, ""))
        days = _gather_orders(cursor, stage, columns)
        if not days:
            return Stored(None, None, {}, [], rejects)
        reach = _reach(cursor, run, days)
        replaced = _supersede(cursor, source, run, reach.span)
        told = [*told_moved(cursor, stage), *replaced.told(cursor, run)]
        _insert_orders(cursor, source, run)
        dimensions = [d.code for d in Dimension.objects.all() if d.code in columns]
        _insert_lines(cursor, stage, columns, dimensions)
    record_coverage(run, source, {None: reach.span} if reach.span else {}, {None: reach.named})
    rebuild(
        source=source,
        start=min([*days, *replaced.days]),
        end=max([*days, *replaced.days]),
        dimensions=dimensions,
    )
    kinds = by_kind(run)
    warnings: list[str] = [*turned, *say_left_out(kinds), *told_apart(run, reach.named), *told]
    start, end = (reach.span.start, reach.span.end) if reach.span else (min(days), max(days))
    return Stored(start, end, totals(kinds), warnings, rejects)


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
        CASE WHEN c.by_name THEN false
             WHEN c.start_time IS NULL THEN o.day BETWEEN c.start AND c.end
             ELSE o.day + coalesce(o.time, '00:00') > c.start + c.start_time
              AND o.day + coalesce(o.time, '00:00') < c.end + c.end_time END
        OR EXISTS (SELECT FROM {ORDERS} x WHERE x.run_id = c.run_id AND {SAME})))
WHERE o.superseded_by_id = %(run)s"""


def _gather_orders(cursor: Any, stage: str, columns: set[str]) -> list[date]:
    """One row per order and credit in a temporary table; returns their days, in order."""
    part_credits(cursor, stage)
    customer = "max(nullif(trim(customer), ''))" if "customer" in columns else "NULL::text"
    cursor.execute("DROP TABLE IF EXISTS stage_order")
    cursor.execute(
        f"""CREATE TEMP TABLE stage_order ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('{ORDERS}', 'id')) AS id, g.* FROM (
            SELECT order_id AS reference, min(ordered_at) AS at, max(ordered_at) AS until, {customer} AS customer,
                part, {IS_CREDIT} AS is_credit, {GIVES_BACK} AS gives_back
            FROM {stage} GROUP BY order_id, part ORDER BY 2) g"""
    )
    cursor.execute("ANALYZE stage_order")
    cursor.execute("SELECT DISTINCT at::date FROM stage_order ORDER BY 1")
    return [day for (day,) in cursor.fetchall()]


def _reach(cursor: Any, run: ImportRun, days: Sequence[date]) -> Reach:
    """What the file replaces, from the first to the last of its orders but those that lie apart."""
    cursor.execute("SELECT at::date, count(*) FROM stage_order GROUP BY 1 ORDER BY 1")
    named = named_days(run, cursor.fetchall())
    if len(named) == len(days):
        return Reach(None, named)
    cursor.execute(
        """SELECT min(at), max(at), bool_or(at::time <> '00:00') FROM stage_order WHERE at::date <> ALL(%s)""",
        [named],
    )
    first, last, timed = cursor.fetchone()
    return Reach(_span(first, last, timed=timed), named)


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


def _supersede(cursor: Any, source: Source, run: ImportRun, span: Span | None) -> "_Replaced":
    """The file replaces what it covers: the orders it names, and those dated between its first and last line.

    Other orders of the very moments of its first and last line stay: an export cut between two orders of one minute,
    as one made page by page is, would else lose those of the page before. A file without times speaks for whole days.
    """
    inside, between = "false", list[Any]()
    if span is not None:
        low = datetime.combine(span.start, span.start_time or time.min)
        high = datetime.combine(span.end, span.end_time or time.max)
        at = "(day + coalesce(time, '00:00'))"
        inside = f"{at} > %s AND {at} < %s" if span.start_time is not None else f"{at} BETWEEN %s AND %s"
        inside, between = f"(day BETWEEN %s AND %s AND {inside})", [span.start, span.end, low, high]
    cursor.execute(
        f"""UPDATE {ORDERS} SET superseded_by_id = %s
        WHERE source_id = %s AND superseded_by_id IS NULL AND ({inside} OR {NAMED})""",
        [run.pk, source.pk, *between],
    )
    cursor.execute(
        f"""SELECT count(*), count(*) FILTER (WHERE reference IN (SELECT reference FROM stage_order)),
            min(day), max(day)
        FROM {ORDERS} WHERE superseded_by_id = %s""",
        [run.pk],
    )
    count, back, first, last = cursor.fetchone()
    if count:
        refuse_vanishing(run, gone=count - back, back=back, start=first, end=last)
    return _Replaced(count, count - back, [day for day in (first, last) if day])


@dataclass(frozen=True)
class _Replaced:
    """How many orders a file replaced, how many of them it does not hold, the first and last of their days."""

    count: int
    gone: int
    days: list[date]

    def told(self, cursor: Any, run: ImportRun) -> list[Sentence]:
        if self.gone:
            return [sentence(_GONE, count=self.count, gone=self.gone, sum=float(_money_gone(cursor, run)))]
        return [sentence(_REPLACED, count=self.count)] if self.count else []


_REPLACED = gettext_noop(
    "Orders already known that this file replaced: %(count)s; undoing it brings them back."
)
_GONE = gettext_noop(
    "Orders already known that this file replaced: %(count)s, of which it no longer holds %(gone)s: these count no "
    "more, %(sum)s of sales less cancellations. Undoing it brings them back."
)


def _money_gone(cursor: Any, run: ImportRun) -> Decimal:
    cursor.execute(
        f"""SELECT coalesce(sum(l.amount), 0) FROM {ORDERS} o JOIN {LINES} l ON l.order_id = o.id
        WHERE o.superseded_by_id = %s AND l.kind IN (0, 1)
          AND o.reference NOT IN (SELECT reference FROM stage_order)""",
        [run.pk],
    )
    return Decimal(cursor.fetchone()[0])


def _insert_orders(cursor: Any, source: Source, run: ImportRun) -> None:
    cursor.execute(
        f"""INSERT INTO {ORDERS} (id, source_id, run_id, reference, day, time, customer, is_credit)
        SELECT id, %s, %s, reference, at::date, nullif(at::time, '00:00'), customer, is_credit
        FROM stage_order ORDER BY id""",
        [source.pk, run.pk],
    )
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks put off to the commit would pile up in memory
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _insert_lines(cursor: Any, stage: str, columns: set[str], dimensions: list[str]) -> None:
    map_segments(cursor, stage, dimensions)
    product = "upper(trim(coalesce(s.product, '')))" if "product" in columns else "''"
    if "label" not in columns:
        cursor.execute(f"ALTER TABLE {stage} ADD label text")
    label = "trim(coalesce(s.label, ''))"
    cursor.execute(
        f"""INSERT INTO {LINES}
            (order_id, position, segment_id, kind, product, label, quantity, unit_price, amount)
        SELECT o.id, s.line, m.segment_id, {kind_sql("s", "o.gives_back", stage)}, left({product}, 120),
               left({label}, 300), s.quantity, s.unit_price, s.quantity * s.unit_price
        FROM {stage} s JOIN stage_order o ON o.reference = s.order_id AND o.part = s.part
        JOIN stage_segment m ON m.key = {dimension_key(dimensions)}""",
        [],
    )
