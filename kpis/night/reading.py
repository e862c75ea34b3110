"""Reads every daily figure a night needs: one walk along the facts, each series sent as binary arrays.

Figures become floats here: verdicts need no cents. A driver that makes a Python number of each would take longer than
the database does to find them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from kpis.amounts import CUSTOMER_COUNTS, is_pooled
from kpis.catalogue import Catalogue
from kpis.formula import Ref
from kpis.models import Aggregation
from kpis.night.panels import Daily, Floats, mask
from kpis.segments import WHOLE, key_of
from kpis.segments_needed import plan_slots

_FACTS = """
SELECT w.number, f.* FROM unnest(%(cuts)s::bigint[], %(measures)s::bigint[], %(segments)s::bigint[], %(numbers)s::int[])
    AS w (cut_id, measure_id, segment_id, number)
CROSS JOIN LATERAL (
    SELECT array_send(array_agg(f.date - %(first)s::date)), array_send(array_agg(f.value::float8)), {more}
    FROM kpis_fact f WHERE f.cut_id = w.cut_id AND f.measure_id = w.measure_id AND f.segment_id = w.segment_id
      AND f.date BETWEEN %(first)s AND %(last)s HAVING count(*) > 0) f"""
_LEAN = "NULL::bytea, NULL::bytea"
_FULL = """array_send(array_agg(f.weight::float8)),
    CASE WHEN count(f.peak) > 0 THEN array_send(array_agg(coalesce(f.peak::float8, 'NaN'))) END"""
_CUSTOMERS = """
SELECT w.number, f.* FROM unnest(%(cuts)s::bigint[], %(segments)s::bigint[], %(numbers)s::int[], %(new)s::bool[])
    AS w (cut_id, segment_id, number, new)
