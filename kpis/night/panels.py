"""Daily figures as arrays, days × scopes: what a night reads once, freezes, and computes every gap from."""

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.calendar import Period
from kpis.coverage import Days
from kpis.models import Aggregation
from kpis.segments import WHOLE

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _sum(days: Floats, _known: Bools) -> Floats:
    total: Floats = np.nansum(days, axis=0)
    return total


def _first(days: Floats, known: Bools) -> Floats:
    found: Floats = days[np.argmax(known, axis=0), np.arange(days.shape[1])]
    return found


def _last(days: Floats, known: Bools) -> Floats:
    return _first(days[::-1], known[::-1])


def _least(days: Floats, known: Bools) -> Floats:
    least: Floats = np.where(known, days, np.inf).min(axis=0)
    return least


def _most(days: Floats, known: Bools) -> Floats:
    return -_least(-days, known)


# How the known days of a period become one value, by the measure's aggregation over time (a mean needs weights too).
_PUT_TOGETHER: Mapping[str, Callable[[Floats, Bools], Floats]] = {
    Aggregation.FIRST: _first,
    Aggregation.LAST: _last,
    Aggregation.MIN: _least,
    Aggregation.MAX: _most,
}


@dataclass(frozen=True)
class Daily:
    """One measure reference: ``value`` and ``weight`` n × s (NaN = unknown day), ``peak`` n × s or None.

    ``keys`` are the s scopes as segment keys; ``first`` is the date of row 0.
    """

    first: date
    keys: tuple[str, ...]
    over_time: str
    value: Floats
    weight: Floats | None = None
    peak: Floats | None = None

    def rows(self, period: Period) -> slice:
        low = max((period.start - self.first).days, 0)
        return slice(low, max((period.end - self.first).days + 1, low))

    def holds(self, period: Period) -> bool:
        """True when the period lies inside the rows."""
        return period.start >= self.first and (period.end - self.first).days < len(self.value)

    def only(self, days: Days) -> "Daily":
        """The same with every other day unknown."""
        kept = mask(days, self.first, len(self.value))
        return self if kept.all() else replace(self, value=np.where(kept[:, None], self.value, np.nan))

    def over(self, period: Period) -> Floats:
        """The measure over a period, by scope (s); NaN where no day of it is known."""
        days = self.value[self.rows(period)]
        known = np.isfinite(days)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.where(known.any(axis=0), self._put_together(days, known, period), np.nan)
            return found

    def _put_together(self, days: Floats, known: Bools, period: Period) -> Floats:
        if not len(days):
            return np.full(self.value.shape[1], np.nan)
        if self.over_time == Aggregation.MEAN:
            weight = np.ones_like(days) if self.weight is None else self.weight[self.rows(period)]
            mean: Floats = np.nansum(days * weight, axis=0) / np.nansum(np.where(known, weight, 0), axis=0)
            return mean
        return _PUT_TOGETHER.get(self.over_time, _sum)(days, known)

    def pack(self) -> bytes:
        """Bytes that ``unpack`` reads back to the same; not compressed, which would cost more than it spares."""
        head = {"first": self.first.isoformat(), "keys": self.keys, "over_time": self.over_time}
        arrays = {"value": self.value, "weight": self.weight, "peak": self.peak}
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
        kept: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
        np.savez(buffer, head=text, **kept)
        return buffer.getvalue()


def unpack(payload: bytes) -> Daily:
    with np.load(io.BytesIO(payload)) as archive:
        head = json.loads(archive["head"].tobytes())
        arrays = {name: archive[name] for name in ("value", "weight", "peak") if name in archive}
    return Daily(date.fromisoformat(head["first"]), tuple(head["keys"]), head["over_time"], **arrays)


def mask(days: Days, first: date, n: int) -> Bools:
    """Which of the n days from ``first`` on are among these."""
    found = np.zeros(n, dtype=bool)
    for low, high in days.within(first, first + timedelta(days=n - 1)).ranges:
        found[(low - first).days : (high - first).days + 1] = True
    return found


def common_keys(daily: Iterable[Daily]) -> tuple[str, ...]:
    """The scopes all of them know, the whole first."""
    known = [set(d.keys) for d in daily]
    return tuple(sorted(set.intersection(*known), key=lambda key: (key != WHOLE, key))) if known else ()


def pick(daily: Daily, keys: Sequence[str]) -> Daily:
    """The same measure for these scopes, in this order; a scope it does not know is unknown (NaN)."""
    place = {key: i for i, key in enumerate(daily.keys)}
    at = [place.get(key, -1) for key in keys]
    unknown = np.array([i < 0 for i in at], dtype=bool)

    def columns(a: Floats | None) -> Floats | None:
        if a is None or not a.shape[1]:
            return None if a is None else np.full((len(a), len(at)), np.nan)
        return np.where(unknown, np.nan, a[:, at])

    value = columns(daily.value)
    assert value is not None  # the value is never None
    return Daily(daily.first, tuple(keys), daily.over_time, value, columns(daily.weight), columns(daily.peak))


def window(as_of: date, first_known: date | None, days: int = 3 * 366 + 31) -> date:
    """First day worth reading for a night: three years and a month back, or the first day known."""
    start = as_of - timedelta(days=days - 1)
    return max(start, first_known) if first_known else start
