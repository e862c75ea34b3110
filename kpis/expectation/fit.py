"""The calendar regression: ridge with a log link, Huber re-weighting, one design for all series.

The model is y ≈ μ = exp(xβ) with variance φ₁μ + φ₂μ² (zeros are fine; the mean, not the median, is fitted);
series that go below zero keep an additive link, μ = scale·xβ. Residuals are relative to `base` (μ or scale).
"""

from dataclasses import dataclass

import numpy as np

from .design import Design
from .types import Bools, Floats

HALF_LIFE = 365.0  # days
PASSES = 3
HUBER = 1.5
FLOOR = 0.02  # of the mean: how near to zero a fitted day may come


@dataclass(frozen=True)
class Curve:
    """Calendar expectation before the level (n × s), which series have the log link, and columns spent (s)."""

    mu: Floats
    base: Floats
    log: Bools
    spent: Floats


def median(r: Floats, otherwise: float) -> Floats:
    """Median of the known values by column; `otherwise` where a column has none."""
    known = np.isfinite(r).any(axis=0) if len(r) else np.zeros(r.shape[1], bool)
    if not known.any():
        return np.full(r.shape[1], otherwise)
    return np.asarray(np.where(known, np.nanmedian(np.where(known, r, 0.0), axis=0), otherwise))


def spread(r: Floats) -> Floats:
    """Robust standard deviation by column (1.4826 × median |r|), never 0."""
    return np.asarray(np.maximum(median(np.abs(r), 1.0) * 1.4826, 1e-9))


def additive(y: Floats, use: Bools) -> Bools:
    """Series with more than 2 % of days below zero: their link is additive."""
    below = (np.where(use, y, 0) < 0).sum(axis=0)
    return np.asarray(below > 0.02 * np.maximum(use.sum(axis=0), 1))


def scale_of(y: Floats, use: Bools) -> Floats:
    """Mean absolute value by series, 1 where there is none."""
    size = np.where(use, np.abs(np.nan_to_num(y)), 0).sum(axis=0) / np.maximum(use.sum(axis=0), 1)
    return np.where(size > 0, size, 1.0)


def _solve(design: Design, z: Floats, weight: Floats, noise: Floats, rows: int) -> tuple[Floats, Floats]:
    """β by series (p × s) of the ridge with penalty noise² / prior², and how many columns it really spent (s)."""
    x, root = design.x[:rows], np.sqrt(weight)
    beta, spent = np.zeros((x.shape[1], z.shape[1])), np.zeros(z.shape[1])
    for j in range(z.shape[1]):
        xw = x * root[:, j, None]
        held = np.diag(noise[j] ** 2 / design.prior**2)
        # A matrix times its own transpose: BLAS does half the work.
        both = np.linalg.solve(xw.T @ xw + held, np.column_stack([xw.T @ (root[:, j] * z[:, j]), held]))
        beta[:, j], spent[j] = both[:, 0], len(held) - np.trace(both[:, 1:])
    return beta, spent


def _curve(eta: Floats, log: Bools) -> Floats:
    return np.where(log, np.exp(np.clip(eta, np.log(FLOOR), 6.0)), eta)


def fit(design: Design, y: Floats, use: Bools, precision: Floats) -> Curve:
    """Fits the first len(y) days and returns the curve over all days of the design.

    y: m × s (m ≤ n), use: which days count, precision: m × s relative precision of a day, about 1.
    """
    rows, log, scale = len(y), ~additive(y, use), scale_of(y, use)
    unit = np.where(use, np.nan_to_num(y), 0) / scale
    decay = 0.5 ** ((rows - 1 - np.arange(rows)) / HALF_LIFE)[:, None]
    weight = decay * use * precision
    z = np.where(log, np.log(np.maximum(unit, 0) + 0.1), unit)
    noise = np.full(y.shape[1], 0.3)
    for _ in range(PASSES):
        eta = design.x[:rows] @ _solve(design, z, weight, noise, rows)[0]
        mu = _curve(eta, log)
        base = np.where(log, mu, 1.0)
        r = (unit - mu) / base
        noise = np.clip(spread(np.where(use, r, np.nan)), 0.02, 2.0)
        huber = np.minimum(1.0, HUBER * noise / np.maximum(np.abs(r), 1e-12))
        weight = decay * use * precision * huber * np.where(log, 1.5 * mu / (mu + 0.5), 1.0)
        z = np.where(log, np.log(np.maximum(mu, FLOOR)) + np.clip(r, -0.9, 4.0), unit)
    beta, spent = _solve(design, z, weight, noise, rows)
    mu = _curve(design.x @ beta, log)
    return Curve(mu * scale, np.where(log, mu, 1.0) * scale, log, spent)
