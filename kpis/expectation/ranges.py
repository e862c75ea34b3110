"""From a mean, a spread and a skew to a range and back: the Wilson-Hilferty cube, widened as Student's t."""

import numpy as np

from .types import Floats

Z95 = 1.959963984540054


def student(z: float | Floats, df: Floats) -> Floats:
    """The t quantile that a normal z becomes with few degrees of freedom (Cornish-Fisher, first term)."""
    return np.asarray(z + (z**3 + z) / (4 * np.maximum(df, 3.0)))


def bound(mean: Floats, sd: Floats, skew: Floats, z: Floats) -> Floats:
    """The value z deviations away (signed) under a shifted gamma with that mean, sd and skewness.

    A shifted gamma with a long upper tail ends just under its mode, where real figures do not: the lower bound is
    never above that of the gamma that starts at 0; under a long lower tail the upper one is never below a normal's.
    """
    g, wide = _skew(skew), _variation(mean, sd)
    shifted = mean + sd * 2 / g * (np.maximum(1 + g * z / 6 - g**2 / 36, 0.0) ** 3 - 1)
    plain = mean * np.maximum(1 - wide**2 / 9 + z * wide / 3, 0.0) ** 3
    low = np.where((mean > 0) & (skew > 0), np.minimum(shifted, plain), shifted)
    high = np.where(skew < 0, np.maximum(shifted, mean + z * sd), shifted)
    return np.asarray(np.where(z > 0, high, low))


def score(value: Floats, mean: Floats, sd: Floats, skew: Floats) -> Floats:
    """The z of a value: the inverse of `bound` (normal z, not widened)."""
    sd = np.maximum(sd, 1e-12)
    g, wide, away = _skew(skew), _variation(mean, sd), (value - mean) / sd
    cube = 1 + away * g / 2
    shifted = 6 / g * (np.cbrt(np.maximum(cube, 0.0)) - 1 + g**2 / 36)
    plain = (np.cbrt(np.maximum(value, 0.0) / np.where(mean > 0, mean, 1.0)) - 1 + wide**2 / 9) * 3 / wide
    low = np.minimum(np.where(cube > 0, np.maximum(shifted, plain), plain), 0.0)
    high = np.where(cube > 0, np.minimum(shifted, away), away)
    found = np.where((skew < 0) & (shifted > 0), high, shifted)
    return np.where((skew > 0) & (shifted < 0) & (mean > 0), low, found)


def _skew(skew: Floats) -> Floats:
    """Skewness kept away from 0, where the cube is a plain normal."""
    return np.where(np.abs(skew) < 1e-3, 1e-3, skew)


def _variation(mean: Floats, sd: Floats) -> Floats:
    """Coefficient of variation, kept away from 0."""
    return np.maximum(sd / np.where(mean > 0, mean, 1.0), 1e-9)
