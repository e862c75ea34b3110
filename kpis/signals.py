"""Signal or noise: process behaviour charts (Wheeler) and the nightly verdict on a period.

XmR constants: natural process limits = mean ± 2.66 × mean moving range, upper range limit 3.268 × it; with medians
3.145 and 3.865 (domain.md; Wheeler, "Understanding Variation"; xmrit.com's manual).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kpis.expectation.closures import closed_days
from kpis.expectation.ranges import Z95
from kpis.expectation.types import Floats, History, Panel, Policy, Reason, Rule, Signal, Span, Verdict
from kpis.forecast import Origin, Outlook, at, from_history, origin, outlook, without_partial

PROVISIONAL = 12  # points under which limits are provisional
DEFAULT = Policy()


@dataclass(frozen=True)
class Limits:
    """Natural process limits of a run of values. `range_limit` bounds the moving range."""

    centre: float
    low: float
    high: float
    range_limit: float
    points: int

    @property
    def provisional(self) -> bool:
        """Under 12 points the limits will still move."""
        return self.points < PROVISIONAL


def xmr(values: Floats, *, median: bool = False, since: int = 0) -> Limits | None:
    """XmR limits of the known values from index `since` on (rebased after an understood change); None under 2."""
    x = np.asarray(values, float)[since:]
    x = x[np.isfinite(x)]
    if len(x) < 2:
        return None
    moving = np.abs(np.diff(x))
    centre, mr = (np.median(x), np.median(moving)) if median else (x.mean(), moving.mean())
    reach, upper = (3.145, 3.865) if median else (2.66, 3.268)
    return Limits(
        float(centre), float(centre - reach * mr), float(centre + reach * mr), float(upper * mr), len(x)
    )


def wheeler(values: Floats, limits: Limits) -> tuple[Rule, ...]:
    """Which of the three rules the last known value completes."""
    x = np.asarray(values, float)
    x = x[np.isfinite(x)] - limits.centre
    if not len(x) or limits.high <= limits.low:
        return ()
    side = np.sign(x[-1])
    near = np.abs(x) > (limits.high - limits.centre) / 2
    found = {
        Rule.LIMITS: abs(x[-1]) > limits.high - limits.centre,
        Rule.NEAR_LIMIT: len(x) >= 4
        and (near[-4:] & (np.sign(x[-4:]) == side)).sum() >= 3
        and bool(near[-1]),
        Rule.RUN: len(x) >= 8 and side != 0 and bool((np.sign(x[-8:]) == side).all()),
    }
    return tuple(rule for rule, hit in found.items() if hit)


def judge(
    panel: Panel,
    spans: Sequence[Span],
    histories: Mapping[str, History] | None = None,
    policy: Policy = DEFAULT,
) -> dict[Span, list[Verdict]]:
    """The verdict on each span, for each column of the panel (in its order).

    The incomplete last day is left out: a span that ends on it is judged to the day before; a span made of it alone
    gets reason PARTIAL. Raises nothing on missing data: such verdicts carry None and a reason.
    """
    whole = without_partial(panel)
    closed = closed_days(whole)
    origins: dict[int, Origin] = {}
    out: dict[Span, list[Verdict]] = {}
    for span in spans:
        end = min(span.end, whole.days[-1].astype(object))
        if end < span.start or at(whole, span.start) < 1:
            reason = Reason.PARTIAL if end < span.start else Reason.SHORT
            out[span] = [_blank(reason)] * panel.y.shape[1]
            continue
        rows = at(whole, span.start)
        if rows not in origins:
            origins[rows] = origin(whole, rows, closed)
        known = Span(span.grain, span.start, end)
        out[span] = _verdicts(origins[rows], known, (histories or {}).get(span.grain), policy)
    return out


def _blank(reason: Reason) -> Verdict:
    return Verdict(None, None, None, None, None, None, None, Signal.NONE, (), reason, True)


@dataclass(frozen=True)
class _Case:
    """All a verdict is made from, as arrays over the scopes."""

    o: Origin
    span: Span
    look: Outlook
    policy: Policy
    top: Floats
    record: Floats
    stake: Floats


def _verdicts(o: Origin, span: Span, history: History | None, policy: Policy) -> list[Verdict]:
    look = outlook(o, span)
    if history is not None:
        look = from_history(o, look, history)
    top, record = _largest(o, span)
    case = _Case(o, span, look, policy, top, record, _stake(o, span, look))
    bounds = {z: look.bound(z) for z in (-Z95, Z95, -policy.z[span.grain], policy.z[span.grain])}
    edges = [bounds[z] for z in bounds]
    score = look.score()
    return [
        _verdict(case, j, [float(e[j]) for e in edges], float(score[j])) for j in range(o.panel.y.shape[1])
    ]


def _largest(o: Origin, span: Span) -> tuple[Floats, Floats]:
    """Largest order of the span, and of all days before it (0 where unknown)."""
    if o.panel.top is None:
        zero = np.zeros(o.panel.y.shape[1])
        return zero, zero
    top = np.nan_to_num(o.panel.top)
    return top[at(o.panel, span.start) : at(o.panel, span.end) + 1].max(axis=0), top[: o.rows].max(axis=0)


def _stake(o: Origin, span: Span, look: Outlook) -> Floats:
    """Gap of each scope as a share of what the whole was expected to be (the scope itself where there is no whole)."""
    days = slice(at(o.panel, span.start), at(o.panel, span.end) + 1)
    weight = 1.0 if o.panel.w is None else np.nan_to_num(o.panel.w[days]).sum(axis=0)
    gap, whole = np.abs(look.value - look.expected) * weight, np.abs(look.expected) * weight
    if o.panel.total is not None:
        whole = np.full(gap.shape, whole[o.panel.total])
    return gap / np.maximum(whole, 1e-12)


def _verdict(case: _Case, j: int, edges: list[float], z: float) -> Verdict:
    look, o = case.look, case.o
    if not look.known[j]:
        value = float(look.value[j])
        return _blank(Reason.UNKNOWN if o.used[j] >= case.policy.min_history else Reason.SHORT)
    value, expected = float(look.value[j]), float(look.expected[j])
    low, high, limit_low, limit_high = edges
    signal, rules, reason = _decide(case, j, value, edges)
    provisional = look.df[j] < 56 or not o.design.seasonal and case.span.grain == "month"
    return Verdict(
        value, expected, low, high, limit_low, limit_high, z, signal, rules, reason, bool(provisional)
    )


def _decide(case: _Case, j: int, value: float, edges: list[float]) -> tuple[Signal, tuple[Rule, ...], Reason]:
    low, high, limit_low, limit_high = edges
    grain, policy = case.span.grain, case.policy
    if case.look.open[j] == 0:
        return Signal.NONE, (), Reason.CLOSED
    if (case.span.end - case.span.start).days + 1 < policy.min_elapsed[grain]:
        return Signal.NONE, (), Reason.SHORT
    alone = _one_order(case, j, value, high)
    beyond = value > limit_high or value < limit_low
    if not beyond and not alone:
        return Signal.NONE, (), Reason.WITHIN
    signal = Signal.HIGH if value > case.look.expected[j] else Signal.LOW
    rules = (*((Rule.LIMITS,) if beyond else ()), *((Rule.ONE_ORDER,) if alone else ()))
    if not _matters(case, j, value):
        return Signal.NONE, rules, Reason.SMALL
    if value == 0 and signal is Signal.LOW:
        return signal, rules, Reason.NO_ACTIVITY
    return signal, rules, Reason.ONE_ORDER if alone else Reason.BEYOND


def _one_order(case: _Case, j: int, value: float, high: float) -> bool:
    """One order larger than any before lifts the period out of its range, and without it the period is in range."""
    top, policy = case.top[j], case.policy
    unheard = top > policy.one_order_record * case.record[j] and top >= policy.one_order_share * value
    return bool(top > 0 and unheard and value > high >= value - top)


def _matters(case: _Case, j: int, value: float) -> bool:
    """Large enough against the expectation (odds for shares) and against the whole."""
    expected, grain = float(case.look.expected[j]), case.span.grain
    effect = abs(value - expected) / max(abs(expected), 1e-12)
    if case.o.panel.w is not None and 0 < expected < 1 and 0 <= value <= 1:
        effect = max(effect, abs(value - expected) / (1 - expected))
    return bool(effect >= case.policy.effect[grain] and case.stake[j] >= case.policy.stake[grain])
