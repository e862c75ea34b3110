"""Step ④: a value held against target, last year and expectation, for every scope of an indicator at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from base.calendar import CalendarRules, Grain, Period, period_of, to_date
from kpis.catalogue import Catalogue
from kpis.comparisons import Pair, compare, trim
from kpis.expectation.types import Calendar, History, Panel, Span, Verdict
from kpis.formula import Node, Ref, denominator, evaluate_arrays
from kpis.models import Direction, Gap, Indicator, Signal, Status
from kpis.panels import Daily, Floats, common_keys, pick
from kpis.segments import WHOLE, ensure_segments
from kpis.shapes import adds_up, has_distinct, leading, money_per_unit
from kpis.signals import judge
from kpis.targets import Bounds, TargetBook

SPARK_DAYS = 60
# A scope weighs in when it carries this share of the whole over the last year; the largest few per dimension do.
MIN_SHARE = 0.02
MOST_SCOPES = 12
DEFAULT_AMBER, DEFAULT_RED = 0.02, 0.05
TO_DATE = {"wtd": "week", "mtd": "month"}


@dataclass(frozen=True)
class Night:
    """What all indicators of a night share."""

    as_of: date
    rules: CalendarRules
    calendar: Calendar
    partial: bool
    catalogue: Catalogue
    targets: TargetBook
    # Values that no sum of days gives (distinct customers): (indicator, period) → segment key → value.
    counted: Mapping[tuple[str, Period], Mapping[str, float]] = field(default_factory=dict)

    def periods(self) -> dict[str, Period]:
        """The periods a night looks at: the day, the week and month to date, and the last whole week and month."""
        day = Period(self.as_of, self.as_of)
        return {
            "day": day,
            "wtd": to_date(Grain.WTD, self.as_of, self.rules),
            "week": last_whole(Grain.WEEK, self.as_of, self.rules),
            "mtd": to_date(Grain.MTD, self.as_of, self.rules),
            "month": last_whole(Grain.MONTH, self.as_of, self.rules),
        }


def like_for_like(night: Night, code: str, name: str, grain: str, period: Period) -> Pair | None:
    """The two periods of a comparison on the days both sides know; None where there is nothing alike."""
    pair = compare(name, Grain(grain), period, night.rules, night.as_of)
    known = night.catalogue.spoken_for(code)
    trimmed = trim(pair, known, known) if isinstance(pair, Pair) else pair
    return trimmed if isinstance(trimmed, Pair) else None


def last_whole(grain: Grain, as_of: date, rules: CalendarRules) -> Period:
    """The last period of the grain that has ended by ``as_of``."""
    current = period_of(grain, as_of, rules)
    return current if current.end == as_of else period_of(grain, current.start - timedelta(days=1), rules)


@dataclass(frozen=True)
class Figure:
    """One indicator of one night, as arrays over its scopes."""

    night: Night
    indicator: Indicator
    formula: Node
    keys: tuple[str, ...]
    daily: Mapping[Ref, Daily]

    def over(self, period: Period) -> Floats:
        """Values by scope; NaN where unknown."""
        if has_distinct(self.night.catalogue, self.indicator.code):
            counted = self.night.counted.get((self.indicator.code, period), {})
            return np.array([counted.get(key, np.nan) for key in self.keys])
        return self.evaluated(self.formula, period)

    def against(self, name: str, grain: str, period: Period) -> tuple[Floats, Floats]:
        """(reference, current) values of a comparison, both on the days that both sides know; NaN without any."""
        pair = like_for_like(self.night, self.indicator.code, name, grain, period)
        if pair is None:
            nothing = np.full(len(self.keys), np.nan)
            return nothing, nothing
        return self.over(pair.reference), self.over(pair.current)

    def known_part(self, period: Period) -> Period | None:
        """The period as far as it is known, when that is without holes: a target is read over the same days."""
        ranges = self.night.catalogue.spoken_for(self.indicator.code).within(period.start, period.end).ranges
        return Period(*ranges[0]) if len(ranges) == 1 else None

    def evaluated(self, node: Node, period: Period) -> Floats:
        values = evaluate_arrays(node, lambda ref: self._over(ref, period))
        return np.broadcast_to(np.asarray(values, dtype=np.float64), (len(self.keys),))

    def _over(self, ref: Ref, period: Period) -> Floats:
        daily = self.daily[ref]
        return daily.over(period) if daily.holds(period) else np.full(len(self.keys), np.nan)

    def whole_days(self, period: Period) -> int:
        """Days of the period for which every measure is known, on the whole."""
        refs = self.night.catalogue.refs(self.indicator.code)
        found = [self.daily[ref] for ref in refs]
        known = [np.isfinite(d.value[d.rows(period), :1]).all(axis=1) for d in found]
        return int(np.logical_and.reduce(known).sum()) if known else 0


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
    """The daily series of the indicator: what adds up as such, a ratio with its denominator as weight."""
    some = next(iter(figure.daily.values()))
    shape = some.value.shape

    def series(node: Node) -> Floats:
        values = evaluate_arrays(node, lambda ref: figure.daily[ref].value)
        return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).copy()

    code, catalogue = figure.indicator.code, figure.night.catalogue
    below = denominator(figure.formula)
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


PAST = {"wtd": 26, "mtd": 18}


def past_periods(grain: str, as_of: date, rules: CalendarRules) -> list[Period]:
    """The periods before the running one, oldest first, each cut to the days elapsed in the running one."""
    running = to_date(Grain(grain), as_of, rules)
    whole, past = Grain(TO_DATE[grain]), list[Period]()
    day = running.start - timedelta(days=1)
    for _n in range(PAST[grain]):
        period = period_of(whole, day, rules)
        past.append(period.first(min(running.days, period.days)))
        day = period.start - timedelta(days=1)
    return past[::-1]


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


def number(value: float | np.floating | None) -> float | None:
    """A finite float rounded to twelve significant places below one, or None."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), 10)


def _spark(panel: Panel) -> list[float | None]:
    return [number(v) for v in panel.y[-SPARK_DAYS:, 0]]


def relative(value: float | None, reference: float | None) -> float | None:
    """(value − reference) ÷ |reference|; None without a reference or with one of 0."""
    if value is None or not reference:
        return None
    return (value - reference) / abs(reference)


def status_of(indicator: Indicator, value: float | None, bounds: Bounds | None) -> Status:
    """Where a value stands against its target, by the indicator's thresholds."""
    if value is None or bounds is None:
        return Status.NONE
    low = float(bounds.value)
    if bounds.high is not None:
        return _within(value, low, float(bounds.high))
    off = relative(value, low)
    if off is None:
        return Status.NONE
    amber = abs(float(indicator.amber)) if indicator.amber is not None else DEFAULT_AMBER
    red = abs(float(indicator.red)) if indicator.red is not None else DEFAULT_RED
    bad = (
        abs(off)
        if indicator.direction == Direction.RANGE
        else (off if indicator.direction == Direction.DOWN else -off)
    )
    return Status.RED if bad >= red else Status.AMBER if bad >= amber else Status.GOOD


def _within(value: float, low: float, high: float) -> Status:
    """Inside the bounds is good; beyond them by more than a twentieth of the nearer bound is red."""
    if low <= value <= high:
        return Status.GOOD
    bound = low if value < low else high
    return Status.RED if abs(value - bound) > abs(bound) * DEFAULT_RED else Status.AMBER
