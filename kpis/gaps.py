"""Step ④: a value held against target, last year and expectation, for every scope of an indicator at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import NamedTuple

import numpy as np

from base.calendar import Period
from kpis.expectation.types import History, Panel, Span, Verdict
from kpis.forecast import Fits
from kpis.formula import Node, Ref, counted, denominator, evaluate_arrays
from kpis.formula_traits import adds_up, has_distinct, leading, money_per_unit
from kpis.models import Indicator, Signal
from kpis.night.figure import TO_DATE, Figure, Night, past_periods
from kpis.night.panels import Daily, Floats, common_keys, pick
from kpis.night.target_status import status_of
from kpis.segments import WHOLE, ensure_segments, values_of
from kpis.signals import judge
from kpis.targets import Bounds

SPARK_DAYS = 60
# A scope weighs in when it carries this share of the whole over the last year; the largest few per dimension do.
MIN_SHARE = 0.02
MOST_SCOPES = 12


class Row(NamedTuple):
    """A gap as it is stored, but for its run and indicator."""

    segment_id: int
    grain: str
    start: date
    end: date
    value: float | None
    target: float | None
    target_high: float | None
    n1: float | None
    n1_now: float | None
    n1_comparable: float | None
    expected: float | None
    low: float | None
    high: float | None
    status: str
    signal: str
    rule: str
    unit_money: float | None
    days_present: int
    days_expected: int
    reason: str
    stale: bool
    spark: list[float | None] | None


def gaps_of(
    night: Night, indicator: Indicator, daily: Mapping[Ref, Daily], fits: Fits | None = None
) -> list[Row]:
    """Every gap of one indicator. One or two queries, for the segments' ids. `fits`: see `kpis.forecast.models`."""
    formula = night.catalogue.formula(indicator.code)
    daily = _like_for_like(night, indicator, daily)
    keys = common_keys(daily[ref] for ref in night.catalogue.refs(indicator.code))
    if not keys:
        return []
    whole = Figure(night, indicator, formula, keys, {ref: pick(d, keys) for ref, d in daily.items()})
    panel = _panel(whole)
    kept = scopes_worth(keys, panel)
    names = tuple(keys[i] for i in kept)
    figure = Figure(night, indicator, formula, names, {ref: pick(d, names) for ref, d in daily.items()})
    return _rows(figure, _part(panel, kept), fits)


def _like_for_like(night: Night, indicator: Indicator, daily: Mapping[Ref, Daily]) -> dict[Ref, Daily]:
    """The measures of an indicator on the days all of them have spoken for: one that lags must not distort a ratio."""
    spoken = night.catalogue.spoken_for(indicator.code)
    refs = night.catalogue.refs(indicator.code)
    return {ref: d.only(spoken) if ref in refs else d for ref, d in daily.items()}


def _part(panel: Panel, at: Sequence[int]) -> Panel:
    arrays = [None if a is None else a[:, at] for a in (panel.w, panel.top)]
    return Panel(panel.days, panel.y[:, at], arrays[0], arrays[1], panel.calendar, panel.partial, total=0)


def _panel(figure: Figure) -> Panel:
    """The daily series of the indicator: what adds up as such, a ratio with its denominator as weight,
    a percentile with all it counts.
    """
    some = next(iter(figure.daily.values()))
    shape = some.value.shape

    def series(node: Node) -> Floats:
        values = evaluate_arrays(node, lambda ref: figure.daily[ref].value)
        return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).copy()

    code, catalogue = figure.indicator.code, figure.night.catalogue
    below = denominator(figure.formula) or counted(figure.formula)
    weight = None
    if not adds_up(catalogue, code):
        weight = series(below) if below is not None else np.ones(shape)
    first = leading(figure.formula)
    peak = figure.daily[first].peak if first is not None else None
    days = np.datetime64(some.first, "D") + np.arange(shape[0])
    return Panel(
        days, series(figure.formula), weight, peak, figure.night.calendar, figure.night.partial, total=0
    )


def scopes_worth(keys: Sequence[str], panel: Panel) -> list[int]:
    """The whole, and the scopes of each dimension that carry a fair share of it over the last year."""
    mass = panel.y if panel.w is None else panel.w
    weight = np.nansum(np.abs(mass[-364:]), axis=0)
    total = weight[0] or 1.0
    kept, taken = [0], dict[str, int]()
    for i in sorted(range(1, len(keys)), key=lambda i: -weight[i]):
        dimension = keys[i].split(":", 1)[0]
        if weight[i] / total >= MIN_SHARE and taken.get(dimension, 0) < MOST_SCOPES:
            taken[dimension] = taken.get(dimension, 0) + 1
            kept.append(i)
    return sorted(kept)


def _rows(figure: Figure, panel: Panel, fits: Fits | None) -> list[Row]:
    periods = figure.night.periods()
    verdicts = _verdicts(figure, panel, periods, fits)
    factor = money_per_unit(figure.night.catalogue, figure.indicator.code)
    segments = ensure_segments([values_of(key) for key in figure.keys])
    rows: list[Row] = []
    for grain, period in periods.items():
        value = figure.over(period)
        worth = figure.evaluated(factor, period) if factor is not None else np.full(len(value), np.nan)
        n1, n1_now = figure.against("n1", grain, period)
        comparable, _now = figure.against("n1_comparable", grain, period)
        columns = _Columns(*map(_numbers, (value, n1, n1_now, comparable, worth)))
        part = _Part(figure, grain, period, figure.whole_days(period), _known(figure, grain, period))
        for i, key in enumerate(figure.keys):
            spark = _spark(panel) if grain == "day" and key == WHOLE else None
            rows.append(_row(part, i, segments[key], columns, verdicts[grain][i], spark))
    return rows


