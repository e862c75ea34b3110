"""Questions nobody should ask: each is one plain sentence, or an honest blank."""

import pytest
from django.core.management import CommandError

from tests.kpis.world import World


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as-of", "2028-01-02", "--last", "0"), "--last is a number from 1"),
        (("--as-of", "2028-01-02", "--last", "5000000"), "--last is a number from 1"),
        (("--as-of", "1900-01-02", "--last", "9999", "--grain", "year"), "reaches back before any calendar"),
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


def test_a_stock_unknown_on_a_day_is_not_a_division(world: World) -> None:
    world.facts("date,sessions,stock", "2028-01-01,1,5", "2028-01-02,1,", "2028-01-03,1,7")
    (found,) = world.values("stock", "day", "--as-of", "2028-01-02")
    assert (found["value"], found["reason"]) == (None, "no_data")


def test_a_division_by_zero_is_said_to_be_one(world: World) -> None:
    world.orders("C1,2028-01-01 10:00,x,-1,5,,SEA,", "O2,2028-01-02 10:00,x,1,5,,SEA,")
    (found,) = world.values("cancellation_rate", "day", "--as-of", "2028-01-01")
    assert (found["value"], found["reason"]) == (None, "nothing_to_divide_by")
