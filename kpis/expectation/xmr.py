"""Process behaviour charts (Wheeler, "Understanding Variation"; xmrit.com's manual): XmR limits and three rules.

Natural process limits = mean ± 2.66 × mean moving range, upper range limit 3.268 × it; with medians 3.145, 3.865.
"""

from dataclasses import dataclass

import numpy as np

from .types import Floats, Rule

PROVISIONAL = 12  # points under which limits are provisional
RUN = 8  # in a row on one side


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
    """XmR limits of the known values from `since` on (rebased after an understood change); None under 2."""
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
    """Which of the three rules the last known value completes: outside, 3 of 4 nearer a limit, 8 in a row."""
    x = np.asarray(values, float)
    x = x[np.isfinite(x)] - limits.centre
    reach = limits.high - limits.centre
    if not len(x) or reach <= 0:
        return ()
    same = np.sign(x) == np.sign(x[-1])
    near = same & (np.abs(x) > reach / 2)
    found = {
        Rule.LIMITS: abs(x[-1]) > reach,
        Rule.NEAR_LIMIT: len(x) >= 4 and bool(near[-1]) and near[-4:].sum() >= 3,
        Rule.RUN: len(x) >= RUN and x[-1] != 0 and bool(same[-RUN:].all()),
    }
    return tuple(rule for rule, hit in found.items() if hit)
