"""What a tile says of a movement."""

from datetime import date

import pytest
from django.utils.translation import override

from kpis.models import Gap, Indicator, Signal
from kpis.pages.tiles import IndicatorLine


def line(grain: str, expected: float | None, signal: Signal) -> IndicatorLine:
    indicator = Indicator(code="orders", formula="orders", unit="count")
    gap = Gap(grain=grain, start=date(2026, 10, 1), end=date(2026, 10, 31), expected=expected, signal=signal)
    return IndicatorLine(indicator, gap, [])


def test_a_past_month_is_not_called_too_short_a_history() -> None:
    assert line("month", None, Signal.UNKNOWN).signal == ""
    assert line("month", 5.0, Signal.HIGH).signal == Signal.HIGH
    assert line("mtd", None, Signal.UNKNOWN).signal == Signal.UNKNOWN


def test_what_cannot_be_judged_says_why() -> None:
    late = line("day", None, Signal.UNKNOWN)
    partly = line("mtd", None, Signal.UNKNOWN)
    assert late.gap is not None
    assert partly.gap is not None
    late.gap.reason = "no_data"
    partly.gap.days_present, partly.gap.days_expected = 20, 25
    assert (late.signal, partly.signal) == ("missing", "partial")


@pytest.mark.parametrize(("present", "said"), [(0, False), (20, True), (25, False)])
def test_a_tile_says_how_many_of_its_days_are_known_where_not_all_are(present: int, *, said: bool) -> None:
    shown = line("mtd", None, Signal.NOISE)
    assert shown.gap is not None
    shown.gap.days_present, shown.gap.days_expected = present, 25
    with override("en"):
        assert ("20 of 25 days known" in shown.tile().period) is said


@pytest.mark.parametrize(
    ("value", "said"), [(95.0, Signal.NOISE), (79.0, "edge"), (121.0, "edge"), (None, Signal.NOISE)]
)
def test_what_is_outside_its_range_is_not_called_usual(value: float | None, said: str) -> None:
    """The range is that of 95 % of days, a signal needs more: between the two, a figure is neither."""
    shown = line("day", 100.0, Signal.NOISE)
    assert shown.gap is not None
    shown.gap.value, shown.gap.low, shown.gap.high = value, 80.0, 120.0
    assert shown.signal == said
