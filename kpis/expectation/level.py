"""The level carried forward after the calendar, and how wrong it is: by day, and by blocks of days."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .fit import Curve, median, spread
from .types import Bools, Floats, Ints

RATES = np.array([0.02, 0.05, 0.1, 0.2])  # how fast a level may move, per day
USUAL_RATE = 1  # place of the rate taken unless another is clearly better
DAMPING = 0.993  # per day, where the year is modelled; else the level carries the season and is kept
STEP = 2.5  # a day moves the level at most as if it were that many spreads away
TAIL = 6.0  # days farther than that many spreads count less in bias, variance and skew
HABIT, HABIT_FROM = 0.025, 120  # share of days from which far errors are habit, with that many days known
MEMORY = 180.0  # days: half-life of the error statistics
PRIOR_BLOCKS = 4.0
WANDER = 3.0  # times what a level walk would give
DRIFT = (0.011, 0.030)  # prior sd of the level per √day: season modelled, season unknown


@dataclass(frozen=True)
class Track:
    """Level before each day and after the last (rows+1 × s), one-step errors (rows × s, NaN unused).

    Errors are relative to the expectation (to the scale where the link is additive). bias, variance, skew (s)
    are those of one-step errors at precision 1; df (s) is what they were estimated from.
    """

    level: Floats
    error: Floats
    keep: float
    bias: Floats
    variance: Floats
    skew: Floats
    df: Floats
    rate: Floats


def _run(curve: Curve, y: Floats, use: Bools, gain: Floats, keep: float) -> tuple[Floats, Floats]:
    """Levels (rows+1 × k × s) and one-step errors (rows × k × s) for each rate k."""
    rows, s = y.shape
    size = STEP * spread(np.where(use, (y - curve.mu[:rows]) / curve.base[:rows], np.nan))
    away = np.where(use, (np.nan_to_num(y) - curve.mu[:rows]) / curve.base[:rows], 0.0)
    rate = RATES[:, None] * (gain * use)[:, None, :]
    level = np.zeros((rows + 1, len(RATES), s))
    error = np.empty((rows, len(RATES), s))
    for t in range(rows):
        now = level[t]
        e = np.where(curve.log, (away[t] + 1.0) * np.exp(-now) - 1.0, away[t] - now)
        level[t + 1] = np.minimum(
            np.maximum(keep * now + rate[t] * np.minimum(np.maximum(e, -size), size), -2.0), 2.0
        )
        error[t] = e
    error[~use[:, None, :].repeat(len(RATES), axis=1)] = np.nan
    return level, error


def softened(error: Floats) -> Floats:
    """Errors (rows × s, NaN as 0) with far ones drawn in, √(c·|error|) beyond c: incidents count, but not wholly.

    c is TAIL spreads, or more where far days are too many to be incidents (rare sales, lumpy credit notes).
    """
    e, cap = np.nan_to_num(error), TAIL * spread(error)
    if len(e) >= HABIT_FROM:
        cap = np.maximum(cap, np.quantile(np.abs(e), 1 - HABIT, axis=0))
    return np.where(np.abs(e) > cap, np.sign(e) * np.sqrt(cap * np.abs(e)), e)


def _moments(error: Floats, precision: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Bias, variance, skewness of one-step errors at precision 1, and degrees of freedom, by series."""
    rows = len(error)
    weight = 0.5 ** ((rows - 1 - np.arange(rows)) / MEMORY)[:, None] * np.isfinite(error)
    r = softened(error)
    total = np.maximum(weight.sum(axis=0), 1e-9)
    bias = (weight * precision * r).sum(axis=0) / np.maximum((weight * precision).sum(axis=0), 1e-9)
    d = (r - bias) * np.sqrt(precision)
    variance = np.maximum((weight * d**2).sum(axis=0) / total, 1e-12)
    skew = (weight * d**3).sum(axis=0) / total / variance**1.5
    df = total**2 / np.maximum((weight**2).sum(axis=0), 1e-9)
    return bias, variance, np.clip(skew, -4, 4), df


def _best(error: Floats, use: Bools) -> Ints:
    """The rate (place in RATES, s) whose one-step errors were smallest, leaning to the usual one in short histories."""
    size = STEP * spread(error[:, USUAL_RATE])
    loss = (np.minimum(np.nan_to_num(error) ** 2, size**2) * use[:, None]).sum(axis=0)
    apart = np.abs(np.arange(len(RATES)) - USUAL_RATE)[:, None]
    lean = 1 + 6 * apart / np.maximum(use.sum(axis=0), 1)
    return np.asarray(np.argmin(loss * lean, axis=0))


