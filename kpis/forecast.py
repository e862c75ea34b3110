"""What is expected: of a day, of a week or a month to date, for all scopes of an indicator at once.

The night calls, for each indicator (signatures are kept stable):

    from kpis.expectation.types import Calendar, History, Panel, Policy, Span, Verdict
    from kpis.signals import judge

    panel = Panel(days, y, w=None, top=None, calendar=Calendar(holidays, events, open_weekdays),
                  partial=False, total=0)
    verdicts = judge(panel, spans, histories={}, policy=Policy())
    # dict[Span, list[Verdict]], one Verdict per column of y

    spans = [Span("day", as_of, as_of), Span("week", monday, as_of), Span("month", first, as_of)]

A span is judged by what was known before its first day; days after it are not looked at. For what does not
add up over days (distinct customers), `histories[grain]` gives values of past periods, trimmed to the same
elapsed days; the daily y is then only used for its shape. Pure numpy, no Django, no database.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TypeAlias

import numpy as np

from kpis.expectation import ranges
from kpis.expectation.closures import closed_days, unused_days
from kpis.expectation.design import Design, design_of
from kpis.expectation.fit import Curve, Fit, fingerprint, fit, median
from kpis.expectation.fit import curve as curve_of
from kpis.expectation.level import Blocks, Past, Track, blocks, carried, lifted, past, track
from kpis.expectation.types import Bools, Floats, History, Panel, Span

MIN_KNOWN = 14  # used days under which nothing is expected
SHARED_FROM = 400  # days from which all spans of a night share one fit (their own levels, one calendar)
TYPICAL = 28  # days: what a usual day is
RATIO_PRIOR = 0.05  # prior sd (log) of distinct / sum of daily distincts
RATIO_MEMORY = 12  # past periods
ORDER_CAP = 1.5  # times the usual largest order: more than that of one order is no part of the baseline


Fits: TypeAlias = MutableMapping[str, Fit]


@dataclass(frozen=True)
class Model:
    """A panel fitted on its first days: calendar curve, level track, which days are closed, which were used."""

    panel: Panel
    design: Design
    curve: Curve
    track: Track
    closed: Bools
    precision: Floats
    mass: Floats
    used: Floats

    @cached_property
    def past(self) -> Past:
        """Closed, left-out and unknown days count for nothing."""
        rows = len(self.track.error)
        mass = np.where(np.isfinite(self.track.error), self.mass[:rows], 0.0)
        return past(self.curve, self.panel.y[:rows], mass)


@dataclass(frozen=True)
class Outlook:
    """Expectation of one span, by series (s): value and expected in the indicator's unit; error's sd, skew, df.

    known: the span has known days and enough history. open: days of the span on which something was expected.
    weight: what turns the value into numerator units. error: (value − expected) relative to the expectation
    (to the scale where the link is additive). usual: the expectation of as many usual days, in numerator units.
    past: what past totals of as many days say.
    """

    value: Floats
    expected: Floats
    sd: Floats
    skew: Floats
    df: Floats
    known: Bools
    open: Floats
    weight: Floats
    error: Floats
    usual: Floats
    past: Blocks

    def bound(self, z: float | Floats) -> Floats:
        """The value z deviations away (signed), widened for short histories."""
        return ranges.bound(self.expected, self.sd, self.skew, ranges.student(z, self.df))

    def score(self) -> Floats:
        """How many deviations away the value is."""
        return ranges.score(self.value, self.expected, self.sd, self.skew)


def at(panel: Panel, day: date) -> int:
    """Row of a day."""
    return int((np.datetime64(day, "D") - panel.days[0]).astype(np.int64))


def without_partial(panel: Panel) -> Panel:
    """The panel without its incomplete last day."""
    if not panel.partial:
        return panel
    w, top = (None if a is None else a[:-1] for a in (panel.w, panel.top))
    return replace(panel, days=panel.days[:-1], y=panel.y[:-1], w=w, top=top, partial=False)


def models(panel: Panel, spans: Sequence[Span], fits: Fits | None = None) -> dict[Span, Model]:
    """A model for each span, made of what was known before it; long histories share one fit for all.

    The shared fit looks at nothing after the earliest span begins, so it is the same all month unless the past
    changes: `fits` (by fingerprint) spares it, and is left holding the one used.
    """
    closed = closed_days(panel)
    starts = {span: at(panel, span.start) for span in spans}
    if not starts:
        return {}
    if min(starts.values()) >= SHARED_FROM:
        shared = model(panel, closed, min(starts.values()), max(starts.values()), fits)
        return dict.fromkeys(spans, shared)
    own = {rows: model(panel, closed, rows, rows) for rows in set(starts.values())}
    return {span: own[rows] for span, rows in starts.items()}


def model(panel: Panel, closed: Bools, rows: int, until: int, fits: Fits | None = None) -> Model:
    """Fits the calendar on the first `rows` days and follows the level over the first `until`."""
    design = design_of(panel.days, panel.calendar)
    y, precision = _baseline(panel, rows, until), _precision(panel, rows)
    use = np.isfinite(y) & ~unused_days(panel, closed, until)
    if panel.w is not None:
        use &= np.nan_to_num(panel.w[:until]) > 0
    curve = curve_of(design, _fitted(design, y[:rows], use[:rows], precision[:rows], fits))
    followed = track(curve, y, use, precision[:until], design.seasonal)
    weight = np.ones(panel.y.shape) if panel.w is None else np.nan_to_num(panel.w)
    mass = np.where(np.isfinite(panel.y) & ~closed, weight, 0.0)
    return Model(panel, design, curve, followed, closed, precision, mass, use.sum(axis=0).astype(float))


def _fitted(design: Design, y: Floats, use: Bools, precision: Floats, fits: Fits | None) -> Fit:
    if fits is None:
        return fit(design, y, use, precision)
    name = fingerprint(design, y, use, precision)
    found = fits.get(name) or fit(design, y, use, precision)
    fits.clear()
    fits[name] = found
    return found


def _baseline(panel: Panel, rows: int, until: int) -> Floats:
    """Values of the days up to `until` (until × s) without what single unheard-of orders put on them.

    What of a day's largest order exceeds ORDER_CAP times the usual largest of the first `rows` days (one exception in
    90 days is allowed for) is taken out: 77,000 ordered and cancelled within the hour is no part of what next week
    should be.
    """
    y = panel.y[:until]
    if panel.top is None or rows < TYPICAL:
        return y
    top, w = np.nan_to_num(panel.top[:until]), 1.0 if panel.w is None else np.nan_to_num(panel.w[:until])
    cap = ORDER_CAP * np.sort(top[:rows], axis=0)[-min(2 + rows // 90, rows)]
    amount = np.nan_to_num(y) * w
    # A day that is not above its median is left alone: what came in may have gone out again (net figures).
    over = np.maximum(amount - np.median(amount[:rows], axis=0), 0.0)
    extra = np.where(cap > 0, np.minimum(np.maximum(top - cap, 0.0), over), 0.0)
    return np.asarray(y - extra / np.maximum(w, 1e-12))


def _precision(panel: Panel, rows: int) -> Floats:
    """n × s: how precise a day is, about 1: days with small denominators say less."""
    if panel.w is None:
        return np.ones(panel.y.shape)
    w = np.where(np.isfinite(panel.w) & (panel.w > 0), panel.w, 0.0)
    mean = w[:rows].sum(axis=0) / np.maximum((w[:rows] > 0).sum(axis=0), 1)
    unit = w / np.where(mean > 0, mean, 1.0)
    return np.where(unit > 0, 2 * unit / (unit + 1), 1.0)


def outlook(m: Model, span: Span) -> Outlook:
    """Expectation of a span over its known days, from the level of its eve (of the last day followed, if sooner)."""
    panel, first, last = m.panel, at(m.panel, span.start), at(m.panel, span.end) + 1
    days, h = slice(first, last), last - first
    eve = min(first, len(m.track.error))
    mass, mu, base = m.mass[days], m.curve.mu[days], m.curve.base[days]
    mean, unit = lifted(m.curve, mu, base, (m.track.level[eve] * carried(m.track.keep, h))[None])
    expected = ((mean + unit * m.track.bias) * mass).sum(axis=0)
    sigma = np.sqrt(m.track.variance / m.precision[days]) * unit * mass
    past = blocks(m.curve, m.track, m.past, h, m.design.seasonal)
    sd = np.sqrt(np.maximum((sigma**2).sum(axis=0) + past.drift * (unit * mass).sum(axis=0) ** 2, 1e-18))
    present = np.where(
        np.isfinite(panel.y[days]), 1.0 if panel.w is None else np.nan_to_num(panel.w[days]), 0.0
    )
    weight = np.ones(mass.shape[1]) if panel.w is None else np.maximum(present.sum(axis=0), 1e-12)
    value = (np.nan_to_num(panel.y[days]) * present).sum(axis=0)
    return Outlook(
        value / weight, expected / weight, sd / weight, (sigma**3).sum(axis=0) * m.track.skew / sd**3, m.track.df,
        (present > 0).any(axis=0) & (m.used >= MIN_KNOWN), (mass > 0).sum(axis=0).astype(float), weight,
        (value - expected) / np.maximum((unit * mass).sum(axis=0), 1e-12), _usual(m, eve) * h, past,
    )  # fmt: skip


def _usual(m: Model, eve: int) -> Floats:
    """What the expectation of a usual day is, in numerator units: the mean of the last weeks, closed days included."""
    recent = slice(max(eve - TYPICAL, 0), eve)
    mean, _ = lifted(m.curve, m.curve.mu[recent], m.curve.base[recent], m.track.level[recent])
    return np.abs(mean * m.mass[recent]).mean(axis=0) if eve else np.zeros(m.mass.shape[1])


def from_history(m: Model, daily: Outlook, history: History) -> Outlook:
    """The outlook of a period that is not the sum of its days.

    The period's value over the same span's daily aggregate is a stable proportion (customers buy on several
    days): its past values carry the daily expectation over, XmR limits of that proportion widen it.
    """
    ratio = _proportions(m, history)
    count = np.isfinite(ratio).sum(axis=0)
    with np.errstate(all="ignore"):
        filled = np.where(np.isfinite(ratio), ratio, np.nan)
        centre = median(filled, 0.0)
        steps = np.abs(np.diff(filled, axis=0))
        moving = np.nansum(steps, axis=0) / np.maximum(np.isfinite(steps).sum(axis=0), 1) / 1.128
        relative = moving / np.where(centre == 0, 1.0, np.abs(centre))
    spread = (count * relative**2 + 2 * RATIO_PRIOR**2) / (count + 2)
    expected = daily.expected * centre
    known = daily.known & np.isfinite(history.current) & (count >= 2) & (expected != 0)
    value = np.nan_to_num(history.current)
    return replace(
        daily, value=value, expected=expected, sd=np.sqrt((daily.sd * centre) ** 2 + spread * expected**2),
        df=np.minimum(daily.df, count + 2.0), known=known, usual=daily.usual * np.abs(centre),
        error=(value - expected) / np.where(expected == 0, 1.0, np.abs(expected)),
    )  # fmt: skip


def _proportions(m: Model, history: History) -> Floats:
    """Past periods' values over the aggregate of their days (k × s), NaN where there is none."""
    spans, values = history.spans[-RATIO_MEMORY:], history.values[-RATIO_MEMORY:]
    daily = np.array([_aggregate(m.panel, span) for span in spans]).reshape(len(spans), m.panel.y.shape[1])
    with np.errstate(all="ignore"):
        return np.where(daily != 0, values / daily, np.nan)


def _aggregate(panel: Panel, span: Span) -> Floats:
    """What the days of a past span add up to: Σy, or Σyw/Σw."""
    days = slice(max(at(panel, span.start), 0), at(panel, span.end) + 1)
    known = np.isfinite(panel.y[days])
    weight = known * (1.0 if panel.w is None else np.nan_to_num(panel.w[days]))
    total = (np.nan_to_num(panel.y[days]) * weight).sum(axis=0)
    return np.asarray(total if panel.w is None else total / np.maximum(weight.sum(axis=0), 1e-12))
