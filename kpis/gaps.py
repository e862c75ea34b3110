"""Step ④: a value held against target, last year and expectation, for every scope of an indicator at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from base.calendar import Period
from kpis.expectation.types import History, Panel, Span, Verdict
from kpis.formula import Node, Ref, counted, denominator, evaluate_arrays
from kpis.models import Gap, Indicator, Signal
from kpis.night.figure import TO_DATE, Figure, Night, past_periods
from kpis.night.panels import Daily, Floats, common_keys, pick
from kpis.night.standing import number, status_of
from kpis.segments import WHOLE, ensure_segments
from kpis.shapes import adds_up, has_distinct, leading, money_per_unit
from kpis.signals import judge
from kpis.targets import Bounds

SPARK_DAYS = 60
# A scope weighs in when it carries this share of the whole over the last year; the largest few per dimension do.
MIN_SHARE = 0.02
MOST_SCOPES = 12


def gaps_of(night: Night, indicator: Indicator, daily: Mapping[Ref, Daily]) -> list[Gap]:
    """Every gap of one indicator, unsaved and without run. One or two queries, for the segments' ids."""
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
    return _rows(figure, _part(panel, kept))


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


def _rows(figure: Figure, panel: Panel) -> list[Gap]:
    periods = figure.night.periods()
    verdicts = _verdicts(figure, panel, periods)
    factor = money_per_unit(figure.night.catalogue, figure.indicator.code)
    segments = ensure_segments([json.loads(key) for key in figure.keys])
    rows: list[Gap] = []
    for grain, period in periods.items():
        value = figure.over(period)
        columns = _Columns(
            value,
            *figure.against("n1", grain, period),
            figure.against("n1_comparable", grain, period)[0],
            figure.evaluated(factor, period) if factor is not None else np.full(len(value), np.nan),
        )
        for i, key in enumerate(figure.keys):
            gap = _gap(figure, grain, period, i, columns, verdicts[grain][i])
            gap.segment_id = segments[key]
            gap.spark = _spark(panel) if grain == "day" and key == WHOLE else None
            rows.append(gap)
    return rows


@dataclass(frozen=True)
class _Columns:
    value: Floats
    n1: Floats
    n1_now: Floats
    comparable: Floats
    worth: Floats


def _verdicts(
    figure: Figure, panel: Panel, periods: Mapping[str, Period]
) -> dict[str, Sequence[Verdict | None]]:
    """What day, week and month to date say; a whole week or month says the same when it ends tonight."""
    spans = {
        grain: Span(TO_DATE.get(grain, grain), periods[grain].start, periods[grain].end) for grain in _JUDGED
    }
    found = judge(panel, list(spans.values()), _histories(figure, spans))
    blank: list[Verdict | None] = [None] * len(figure.keys)
    out: dict[str, Sequence[Verdict | None]] = {grain: found[span] for grain, span in spans.items()}
    for whole, running in (("week", "wtd"), ("month", "mtd")):
        out[whole] = out[running] if periods[whole] == periods[running] else blank
    return out


_JUDGED = ("day", "wtd", "mtd")


def _histories(figure: Figure, spans: Mapping[str, Span]) -> dict[str, History]:
    """Values of past periods, trimmed to the days elapsed, for what does not add up over days."""
    if not has_distinct(figure.night.catalogue, figure.indicator.code):
        return {}
    out = {}
    for grain in ("wtd", "mtd"):
        span = spans[grain]
        past = past_periods(grain, figure.night.as_of, figure.night.rules)
        known = [p for p in past if (figure.indicator.code, p) in figure.night.counted]
        if known:
            values = np.array([figure.over(p) for p in known])
            told = tuple(Span(span.grain, p.start, p.end) for p in known)
            out[span.grain] = History(told, values, figure.over(Period(span.start, span.end)))
    return out


def _gap(
    figure: Figure, grain: str, period: Period, i: int, columns: _Columns, verdict: Verdict | None
) -> Gap:
    value, key = number(columns.value[i]), figure.keys[i]
    bounds = _target(figure, key, grain, period)
    gap = Gap(
        indicator=figure.indicator,
        grain=grain,
        start=period.start,
        end=period.end,
        value=value,
        target=float(bounds.value) if bounds else None,
        target_high=float(bounds.high) if bounds and bounds.high is not None else None,
        n1=number(columns.n1[i]),
        n1_now=number(columns.n1_now[i]),
        n1_comparable=number(columns.comparable[i]),
        status=status_of(figure.indicator, value, bounds),
        unit_money=number(columns.worth[i]),
        days_present=figure.whole_days(period),
        days_expected=period.days,
        reason="" if value is not None else "no_data",
    )
    if verdict is not None:
        _tell(gap, verdict)
    return gap


def _target(figure: Figure, key: str, grain: str, period: Period) -> Bounds | None:
    """The target of a scope over the days known; a distinct count only has one for its own whole period."""
    own = grain in ("week", "month") and _counts(figure)
    known = period if own else figure.known_part(period)
    if known is None:
        return None
    return figure.night.targets.bounds(figure.indicator.code, key, known, own_period_only=own)


def _counts(figure: Figure) -> bool:
    return has_distinct(figure.night.catalogue, figure.indicator.code)


def _tell(gap: Gap, verdict: Verdict) -> None:
    gap.expected, gap.low, gap.high = verdict.expected, verdict.low, verdict.high
    gap.signal = _SIGNALS.get(str(verdict.signal), Signal.NOISE)
    gap.rule = ",".join(str(rule) for rule in verdict.rules)[:30]
    if verdict.expected is None:
        gap.signal = Signal.UNKNOWN
    gap.reason = gap.reason or str(verdict.reason)


_SIGNALS = {"high": Signal.HIGH, "low": Signal.LOW}


def _spark(panel: Panel) -> list[float | None]:
    return [number(v) for v in panel.y[-SPARK_DAYS:, 0]]
