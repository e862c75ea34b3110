"""The calendar regression: ridge with a log link, Huber re-weighting, one design for all series.

The model is y ≈ μ = exp(xβ) with variance φ₁μ + φ₂μ² (so zeros are fine and the mean, not the median, is fitted);
series that go below zero keep an additive link, μ = scale·xβ. Residuals are relative to `base` (μ, or the scale).
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
    """Calendar expectation before the level: n × s each; `log` says which series have the log link."""

    mu: Floats
    base: Floats
    log: Bools


def spread(r: Floats) -> Floats:
    """Robust standard deviation by column (1.4826 × median |r|), never 0."""
    with np.errstate(all="ignore"):
        mad = np.nanmedian(np.abs(r), axis=0) if len(r) else np.ones(r.shape[1])
    return np.maximum(np.nan_to_num(mad, nan=1.0) * 1.4826, 1e-9)


def additive(y: Floats, use: Bools) -> Bools:
    """Series with more than 2 % of days below zero: their link is additive."""
    return (np.where(use, y, 0) < 0).sum(axis=0) > 0.02 * np.maximum(use.sum(axis=0), 1)


def scale_of(y: Floats, use: Bools) -> Floats:
    """Mean absolute value by series, 1 where there is none."""
    size = np.where(use, np.abs(np.nan_to_num(y)), 0).sum(axis=0) / np.maximum(use.sum(axis=0), 1)
    return np.where(size > 0, size, 1.0)


def _solve(design: Design, z: Floats, weight: Floats, noise: Floats, rows: int) -> Floats:
    """β by series (p × s): ridge whose penalty is noise² / prior² (columns of weight 0 get 0)."""
    x = design.x[:rows]
    beta = np.zeros((x.shape[1], z.shape[1]))
    for j in range(z.shape[1]):
        xw = x * weight[:, j, None]
        gram = xw.T @ x
        gram.flat[:: len(gram) + 1] += noise[j] ** 2 / design.prior**2
        beta[:, j] = np.linalg.solve(gram, xw.T @ z[:, j])
    return beta


def _curve(eta: Floats, log: Bools) -> Floats:
    return np.where(log, np.exp(np.clip(eta, np.log(FLOOR), 6.0)), eta)


def fit(design: Design, y: Floats, use: Bools, precision: Floats) -> Curve:
    """Fits the first len(y) days and returns the curve over all days of the design.

    y: m × s (m ≤ n), use: which days count, precision: m × s relative precision of a day (denominators), mean 1.
    """
    rows, log, scale = len(y), ~additive(y, use), scale_of(y, use)
    unit = np.where(use, np.nan_to_num(y), 0) / scale
    decay = 0.5 ** ((rows - 1 - np.arange(rows)) / HALF_LIFE)[:, None]
    weight = decay * use * precision
    z = np.where(log, np.log(np.maximum(unit, 0) + 0.1), unit)
    noise = np.full(y.shape[1], 0.3)
    for _ in range(PASSES):
        eta = design.x[:rows] @ _solve(design, z, weight, noise, rows)
        mu = _curve(eta, log)
        base = np.where(log, mu, 1.0)
        r = (unit - mu) / base
        noise = np.clip(spread(np.where(use, r, np.nan)), 0.02, 2.0)
        huber = np.minimum(1.0, HUBER * noise / np.maximum(np.abs(r), 1e-12))
        weight = decay * use * precision * huber * np.where(log, 1.5 * mu / (mu + 0.5), 1.0)
        z = np.where(log, np.log(np.maximum(mu, FLOOR)) + np.clip(r, -0.9, 4.0), unit)
    mu = _curve(design.x @ _solve(design, z, weight, noise, rows), log)
    return Curve(mu * scale, np.where(log, mu, 1.0) * scale, log)