def track(curve: Curve, y: Floats, use: Bools, precision: Floats, seasonal: bool) -> Track:
    """Follows the level through the history at the rate that predicted each series best.

    Errors on days the calendar was fitted to are too small: they are widened for the columns it spent.
    """
    keep = DAMPING if seasonal else 1.0
    level, error = _run(curve, y, use, np.minimum(precision, 2.0), keep)
    best, pick = _best(error, use), np.arange(y.shape[1])
    level, error = level[:, best, pick], error[:, best, pick]
    bias, variance, skew, df = _moments(error, precision)
    left = np.maximum(df - curve.spent, df / 2)
    return Track(level, error, keep, bias, variance * df / np.maximum(left, 1e-9), skew, left, RATES[best])


def carried(keep: float, h: int) -> float:
    """Mean of the damping over the next h days."""
    return 1.0 if keep == 1.0 or h == 0 else (1 - keep**h) / (h * (1 - keep))


def lifted(curve: Curve, mu: Floats, base: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Expectation and base once the level is put on: times its exponential, or plus it."""
    factor = np.where(curve.log, np.exp(level), 1.0)
    return np.where(curve.log, mu * factor, mu + base * level), base * factor


def wander(t: Track, h: int) -> Floats:
    """Variance (s) of the mean level of the next h days that the chosen rate a implies.

    A rate a is the best one for a level whose daily step has variance v·a²/(1−a) (v: one-step variance): it is
    known to a·v and walks on. Past totals alone say less: the calendar has bent itself to the slow waves of its past.
    """
    step = t.variance * t.rate**2 / (1 - t.rate)
    return np.asarray(WANDER * (t.rate * t.variance + step * h / 3))


@dataclass(frozen=True)
class Running:
    """Rows, and what they add up to so far."""

    each: Floats

    @cached_property
    def total(self) -> Floats:
        """rows+1 × s: the sum of the rows before."""
        total = np.zeros((len(self.each) + 1, self.each.shape[1]))
        np.cumsum(self.each, axis=0, out=total[1:])
        return total

    def sums(self, h: int) -> Floats:
        """Sums of h consecutive rows, from each row on."""
        return self.each if h == 1 else self.total[h:] - self.total[:-h]


@dataclass(frozen=True)
class Blocks:
    """Relative errors of all past h-day totals, each foreseen with the level of its eve (m × s), and their drift.

    drift: variance (s) of those errors beyond what independent days give, shrunk to a prior where blocks are few.
    """

    error: Floats
    drift: Floats


@dataclass(frozen=True)
class Past:
    """Past days (rows × s), each in numerator units: expectation and base of the calendar, and what was."""

    plain: Running
    base: Running
    actual: Running
    squares: Running  # of the base


def past(curve: Curve, y: Floats, mass: Floats) -> Past:
    """y, mass: rows × s, values and weights of past days (0 for days that do not count)."""
    rows = len(y)
    base = curve.base[:rows] * mass
    return Past(*map(Running, (curve.mu[:rows] * mass, base, np.nan_to_num(y) * mass, base**2)))


def blocks(curve: Curve, t: Track, past: Past, h: int, seasonal: bool) -> Blocks:
    """The errors of past h-day totals."""
    rows, s = t.error.shape
    prior = (DRIFT[0] if seasonal else DRIFT[1]) ** 2 * h
    if rows < 2 * h:
        return Blocks(np.full((0, s), np.nan), np.full(s, prior))
    ahead = t.level[: rows - h + 1] * carried(t.keep, h)
    plain, base, actual = (running.sums(h) for running in (past.plain, past.base, past.actual))
    mean, unit = lifted(curve, plain, base, ahead)
    with np.errstate(all="ignore"):
        error = np.where(base > 0, (actual - mean) / unit - t.bias, np.nan)
        noise = median(t.variance * past.squares.sums(h) / base**2, 0.0)
    count = rows / h
    measured = np.maximum(spread(error) ** 2 - noise, wander(t, h))
    return Blocks(error, (count * measured + PRIOR_BLOCKS * prior) / (count + PRIOR_BLOCKS))


def precedents(error: Floats, current: Floats, h: int, within: int = 365) -> Ints:
    """How many separate past episodes (s) of the last `within` days strayed as far to the same side as `current`."""
    recent = np.nan_to_num(error[-within:])
    far = np.where(current > 0, recent >= current, recent <= current)
    gap = max(h, 3)
    seen = np.vstack([np.zeros((1, far.shape[1]), np.int64), np.cumsum(far, axis=0)])
    before = seen[:-1] - seen[np.maximum(np.arange(len(far)) - gap, 0)]
    return np.asarray((far & (before == 0)).sum(axis=0))
