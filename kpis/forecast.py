"""What is expected: of a day, of a week or a month to date, for all scopes of an indicator at once.

The night calls, for each indicator (signatures are kept stable):

    from kpis.expectation.types import Calendar, History, Panel, Policy, Span, Verdict
    from kpis.signals import judge

    panel = Panel(days, y, w=None, top=None, calendar=Calendar(holidays, events, open_weekdays),
                  partial=False, total=0)
    verdicts = judge(panel, spans, histories={}, policy=Policy())
    # judge(panel: Panel, spans: Sequence[Span], histories: Mapping[str, History] | None = None,
    #       policy: Policy = Policy()) -> dict[Span, list[Verdict]]   (one Verdict per column of y)

    spans = [Span("day", as_of, as_of), Span("week", monday, as_of), Span("month", first, as_of)]

A span is judged by what was known before its first day; days after it are not looked at. For what does not add up
over days (distinct customers), `histories[grain]` gives values of past periods, trimmed to the same elapsed days;
the daily y is then only used for its shape. `expect` gives the range alone. Pure numpy, no Django, no database.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from kpis.expectation import ranges
from kpis.expectation.closures import closed_days, unused_days
from kpis.expectation.design import Design, build
from kpis.expectation.fit import Curve, fit
from kpis.expectation.level import Track, block_variance, carried, predicted, track
from kpis.expectation.types import Bools, Floats, History, Panel, Span

MIN_KNOWN = 14  # used days under which nothing is expected
RATIO_PRIOR = 0.05  # prior sd (log) of distinct / sum of daily distincts
RATIO_MEMORY = 12  # past periods


@dataclass(frozen=True)
class Outlook:
    """Expectation of one span, by series (s): value and expected in the indicator's unit, sd, skew, df of the error.

    known: the span has known days and enough history. open: days of the span on which something was expected.
    """

    value: Floats
    expected: Floats
    sd: Floats
    skew: Floats
    df: Floats
    known: Bools
    open: Floats

    def bound(self, z: float) -> Floats:
        """The value z deviations away (signed), widened for short histories."""
        t = ranges.student(z, self.df)
        return ranges.bound(self.expected, self.sd, self.skew, t)

    def score(self) -> Floats:
        """How many deviations away the value is."""
        return ranges.score(self.value, self.expected, self.sd, self.skew)


@dataclass(frozen=True)
class Origin:
    """A panel as known before row `rows`: the fitted curve, the level track, and which days are closed."""

    panel: Panel
    rows: int
    design: Design
    curve: Curve
    track: Track
    closed: Bools
    precision: Floats
    used: Floats


def at(panel: Panel, day: date) -> int:
    """Row of a day."""
    return int((np.datetime64(day, "D") - panel.days[0]).astype(np.int64))


def without_partial(panel: Panel) -> Panel:
    """The panel without its incomplete last day."""
    if not panel.partial:
        return panel
    cut = [None if a is None else a[:-1] for a in (panel.w, panel.top)]
    return Panel(panel.days[:-1], panel.y[:-1], cut[0], cut[1], panel.calendar, False, panel.total)


def _precision(panel: Panel, rows: int) -> Floats:
    """n × s: how precise a day is, about 1: days with small denominators say less."""
    if panel.w is None:
        return np.ones(panel.y.shape)
    w = np.where(np.isfinite(panel.w) & (panel.w > 0), panel.w, np.nan)
    with np.errstate(all="ignore"):
        unit = w / np.nan_to_num(np.nanmean(w[:rows], axis=0), nan=1.0)
    return np.nan_to_num(2 * unit / (unit + 1), nan=1.0)


def origin(panel: Panel, rows: int, closed: Bools) -> Origin:
    """Fits what is known of the panel before row `rows`."""
    design = build(panel.days, panel.calendar)
    y, precision = panel.y[:rows], _precision(panel, rows)
    use = np.isfinite(y) & ~unused_days(panel, closed, rows)
    if panel.w is not None:
        use &= np.nan_to_num(panel.w[:rows]) > 0
    curve = fit(design, y, use, precision[:rows])
    followed = track(curve, y, use, precision[:rows], design.seasonal)
    return Origin(panel, rows, design, curve, followed, closed, precision, use.sum(axis=0).astype(float))


def outlook(o: Origin, span: Span) -> Outlook:
    """Expectation of a span that starts at the origin's row or later, over its known days."""
    panel, first, last = o.panel, at(o.panel, span.start), at(o.panel, span.end) + 1
    days, h = slice(first, last), last - first
    known = np.isfinite(panel.y[days])
    weight = np.ones(known.shape) if panel.w is None else np.nan_to_num(panel.w[days])
    mass = np.where(known & ~o.closed[days], weight, 0.0)
    level = (o.track.level[-1] * carried(o.track.keep, h))[None]
    mean = predicted(o.curve, level, days) * mass
    base = o.curve.base[days] * np.where(o.curve.log, np.exp(level), 1.0) * mass
    mean = mean + base * o.track.bias
    sigma = np.sqrt(o.track.variance / o.precision[days]) * base
    total_mass = mass if panel.w is None else np.where(known, weight, 0.0)
    drift = block_variance(o.curve, o.track, _typical_mass(o), max(h, 1), o.design.seasonal)
    variance = (sigma**2).sum(axis=0) + drift * base.sum(axis=0) ** 2
    sd = np.sqrt(np.maximum(variance, 1e-18))
    skew = (sigma**3).sum(axis=0) * o.track.skew / sd**3
    unit = 1.0 if panel.w is None else np.maximum(total_mass.sum(axis=0), 1e-12)
    value = (np.nan_to_num(panel.y[days]) * np.where(known, weight, 0)).sum(axis=0)
    ok = (np.where(known, weight, 0) > 0).any(axis=0) & (o.used >= MIN_KNOWN)
    return Outlook(
        value / unit,
        mean.sum(axis=0) / unit,
        sd / unit,
        skew,
        o.track.df,
        ok,
        (mass > 0).sum(axis=0).astype(float),
    )


