"""From an outlook to a verdict: far enough, rare enough, large enough, and whose doing."""

from dataclasses import dataclass, replace

import numpy as np

from kpis.expectation.level import precedents
from kpis.expectation.ranges import Z95
from kpis.expectation.types import Bools, Floats, Policy, Reason, Rule, Signal, Span, Verdict
from kpis.expectation.xmr import RUN, wheeler, xmr
from kpis.forecast import TYPICAL, Model, Outlook, at

DRIFT_WINDOW = 60  # days whose errors make the limits of the drift rules


@dataclass(frozen=True)
class Case:
    """All the verdicts of a span are made from, as arrays over the scopes (s)."""

    look: Outlook
    low: Floats
    high: Floats
    limit_low: Floats
    limit_high: Floats
    z: Floats
    beyond: Bools  # outside the limits
    rare: Bools  # few precedents in a year
    alone: Bools  # one unheard-of order carries it
    largest: Floats  # that order
    large: Bools  # enough is at stake
    sparse: Bools  # empty on most days: one event is most of a day or a week
    brief: Bools  # too few days elapsed, or too small a denominator


def case(m: Model, span: Span, look: Outlook, policy: Policy) -> Case:
    """Measures an outlook against the policy."""
    days = (span.end - span.start).days + 1
    z = np.full(look.value.shape, policy.z[span.grain] + policy.scope_z)
    z[m.panel.total if m.panel.total is not None else slice(None)] = policy.z[span.grain]
    low, high, limit_low, limit_high = (_possible(m, look, look.bound(k)) for k in (-Z95, Z95, -z, z))
    # What never was below zero has its limit there: a first fall below it counts from half the distance.
    fallen = (look.value >= 0) | (look.expected - look.value > z / 2 * look.sd)
    beyond = (look.value > limit_high) | ((look.value < limit_low) & fallen)
    allowed = min(len(m.track.error), 365) // policy.precedent[span.grain]
    rare = precedents(look.past.error, look.error, days) <= allowed
    alone, largest = _one_order(m, span, look, high, policy)
    brief = _thin(m, span, look, policy) | (days < policy.min_elapsed[span.grain])
    large, sparse = _large(m, span, look, policy), _sparse(m, span, policy)
    return Case(
        look,
        low,
        high,
        limit_low,
        limit_high,
        look.score(),
        beyond,
        rare,
        alone,
        largest,
        large,
        sparse,
        brief,
    )


def _possible(m: Model, look: Outlook, bound: Floats) -> Floats:
    """A bound kept where values can be: not under 0 for what never was, not over 1 for a share that never was."""
    y = m.panel.y[: len(m.track.error)]
    known = np.isfinite(y)
    bound = np.where((np.where(known, y, 0) < 0).any(axis=0), bound, np.maximum(bound, 0.0))
    share = (np.where(known, y, 0).max(axis=0) <= 1) & (look.expected > 0.5) & (m.panel.w is not None)
    return np.where(share, np.minimum(bound, 1.0), bound)


