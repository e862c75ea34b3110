"""From a mean, a spread and a skew to a range and back: the Wilson-Hilferty cube, widened as Student's t."""

import numpy as np

from .types import Floats

Z95 = 1.959963984540054


def student(z: float, df: Floats) -> Floats:
    """The t quantile that a normal z becomes with few degrees of freedom (Cornish-Fisher, first term)."""
    return z + (z**3 + z) / (4 * np.maximum(df, 3.0))


def bound(mean: Floats, sd: Floats, skew: Floats, z: Floats) -> Floats:
    """The value z deviations away (signed) under a shifted gamma with that mean, sd and skewness.

    A gamma with a long upper tail ends just under its mode, where real series do not: the lower bound is never above
    the log-normal one.
    """
    g = np.where(np.abs(skew) < 1e-3, 1e-3, skew)
    gamma = mean + sd * 2 / g * (np.maximum(1 + g * z / 6 - g**2 / 36, 0.0) ** 3 - 1)
    wide = _log_sd(mean, sd)
    low = np.maximum(mean, 0) * np.exp(-(wide**2) / 2 + wide * np.minimum(z, 0.0))
    return np.where((z < 0) & (mean > 0) & (skew > 0), np.minimum(gamma, low), gamma)


def score(value: Floats, mean: Floats, sd: Floats, skew: Floats) -> Floats:
    """The z of a value: the inverse of `bound` (normal z, not widened)."""
    g = np.where(np.abs(skew) < 1e-3, 1e-3, skew)
    cube = np.maximum(1 + (value - mean) / sd * g / 2, 0.0)
    gamma = 6 / g * (np.cbrt(cube) - 1 + g**2 / 36)
    wide = _log_sd(mean, sd)
    with np.errstate(all="ignore"):
        log = (np.log(value / mean) + wide**2 / 2) / wide
    below = (value < mean) & (mean > 0) & (value > 0) & (skew > 0)
    return np.where(below, np.maximum(gamma, np.nan_to_num(log, nan=-99.0)), gamma)


def _log_sd(mean: Floats, sd: Floats) -> Floats:
    """Standard deviation of the logarithm of a log-normal with that mean and sd."""
    return np.sqrt(np.log1p((sd / np.where(mean > 0, mean, 1.0)) ** 2))
