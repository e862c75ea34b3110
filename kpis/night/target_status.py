"""Where a figure stands: its relative gap, and its status against a target."""

from kpis.models import Direction, Indicator, Status
from kpis.targets import Bounds

DEFAULT_AMBER, DEFAULT_RED = 0.02, 0.05


def relative(value: float | None, reference: float | None) -> float | None:
    """(value − reference) ÷ |reference|; None without a reference or with one of 0."""
    if value is None or not reference:
        return None
    return (value - reference) / abs(reference)


def status_of(indicator: Indicator, value: float | None, bounds: Bounds | None) -> Status:
    """Where a value stands against its target, by the indicator's thresholds."""
    if value is None or bounds is None:
        return Status.NONE
    low = float(bounds.value)
    if bounds.high is not None:
        return _within(value, low, float(bounds.high))
    off = relative(value, low)
    if off is None:
        return Status.NONE
    amber = abs(float(indicator.amber)) if indicator.amber is not None else DEFAULT_AMBER
    red = abs(float(indicator.red)) if indicator.red is not None else DEFAULT_RED
    bad = (
        abs(off)
        if indicator.direction == Direction.RANGE
        else (off if indicator.direction == Direction.DOWN else -off)
    )
    return Status.RED if bad >= red else Status.AMBER if bad >= amber else Status.GOOD


def _within(value: float, low: float, high: float) -> Status:
    """Inside the bounds is good; beyond them by more than a twentieth of the nearer bound is red."""
    if low <= value <= high:
        return Status.GOOD
    bound = low if value < low else high
    return Status.RED if abs(value - bound) > abs(bound) * DEFAULT_RED else Status.AMBER
