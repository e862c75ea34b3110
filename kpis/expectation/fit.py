"""The calendar regression: ridge with a log link, Huber re-weighting, one design for all series.

The model is y ≈ μ = exp(xβ) with variance φ₁μ + φ₂μ² (zeros are fine; the mean, not the median, is fitted);
series that go below zero keep an additive link, μ = scale·xβ. Residuals are relative to `base` (μ or scale).
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from .design import Design
from .types import Bools, Floats

HALF_LIFE = 365.0  # days
PASSES = 3
HUBER = 1.5
FLOOR = 0.02  # of the mean: how near to zero a fitted day may come


@dataclass(frozen=True)
class Fit:
    """What a fit found: β by series (p × s), their scale (s), which have the log link (s) and columns spent (s)."""

    beta: Floats
    scale: Floats
    log: Bools
    spent: Floats


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
    # Sorting puts the unknown last; numpy's nanmedian goes column by column as soon as one value is missing.
    ranked, count = np.sort(np.where(np.isfinite(r), r, np.nan), axis=0), np.isfinite(r).sum(axis=0)
    low, high = (np.maximum(count - 1, 0) // 2, count // 2)
    middle = [np.take_along_axis(ranked, at[None], axis=0)[0] for at in (low, np.minimum(high, len(r) - 1))]
    return np.asarray(np.where(known, (middle[0] + middle[1]) / 2, otherwise))


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


def _normal(
    design: Design, z: Floats, weight: Floats, noise: Floats, rows: int
) -> tuple[Floats, Floats, Floats]:
    """Normal equations of every series at once: XᵀWX with the ridge (s × p × p), XᵀWz (s × p), the ridge (s × p)."""
    p = design.x.shape[1]
    both = np.take(weight.T @ design.products[:rows], design.places, axis=1)
    ridge = (noise[:, None] / design.prior) ** 2
    both[:, np.arange(p), np.arange(p)] += ridge
    return both, (weight * z).T @ design.x[:rows], ridge


def _solve(design: Design, z: Floats, weight: Floats, noise: Floats, rows: int) -> Floats:
    """β by series (p × s) of the ridge with penalty noise² / prior²."""
    both, right, _ridge = _normal(design, z, weight, noise, rows)
    return np.asarray(np.linalg.solve(both, right[..., None])[..., 0].T)


def _solve_spent(
    design: Design, z: Floats, weight: Floats, noise: Floats, rows: int
) -> tuple[Floats, Floats]:
    """β by series (p × s), and how many columns it really spent (s): p − tr((XᵀWX + ridge)⁻¹ ridge)."""
    both, right, ridge = _normal(design, z, weight, noise, rows)
    inverse = np.linalg.inv(both)
    spent = right.shape[1] - (np.einsum("sii->si", inverse) * ridge).sum(axis=1)
    return np.einsum("sij,sj->is", inverse, right), spent


def _curve(eta: Floats, log: Bools) -> Floats:
    return np.where(log, np.exp(np.clip(eta, np.log(FLOOR), 6.0)), eta)


def curve(design: Design, found: Fit) -> Curve:
    """The curve over all days of the design."""
    mu = _curve(design.x @ found.beta, found.log)
    return Curve(mu * found.scale, np.where(found.log, mu, 1.0) * found.scale, found.log, found.spent)


def fingerprint(design: Design, y: Floats, use: Bools, precision: Floats) -> str:
    """Hexadecimal text that is the same only for inputs of `fit` that are the same to the last bit."""
    digest = blake2b(digest_size=32)
    for array in (design.x[: len(y)], design.prior, y, use, precision):
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def fit(design: Design, y: Floats, use: Bools, precision: Floats) -> Fit:
    """Fits the first len(y) days of the design.

    y: m × s (m ≤ n), use: which days count, precision: m × s relative precision of a day, about 1.
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
    beta, spent = _solve_spent(design, z, weight, noise, rows)
    return Fit(beta, scale, log, spent)
