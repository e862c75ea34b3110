"""The level carried forward after the calendar, and how wrong it is: by day, and by blocks of days."""

from dataclasses import dataclass

import numpy as np

from .fit import Curve, spread
from .types import Bools, Floats

RATES = np.array([0.02, 0.05, 0.1, 0.2])  # how fast a level may move, per day
DAMPING = 0.985  # per day, where the year is modelled; else the level carries the season and is kept
STEP = 3.0  # a day moves the level at most as if it were that many spreads away
TAIL = 6.0  # days farther than that many spreads count less in bias, variance and skew
MEMORY = 180.0  # days: half-life of the error statistics
PRIOR_BLOCKS = 4.0
DRIFT = (0.011, 0.030)  # prior sd of the level per √day: season modelled, season unknown


@dataclass(frozen=True)
class Track:
    """Level before each day and after the last (rows+1 × s), one-step errors (rows × s, relative to base, NaN unused)."""

    level: Floats
    error: Floats
    keep: float
    bias: Floats
    variance: Floats
    skew: Floats
    df: Floats


def predicted(curve: Curve, level: Floats, at: slice) -> Floats:
    """The expectation of days `at` given a level (s, or days × s)."""
    mu, base = curve.mu[at], curve.base[at]
    return np.where(curve.log, mu * np.exp(level), mu + base * level)


def _run(curve: Curve, y: Floats, use: Bools, gain: Floats, keep: float) -> tuple[Floats, Floats]:
    """Levels (rows+1 × k × s) and one-step errors (rows × k × s) for each rate k."""
    rows, s = y.shape
    size = spread(np.where(use, (y - curve.mu[:rows]) / curve.base[:rows], np.nan))
    level = np.zeros((rows + 1, len(RATES), s))
    error = np.full((rows, len(RATES), s), np.nan)
    filled = np.where(use, np.nan_to_num(y), 0.0)
    for t in range(rows):
        mu, base, now = curve.mu[t], curve.base[t], level[t]
        factor = np.where(curve.log, np.exp(now), 1.0)
        e = (filled[t] - np.where(curve.log, mu * factor, mu + base * now)) / (base * factor)
        step = RATES[:, None] * gain[t] * np.clip(e, -STEP * size, STEP * size)
        level[t + 1] = np.where(use[t], np.clip(keep * now + step, -2.0, 2.0), keep * now)
        error[t] = np.where(use[t], e, np.nan)
    return level, error


def softened(error: Floats, size: Floats) -> Floats:
    """Errors with far ones drawn in: beyond c = TAIL spreads, √(c·|error|), so incidents count, but not wholly."""
    e, cap = np.nan_to_num(error), TAIL * size
    return np.where(np.abs(e) > cap, np.sign(e) * np.sqrt(cap * np.abs(e)), e)


def _moments(error: Floats, precision: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Bias, variance, skewness of one-step errors at precision 1, and degrees of freedom, by series."""
    rows = len(error)
    decay = 0.5 ** ((rows - 1 - np.arange(rows)) / MEMORY)[:, None]
    known = np.isfinite(error)
    size = spread(error)
    r = softened(error, size)
    weight = decay * known
    total = np.maximum(weight.sum(axis=0), 1e-9)
    bias = (weight * precision * r).sum(axis=0) / np.maximum((weight * precision).sum(axis=0), 1e-9)
    d = (r - bias) * np.sqrt(precision)
    variance = (weight * d**2).sum(axis=0) / total
    third = (weight * d**3).sum(axis=0) / total
    skew = third / np.maximum(variance, 1e-18) ** 1.5
    df = total**2 / np.maximum((weight**2).sum(axis=0), 1e-9)
    return bias, np.maximum(variance, 1e-12), np.clip(skew, -4, 4), df


def track(curve: Curve, y: Floats, use: Bools, precision: Floats, seasonal: bool) -> Track:
    """Follows the level through the history at the rate that predicted each series best."""
    keep = DAMPING if seasonal else 1.0
    level, error = _run(curve, y, use, np.minimum(precision, 2.0), keep)
    size = spread(error[:, 1])
    loss = np.nanmean(np.minimum(np.nan_to_num(error) ** 2, (STEP * size) ** 2) * use[:, None], axis=0)
    best = np.argmin(loss, axis=0)
    pick = np.arange(y.shape[1])
    level, error = level[:, best, pick], error[:, best, pick]
    return Track(level, error, keep, *_moments(error, precision))


def carried(keep: float, h: int) -> float:
    """Mean of the damping over the next h days."""
    return 1.0 if keep == 1.0 or h == 0 else (1 - keep**h) / (h * (1 - keep))


def block_variance(curve: Curve, t: Track, mass: Floats, h: int, seasonal: bool) -> Floats:
    """Variance (s) of the relative error of h-day totals beyond what independent days give.

    Measured on all past origins with the level each of them had, then shrunk to a prior where blocks are few.
    """
    rows, s = t.error.shape
    prior = (DRIFT[0] if seasonal else DRIFT[1]) ** 2 * h
    blocks = rows / h
    if blocks < 2:
        return np.full(s, prior)
    at = slice(0, rows)
    mu, level = predicted(curve, t.level[:-1], at), t.level
    size = np.sqrt(t.variance) * TAIL
    actual = mu + curve.base[at] * np.clip(np.nan_to_num(t.error), -size, size) * np.where(
        curve.log, np.exp(level[:-1]), 1
    )
    total = _sums(actual * mass, h)
    plain, base = _sums(curve.mu[at] * mass, h), _sums(curve.base[at] * mass, h)
    ahead = level[: len(total)] * carried(t.keep, h)
    with np.errstate(all="ignore"):
        error = np.where(
            curve.log, total / (plain * np.exp(ahead)) - 1 - t.bias, (total - plain) / base - ahead - t.bias
        )
        noise = t.variance * _sums((curve.base[at] * mass) ** 2, h) / base**2
    measured = np.maximum(spread(error) ** 2 - np.nanmedian(noise, axis=0), 0.0)
    return (blocks * np.nan_to_num(measured) + PRIOR_BLOCKS * prior) / (blocks + PRIOR_BLOCKS)


def _sums(a: Floats, h: int) -> Floats:
    """Sums of h consecutive rows, from each row on."""
    c = np.vstack([np.zeros((1, a.shape[1])), np.cumsum(a, axis=0)])
    return c[h:] - c[:-h]