CROSS JOIN LATERAL (
    SELECT array_send(array_agg(d.day)), array_send(array_agg(d.customers)), NULL::bytea, NULL::bytea
    FROM (SELECT f.date - %(first)s::date AS day,
                 (CASE WHEN w.new THEN count(*) FILTER (WHERE f.is_new) ELSE count(*) END)::float8 AS customers
          FROM kpis_customerday f WHERE f.cut_id = w.cut_id AND f.segment_id = w.segment_id
            AND f.date BETWEEN %(first)s AND %(last)s GROUP BY f.date) d HAVING count(*) > 0) f"""
_DAYS = np.dtype([("size", ">i4"), ("item", ">i4")])
_FLOATS = np.dtype([("size", ">i4"), ("item", ">f8")])
_HEADER = 20  # bytes before the items of a one-dimensional array


@dataclass
class _Wanted:
    """Series to read: the fact rows (cut, measure, segment) that are put together into each (number)."""

    cuts: list[int]
    measures: list[int]
    segments: list[int]
    numbers: list[int]

    def only(self, kept: Sequence[bool]) -> "_Wanted":
        parts = (self.cuts, self.measures, self.segments, self.numbers)
        return _Wanted(*(list(compress(part, kept)) for part in parts))


@dataclass
class _Series:
    """One reference in one scope, by day; NaN where no fact is."""

    ref: Ref
    key: str
    value: Floats
    weight: Floats | None = None
    peak: Floats | None = None


def read_daily(catalogue: Catalogue, refs: Iterable[Ref], first: date, last: date) -> dict[Ref, Daily]:
    """Every reference over the whole and along each single dimension, in at most three walks along the facts."""
    wanted, series = _plan(catalogue, set(refs), (last - first).days + 1)
    customers = [series[n].ref.code in CUSTOMER_COUNTS for n in wanted.numbers]
    full = [
        not c and _is_full(catalogue, series[n].ref) for c, n in zip(customers, wanted.numbers, strict=True)
    ]
    lean = [not (c or f) for c, f in zip(customers, full, strict=True)]
    for sql, kept in (
        (_FACTS.format(more=_LEAN), lean),
        (_FACTS.format(more=_FULL), full),
        (_CUSTOMERS, customers),
    ):
        for number, at, value, weight, peak in _rows(sql, wanted.only(kept), series, first, last):
            _put(series[number], catalogue, at, value, weight, peak)
    found: dict[Ref, list[_Series]] = {ref: [] for ref in refs}
    for one in series:
        if np.isfinite(one.value).any():
            found[one.ref].append(one)
    return {ref: _assemble(catalogue, ref, columns, first, last) for ref, columns in found.items()}


def _plan(catalogue: Catalogue, refs: set[Ref], n: int) -> tuple[_Wanted, list[_Series]]:
    wanted, series = _Wanted([], [], [], []), list[_Series]()
    for by in [(), *((name,) for name in catalogue.dimensions)]:
        plan = plan_slots(catalogue, refs, by)
        wanted.numbers += [len(series) + number for number in plan.numbers]
        wanted.cuts += plan.cuts
        wanted.measures += plan.measures
        wanted.segments += plan.segments
        for slot in plan.slots:
            key = key_of(dict(zip(by, slot.output, strict=True)))
            series.append(_Series(slot.ref, key, np.full(n, np.nan)))
    return wanted, series


def _is_full(catalogue: Catalogue, ref: Ref) -> bool:
    """Whether weights (of means) or largest orders (of order files) come with the values."""
    measure = catalogue.measures[ref.code]
    return (
        Aggregation.MEAN in (measure.over_time, measure.over_segments)
        or catalogue.cuts[ref.code][0].is_orders
    )


def _rows(
    sql: str, wanted: _Wanted, series: Sequence[_Series], first: date, last: date
) -> Iterator[tuple[int, Any, Any, Any, Any]]:
    if not wanted.numbers:
        return
    parameters = {
        "first": first,
        "last": last,
        "cuts": wanted.cuts,
        "measures": wanted.measures,
        "segments": wanted.segments,
        "numbers": wanted.numbers,
        "new": [series[n].ref.code == "new_customers" for n in wanted.numbers],
    }
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        for number, at, *sent in cursor.stream(sql, parameters, binary=True):
            value, weight, peak = (None if raw is None else _items(raw, _FLOATS) for raw in sent)
            yield number, _items(at, _DAYS), value, weight, peak


def _items(raw: bytes, kind: np.dtype[Any]) -> Any:
    """What PostgreSQL sent of an array without nulls."""
    return np.frombuffer(raw, dtype=kind, offset=_HEADER)["item"].astype(kind["item"].newbyteorder("="))


def _put(
    series: _Series, catalogue: Catalogue, at: Any, value: Floats, weight: Floats | None, peak: Floats | None
) -> None:
    """Add the days of one fact series, as segments of the measure are put together; days are there once each."""
    over = catalogue.measures[series.ref.code].over_segments
    together = {Aggregation.MIN: np.fmin, Aggregation.MAX: np.fmax}.get(Aggregation(over), _plus)
    series.value[at] = together(series.value[at], value)
    if weight is not None:
        series.weight = _blank_like(series.weight, series.value)
        series.weight[at] = _plus(series.weight[at], weight)
    if peak is not None:
        series.peak = _blank_like(series.peak, series.value)
        series.peak[at] = np.fmax(series.peak[at], peak)


def _plus(known: Floats, more: Floats) -> Floats:
    return np.where(np.isnan(known), more, known + more)


def _blank_like(found: Floats | None, value: Floats) -> Floats:
    return np.full(len(value), np.nan) if found is None else found


def _assemble(catalogue: Catalogue, ref: Ref, series: Iterable[_Series], first: date, last: date) -> Daily:
    """Columns side by side, the whole first; inside coverage a sum is 0 where no fact is."""
    n, measure = (last - first).days + 1, catalogue.measures[ref.code]
    columns = sorted(series, key=lambda one: (one.key != WHOLE, one.key))
    value = _stack([one.value for one in columns], n)
    weights = _stack([_blank_like(one.weight, one.value) for one in columns], n)
    if measure.over_segments == Aggregation.MEAN:
        value = value / weights
    if measure.over_time in (Aggregation.SUM, Aggregation.DISTINCT):
        value = np.where(np.isnan(value), 0.0, value)
    value[~mask(catalogue.spoken(ref.code), first, n)] = np.nan
    peak = None
    if any(one.peak is not None for one in columns):
        peak = _stack([_blank_like(one.peak, one.value) for one in columns], n)
    keys = tuple(one.key for one in columns)
    return Daily(first, keys, str(measure.over_time), value, weights if is_pooled(measure) else None, peak)


def _stack(columns: Sequence[Floats], n: int) -> Floats:
    return np.column_stack(columns) if columns else np.empty((n, 0))
