"""Questions nobody should ask: each is one plain sentence, or an honest blank."""

from typing import Any

import pytest
from django.core.management import CommandError

from kpis.models import Target
from tests.kpis.world import World, ask


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as-of", "2028-01-02", "--last", "0"), "last periods are a number from 1"),
        (("--as-of", "2028-01-02", "--last", "5000000"), "last periods are a number from 1"),
        (("--as-of", "0001-01-01", "--compare", "n1"), "not between 1900 and 2199"),
        (("--start", "2028-01-02", "--end", "9999-12-31"), "not between 1900 and 2199"),
        (("--as-of", "2028-01-02", "--where", "channel=SEA", "--where", "channel=SEO"), "given twice"),
        (("--as-of", "2028-01-02", "--by", "channel,channel"), "names a dimension twice"),
    ],
)
def test_a_senseless_question_is_told_in_a_sentence(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        world.values("orders", "day", *arguments)


def test_no_calendar_reaches_back_for_ever(world: World) -> None:
    with pytest.raises(CommandError, match="reach back before any calendar"):
        world.values("orders", "year", "--as-of", "1900-01-02", "--last", "9999")


def test_a_stock_unknown_on_a_day_is_not_a_division(world: World) -> None:
    world.facts("date,sessions,stock", "2028-01-01,1,5", "2028-01-02,1,", "2028-01-03,1,7")
    (found,) = world.values("stock", "day", "--as-of", "2028-01-02")
    assert (found["value"], found["reason"]) == (None, "no_data")


def test_a_division_by_zero_is_said_to_be_one(world: World) -> None:
    world.orders("C1,2028-01-01 10:00,x,-1,5,,SEA,", "O2,2028-01-02 10:00,x,1,5,,SEA,")
    (found,) = world.values("cancellation_rate", "day", "--as-of", "2028-01-01")
    assert (found["value"], found["reason"]) == (None, "nothing_to_divide_by")


# ---- targets ----------------------------------------------------------------------------------------------------


def _against(world: World, indicator: str, start: str, end: str, *target: str) -> dict[str, Any]:
    ask("set_target", "--indicator", indicator, "--start", start, "--end", end, *target)
    (row,) = world.values(indicator, "range", "--start", start, "--end", end, "--compare", "target")
    found: dict[str, Any] = row["compare"]["target"]
    return found


def test_a_target_is_read_over_the_days_the_value_knows(world: World) -> None:
    world.orders("O1,2028-03-01,x,1,10,,SEA,", "O2,2028-03-10,x,1,30,,SEA,")
    found = _against(world, "gross_revenue", "2028-03-01", "2028-03-31", "--value", "310")
    assert (found["value"], found["current"]) == (100, 40)
    assert (found["start"], found["end"], found["current_end"]) == ("2028-03-01", "2028-03-10", "2028-03-10")


def test_a_target_is_not_held_against_a_value_with_holes(world: World) -> None:
    world.facts("date,sessions", "2028-01-01,1", "2028-01-31,1")
    world.facts("date,sessions", "2028-03-01,1", "2028-03-31,1")
    found = _against(world, "sessions", "2028-01-01", "2028-03-31", "--value", "910")
    assert (found["value"], found["change"], found["reason"]) == (910, None, "holes")


def test_a_distinct_count_is_not_held_against_its_target_before_its_period_is_over(world: World) -> None:
    world.orders("O1,2028-03-01,x,1,10,ada,SEA,", "O2,2028-03-10,x,1,30,bob,SEA,")
    found = _against(world, "active_customers", "2028-03-01", "2028-03-31", "--value", "50")
    assert (found["value"], found["current"], found["change"], found["reason"]) == (50, None, None, "holes")


@pytest.mark.parametrize(
    ("low", "high", "reference", "change"),
    [("0", "30", 30, 1 / 3), ("50", "60", 50, -0.2), ("10", "50", 40, 0)],
)
def test_two_bounds_compare_with_the_nearest(
    world: World, low: str, high: str, reference: float, change: float
) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-31,x,1,30,,SEA,")
    found = _against(world, "aov", "2028-01-01", "2028-01-31", "--low", "0", "--high", "1")
    assert (found["value"], found["current"]) == (1, 20)
    found = _against(world, "gross_revenue", "2028-01-01", "2028-01-31", "--low", low, "--high", high)
    assert (found["value"], found["change"]) == (reference, pytest.approx(change))


@pytest.mark.parametrize(
    "figures",
    [("--value", "nan"), ("--value", "Infinity"), ("--value", "1e30"), ("--low", "5", "--high", "3")],
)
def test_a_target_that_is_no_figure_is_refused_in_a_sentence(world: World, figures: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        _against(world, "orders", "2028-01-01", "2028-01-31", *figures)
    assert not Target.objects.exists()


def test_a_night_far_in_the_future_is_refused(world: World) -> None:
    """It would close what is open, and make every later night one of the past."""
    world.orders("O1,2028-01-01,x,1,10,,SEA,")
    with pytest.raises(CommandError, match="in the future"):
        ask("recompute", "--as-of", "2099-01-01")