@dataclass(frozen=True)
class _Columns:
    """By scope, as they are stored."""

    value: list[float | None]
    n1: list[float | None]
    n1_now: list[float | None]
    comparable: list[float | None]
    worth: list[float | None]


@dataclass(frozen=True)
class _Part:
    """What all scopes of one period share: days known, and those a target is read over."""

    figure: Figure
    grain: str
    period: Period
    days: int
    known: Period | None


def _numbers(values: Floats) -> list[float | None]:
    """Finite floats rounded to ten decimals, or None."""
    return [v if isfinite(v) else None for v in np.round(values, 10).tolist()]


def _verdicts(
    figure: Figure, panel: Panel, periods: Mapping[str, Period], fits: Fits | None
) -> dict[str, Sequence[Verdict | None]]:
    """What day, week and month to date say; a whole week or month says the same when it ends tonight."""
    spans = {
        grain: Span(TO_DATE.get(grain, grain), periods[grain].start, periods[grain].end) for grain in _JUDGED
    }
    found = judge(_telling(figure, panel), list(spans.values()), _histories(figure, spans), fits=fits)
    blank: list[Verdict | None] = [None] * len(figure.keys)
    out: dict[str, Sequence[Verdict | None]] = {grain: found[span] for grain, span in spans.items()}
    for whole, running in (("week", "wtd"), ("month", "mtd")):
        out[whole] = out[running] if periods[whole] == periods[running] else blank
    return out


_JUDGED = ("day", "wtd", "mtd")


def _telling(figure: Figure, panel: Panel) -> Panel:
    """The panel without the days that say nothing of what is usual."""
    until = figure.novel_until()
    if until is None:
        return panel
    return replace(panel, y=np.where((panel.days < np.datetime64(until))[:, None], np.nan, panel.y))


def _histories(figure: Figure, spans: Mapping[str, Span]) -> dict[str, History]:
    """Values of past periods, trimmed to the days elapsed, for what does not add up over days."""
    if not has_distinct(figure.night.catalogue, figure.indicator.code):
        return {}
    out, until = {}, figure.novel_until()
    for grain in ("wtd", "mtd"):
        span = spans[grain]
        past = past_periods(grain, figure.night.as_of, figure.night.rules)
        known = [p for p in past if (figure.indicator.code, p) in figure.night.counted]
        known = [p for p in known if until is None or p.start >= until]
        if known:
            values = np.array([figure.over(p) for p in known])
            told = tuple(Span(span.grain, p.start, p.end) for p in known)
            running = Period(span.start, span.end)
            current = figure.over(running)
            # Customers of some days are not to be held against those of all that have elapsed.
            if figure.whole_days(running) < running.days:
                current = np.full_like(current, np.nan)
            out[span.grain] = History(told, values, current)
    return out


def _row(
    part: _Part,
    i: int,
    segment: int,
    columns: _Columns,
    verdict: Verdict | None,
    spark: list[float | None] | None,
) -> Row:
    figure, value = part.figure, columns.value[i]
    bounds = _target(part, figure.keys[i])
    told = _Told() if verdict is None else _tell(verdict)
    return Row(
        segment_id=segment,
        grain=part.grain,
        start=part.period.start,
        end=part.period.end,
        value=value,
        target=float(bounds.value) if bounds else None,
        target_high=float(bounds.high) if bounds and bounds.high is not None else None,
        n1=columns.n1[i],
        n1_now=columns.n1_now[i],
        n1_comparable=columns.comparable[i],
        expected=told.expected,
        low=told.low,
        high=told.high,
        status=status_of(figure.indicator, value, bounds),
        signal=told.signal,
        rule=told.rule,
        unit_money=columns.worth[i],
        days_present=part.days,
        days_expected=part.period.days,
        reason="no_data" if value is None else told.reason,
        stale=False,
        spark=spark,
    )


def _known(figure: Figure, grain: str, period: Period) -> Period | None:
    """The days a target is read over; a distinct count only has one for its own whole period."""
    return period if grain in ("week", "month") and _counts(figure) else figure.known_part(period)


def _target(part: _Part, key: str) -> Bounds | None:
    if part.known is None:
        return None
    own = part.grain in ("week", "month") and _counts(part.figure)
    targets = part.figure.night.targets
    return targets.bounds(part.figure.indicator.code, key, part.known, own_period_only=own)


def _counts(figure: Figure) -> bool:
    return has_distinct(figure.night.catalogue, figure.indicator.code)


class _Told(NamedTuple):
    """A verdict as it is stored."""

    expected: float | None = None
    low: float | None = None
    high: float | None = None
    signal: str = Signal.UNKNOWN
    rule: str = ""
    reason: str = ""


def _tell(verdict: Verdict) -> _Told:
    known = verdict.expected is not None
    signal = _SIGNALS.get(verdict.signal, Signal.NOISE) if known else Signal.UNKNOWN
    rule = ",".join(verdict.rules)[:30]
    return _Told(verdict.expected, verdict.low, verdict.high, signal, rule, str(verdict.reason))


_SIGNALS: dict[str, str] = {"high": Signal.HIGH, "low": Signal.LOW}


def _spark(panel: Panel) -> list[float | None]:
    return _numbers(panel.y[-SPARK_DAYS:, 0])