def _one_order(m: Model, span: Span, look: Outlook, high: Floats, policy: Policy) -> tuple[Bools, Floats]:
    """One order unlike any before lifts the period out of its range, which holds it without; and that order."""
    if m.panel.top is None:
        return np.zeros(look.value.shape, bool), np.zeros(look.value.shape)
    first, last = at(m.panel, span.start), at(m.panel, span.end) + 1
    top = np.nan_to_num(m.panel.top)
    # One exception in 90 days of history does not make such orders usual.
    place = min(1 + first // 90, first)
    record, largest = np.sort(top[:first], axis=0)[-place], top[first:last].max(axis=0)
    if m.panel.total is not None:
        record = np.maximum(record, record[m.panel.total])
    unheard = (largest > policy.one_order_record * record) & (record > 0)
    carries = (largest >= policy.one_order_share * look.value * look.weight) & (look.value > high)
    return np.asarray(unheard & carries & (look.value - largest / look.weight <= high)), largest


def _thin(m: Model, span: Span, look: Outlook, policy: Policy) -> Bools:
    """A ratio over far less than usual: its figure says little."""
    if m.panel.w is None:
        return np.zeros(look.value.shape, bool)
    recent = m.mass[max(at(m.panel, span.start) - TYPICAL, 0) : at(m.panel, span.start)]
    return np.asarray(look.weight < policy.thin * recent.mean(axis=0) * look.open)


def _sparse(m: Model, span: Span, policy: Policy) -> Bools:
    """Scopes with something on few of the days of the last thirteen weeks on which any scope has: no day or week of
    theirs is usual. A month gathers enough.
    """
    first = at(m.panel, span.start)
    recent = slice(max(first - 91, 0), first)
    active = np.nan_to_num(m.panel.y[recent]) * m.mass[recent] != 0
    days = max(int(active.any(axis=1).sum()), 1)
    return np.asarray((active.sum(axis=0) < policy.active * days) & (span.grain != "month"))


def _large(m: Model, span: Span, look: Outlook, policy: Policy) -> Bools:
    """Large against the expectation (for shares, against what is left to 1 too), and against the whole."""
    gap = np.abs(look.value - look.expected)
    effect = np.abs(look.error)
    share = (m.panel.w is not None) & (look.expected > 0.5) & (look.expected < 1) & (look.value <= 1)
    effect = np.where(share, np.maximum(effect, gap / np.maximum(1 - look.expected, 1e-12)), effect)
    whole = np.maximum(np.abs(look.expected) * look.weight, look.usual)
    if m.panel.total is not None:
        whole = np.full(whole.shape, whole[m.panel.total])
    stake = gap * look.weight / np.maximum(whole, 1e-12)
    stake = np.where(share, np.maximum(stake, effect * (whole > 0)), stake)
    large = (effect >= policy.effect[span.grain]) & (stake >= policy.stake[span.grain])
    return np.asarray(large & (~_counted(m) | (gap * look.weight >= policy.count)))


def _counted(m: Model) -> Bools:
    """Series whose days, before any division, are whole numbers: orders, sessions, parcels."""
    amount = np.nan_to_num(m.panel.y * m.mass) if m.panel.w is not None else np.nan_to_num(m.panel.y)
    return np.asarray((np.abs(amount - np.round(amount)) < 1e-6).all(axis=0))


def verdicts(m: Model, span: Span, look: Outlook, policy: Policy) -> list[Verdict]:
    """One verdict per scope."""
    c = case(m, span, look, policy)
    found = _once_an_order(c, [_verdict(m, c, j, span, policy) for j in range(len(c.z))], m.panel.total)
    if m.panel.total is None or found[m.panel.total].signal not in (Signal.HIGH, Signal.LOW):
        return found
    return [_beside_whole(c, j, v, m.panel.total, found[m.panel.total]) for j, v in enumerate(found)]


def _once_an_order(c: Case, found: list[Verdict], whole: int | None) -> list[Verdict]:
    """One order is one flag: of the whole if it is flagged for it, else of the scope it moves most."""
    flagged = [j for j, v in enumerate(found) if v.reason is Reason.ONE_ORDER]
    teller: dict[float, int] = {}
    for j in sorted(flagged, key=lambda j: (j != whole, -c.z[j])):
        teller.setdefault(round(float(c.largest[j]), 6), j)
    told = set(teller.values())
    silent = [j for j in flagged if j not in told]
    return [
        replace(v, signal=Signal.NONE, reason=Reason.SAME_ORDER) if j in silent else v
        for j, v in enumerate(found)
    ]


def _beside_whole(c: Case, j: int, v: Verdict, whole: int, of_whole: Verdict) -> Verdict:
    """A scope that only moves as the whole does says nothing of its own."""
    if j == whole or v.signal is not of_whole.signal:
        return v
    gap = (c.look.value - c.look.expected) * c.look.weight
    size = np.abs(c.look.expected) * c.look.weight
    own = abs(gap[j]) * max(size[whole], 1e-12) / max(abs(gap[whole]) * size[j], 1e-12)
    return replace(v, signal=Signal.NONE, reason=Reason.AS_WHOLE) if own < 1.5 else v


def _verdict(m: Model, c: Case, j: int, span: Span, policy: Policy) -> Verdict:
    if not c.look.known[j]:
        return blank(Reason.SHORT if m.used[j] < 14 else Reason.UNKNOWN)
    signal, rules, reason = _decide(c, j)
    if reason is Reason.WITHIN and span.grain == "day":
        signal, rules, reason = _drift(m, c, j, at(m.panel, span.start), policy)
    provisional = c.look.df[j] < 56 or (span.grain == "month" and not m.design.seasonal)
    figures = (c.look.value, c.look.expected, c.low, c.high, c.limit_low, c.limit_high, c.z)
    value, expected, low, high, limit_low, limit_high, z = (float(a[j]) for a in figures)
    return Verdict(
        value, expected, low, high, limit_low, limit_high, z, signal, rules, reason, bool(provisional)
    )


def blank(reason: Reason) -> Verdict:
    """The verdict on what cannot be judged."""
    return Verdict(None, None, None, None, None, None, None, Signal.NONE, (), reason, True)


def _decide(c: Case, j: int) -> tuple[Signal, tuple[Rule, ...], Reason]:
    if c.look.open[j] == 0:
        return Signal.NONE, (), Reason.CLOSED
    if c.brief[j]:
        return Signal.NONE, (), Reason.SHORT
    marks = ((Rule.LIMITS, c.beyond[j]), (Rule.ONE_ORDER, c.alone[j]))
    rules = tuple(rule for rule, hit in marks if hit)
    quiet = _quiet(c, j) if rules else Reason.WITHIN
    return (Signal.NONE, rules, quiet) if quiet else (_side(c, j), rules, _why(c, j))


def _quiet(c: Case, j: int) -> Reason | None:
    """Why what broke a rule is no news."""
    if not c.alone[j] and c.sparse[j]:
        return Reason.SPARSE
    if not c.alone[j] and not c.rare[j]:
        return Reason.SEEN_BEFORE
    return None if c.large[j] else Reason.SMALL


def _side(c: Case, j: int) -> Signal:
    return Signal.HIGH if c.look.value[j] > c.look.expected[j] else Signal.LOW


def _why(c: Case, j: int) -> Reason:
    if c.alone[j]:
        return Reason.ONE_ORDER
    return Reason.NO_ACTIVITY if c.look.value[j] == 0 else Reason.BEYOND


def _drift(m: Model, c: Case, j: int, row: int, policy: Policy) -> tuple[Signal, tuple[Rule, ...], Reason]:
    """Wheeler's second and third rules on the one-step errors, the day judged included."""
    past = m.track.error[max(row - DRIFT_WINDOW, 0) : row, j]
    limits = xmr(past)
    if limits is None or limits.provisional:
        return Signal.NONE, (), Reason.WITHIN
    errors = np.append(past, c.look.error[j])
    rules = tuple(r for r in wheeler(errors, limits) if r is not Rule.LIMITS)
    leaning = np.nanmean(errors[-RUN:]) - limits.centre
    if not rules or abs(leaning) < policy.drift:
        return Signal.NONE, (), Reason.WITHIN
    up = leaning > 0
    return (Signal.DRIFT_UP if up else Signal.DRIFT_DOWN), rules, Reason.DRIFT