def _typical_mass(o: Origin) -> Floats:
    """rows × s: the weights past days had in their totals; closed and unknown days count for nothing."""
    past = slice(0, o.rows)
    weight = np.ones(o.panel.y[past].shape) if o.panel.w is None else np.nan_to_num(o.panel.w[past])
    return np.where(np.isfinite(o.track.error), weight, 0.0)


def from_history(o: Origin, daily: Outlook, history: History) -> Outlook:
    """The outlook of a period that is not the sum of its days.

    The period's value over the same span's daily aggregate is a stable proportion (customers buy on several days):
    its past values carry the daily expectation over to the period, XmR limits of that proportion widen it.
    """
    sums = np.array([outlook(o, span).value for span in history.spans[-RATIO_MEMORY:]])
    with np.errstate(all="ignore"):
        ratio = history.values[-RATIO_MEMORY:] / sums
    ratio = np.where(np.isfinite(ratio) & (sums != 0), ratio, np.nan)
    m = np.isfinite(ratio).sum(axis=0)
    with np.errstate(all="ignore"):
        centre = np.nan_to_num(np.nanmedian(ratio, axis=0)) if len(ratio) else np.zeros(len(m))
        moving = (
            np.nanmean(np.abs(np.diff(ratio, axis=0)), axis=0) / 1.128 if len(ratio) > 1 else np.zeros(len(m))
        )
    relative = np.nan_to_num(moving) / np.where(centre == 0, 1.0, np.abs(centre))
    proportion = (m * relative**2 + 2 * RATIO_PRIOR**2) / (m + 2)
    sd = np.sqrt((daily.sd * centre) ** 2 + proportion * (daily.expected * centre) ** 2)
    known = daily.known & np.isfinite(history.current) & (m >= 2) & (centre != 0)
    return Outlook(
        np.nan_to_num(history.current), daily.expected * centre, sd, daily.skew, np.minimum(daily.df, m + 2.0), known,
        daily.open,
    )  # fmt: skip
