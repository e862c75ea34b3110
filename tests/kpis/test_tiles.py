"""What a tile says of a movement."""

from datetime import date

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
