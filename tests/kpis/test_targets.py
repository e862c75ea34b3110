"""Targets: phased to days without a cent lost, the narrowest wins, older versions stay."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.calendar import Period
from kpis.models import Target, TargetDay
from kpis.targets import Bounds, TargetBook, TargetError, set_target
from tests.kpis.world import World, ask, taken_back

NOON = datetime(2028, 6, 1, 12, tzinfo=UTC)


def put(indicator: str, start: str, end: str, value: str = "", **options: Any) -> Target:
    return set_target(
        indicator=indicator,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
        value=Decimal(value) if value else None,
        at=NOON,
        **options,
    )


def days_of(target: Target) -> dict[str, Decimal]:
    return {str(day): value for day, value in target.days.values_list("date", "value")}


def held(indicator: str, start: str, end: str, segment: str = "{}", **options: Any) -> Bounds | None:
    return TargetBook().bounds(
        indicator, segment, Period(date.fromisoformat(start), date.fromisoformat(end)), **options
    )


# ---- phasing ----------------------------------------------------------------------------------------------------


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(["gross_revenue", "orders", "net_revenue"]),
    st.decimals(0, 10**9, places=2),
    st.dates(date(2028, 1, 1), date(2029, 12, 31)),
    st.integers(1, 400),
)
def test_the_days_sum_to_the_target_exactly(
    world: World, indicator: str, value: Decimal, start: date, length: int
) -> None:
    with taken_back():
        world.orders(*[f"O{n},2027-{n % 12 + 1:02}-{n % 28 + 1:02},x,1,{n}.37,,SEA," for n in range(1, 40)])
        target = set_target(
            indicator=indicator, start=start, end=start + timedelta(days=length - 1), value=value, at=NOON
        )
        shares = list(TargetDay.objects.filter(target=target).order_by("date").values_list("date", "value"))
        assert [day for day, _share in shares] == list(Period(target.start, target.end))
        assert sum(share for _day, share in shares) == value
        assert min(share for _day, share in shares) >= 0


def test_the_shape_is_that_of_the_comparable_days_of_last_year(world: World) -> None:
    """364 days before: the same weekdays."""
    world.orders("O1,2027-05-31,x,3,10,,SEA,", "O2,2027-06-01,x,1,10,,SEA,", "O3,2027-06-06,x,6,10,,SEA,")
    target = put("gross_revenue", "2028-05-29", "2028-06-04", "1000")
    assert {day: value for day, value in days_of(target).items() if value} == {
        "2028-05-29": 300,
        "2028-05-30": 100,
        "2028-06-04": 600,
    }


def test_without_last_year_the_weekdays_seen_give_the_shape(world: World) -> None:
    monday = date(2028, 1, 3)
    world.orders(*[f"O{n},{monday + timedelta(days=7 * n)},x,1,10,,SEA," for n in range(8)])
    target = put("gross_revenue", "2028-03-06", "2028-03-12", "70")
    assert {day: value for day, value in days_of(target).items() if value} == {"2028-03-06": 70}


def test_without_any_history_open_days_share_evenly(world: World) -> None:
    target = put("orders", "2028-03-06", "2028-03-08", "10")
    assert sorted(days_of(target).values()) == [3, 3, 4]


def test_the_shares_are_frozen_with_the_target(world: World) -> None:
    target = put("gross_revenue", "2028-05-29", "2028-06-04", "700")
    before = days_of(target)
    world.orders("O1,2027-05-31,x,3,10,,SEA,", "O3,2027-06-06,x,6,10,,SEA,")
    assert days_of(target) == before


def test_a_segment_is_phased_by_its_own_shape(world: World) -> None:
    world.orders("O1,2027-05-31,x,3,10,,SEA,", "O2,2027-06-06,x,9,10,,SEO,")
    target = put("gross_revenue", "2028-05-29", "2028-06-04", "70", where={"channel": "SEA"})
    assert {day: value for day, value in days_of(target).items() if value} == {"2028-05-29": 70}


@pytest.mark.parametrize(
    "indicator", ["aov", "cancellation_rate", "active_customers", "stock", "returning_rate"]
)
def test_what_does_not_add_up_over_days_is_not_phased(world: World, indicator: str) -> None:
    assert days_of(put(indicator, "2028-01-01", "2028-01-31", "5")) == {}


# ---- reading ----------------------------------------------------------------------------------------------------


def test_the_narrowest_target_wins_day_by_day(world: World) -> None:
    put("orders", "2028-01-01", "2028-01-31", "310")
    put("orders", "2028-01-10", "2028-01-12", "90")
    assert held("orders", "2028-01-01", "2028-01-31") == Bounds(Decimal(310))  # its own period
    assert held("orders", "2028-01-09", "2028-01-13") == Bounds(Decimal(110))
    assert held("orders", "2028-01-31", "2028-02-01") is None


def test_a_level_holds_on_every_day_of_its_period_and_no_other(world: World) -> None:
    put("aov", "2028-01-01", "2028-03-31", "80")
    put("aov", "2028-02-01", "2028-02-29", "90")
    assert held("aov", "2028-01-05", "2028-01-05") == Bounds(Decimal(80))
    assert held("aov", "2028-02-05", "2028-02-09") == Bounds(Decimal(90))
    assert held("aov", "2028-01-31", "2028-02-01") == Bounds(Decimal(80))
    assert held("aov", "2028-03-31", "2028-04-01") is None


def test_a_distinct_count_has_a_target_for_its_own_period_only(world: World) -> None:
    world.orders("O1,2028-01-05,x,1,10,ada,SEA,")
    put("active_customers", "2028-01-01", "2028-01-31", "1000")
    for grain, wanted in (("month", 1000), ("week", None), ("day", None)):
        rows = world.values(
            "active_customers", grain, "--start", "2028-01-05", "--end", "2028-01-05", "--compare", "target"
        )
        assert {row["compare"]["target"]["value"] for row in rows} == {wanted}


def test_bounds_are_read_as_two(world: World) -> None:
    put("aov", "2028-01-01", "2028-01-31", low=Decimal(70), high=Decimal(90))
    assert held("aov", "2028-01-05", "2028-01-05") == Bounds(Decimal(70), Decimal(90))


def test_setting_again_keeps_the_older_version(world: World) -> None:
    first = put("orders", "2028-01-01", "2028-01-31", "310")
    second = put("orders", "2028-01-01", "2028-01-31", "620")
    first.refresh_from_db()
    assert (first.version, first.replaced_at, second.version) == (1, NOON, 2)
    assert held("orders", "2028-01-01", "2028-01-31") == Bounds(Decimal(620))
    assert sum(days_of(first).values()) == 310


def test_segments_have_their_own_targets(world: World) -> None:
    put("orders", "2028-01-01", "2028-01-31", "310", where={"channel": "SEA"})
    assert held("orders", "2028-01-01", "2028-01-31") is None
    assert held("orders", "2028-01-01", "2028-01-31", '{"channel":"SEA"}') == Bounds(Decimal(310))


@pytest.mark.parametrize(
    "wrong",
    [
        {"indicator": "wishes"},
        {"start": "2028-02-01"},
        {"where": {"planet": "Mars"}},
    ],
)
def test_a_target_that_makes_no_sense_is_refused_and_nothing_changes(
    world: World, wrong: dict[str, Any]
) -> None:
    good = {"indicator": "orders", "start": "2028-01-01", "end": "2028-01-31", "value": "1"}
    with pytest.raises(TargetError):
        put(**(good | wrong))
    assert not Target.objects.exists()


def test_the_command_sets_one_and_kpi_values_compare_with_it(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-31,x,1,30,,SEA,")
    arguments = (
        "--indicator",
        "gross_revenue",
        "--start",
        "2028-01-01",
        "--end",
        "2028-01-31",
        "--value",
        "50",
    )
    document = ask("set_target", *arguments)
    assert list(document) == ["target"]
    assert Target.objects.get().pk == document["target"]
    (row,) = world.values(
        "gross_revenue", "month", "--start", "2028-01-01", "--end", "2028-01-31", "--compare", "target"
    )
    compared = row["compare"]["target"]
    assert (compared["value"], compared["current"], compared["change"]) == (50, 40, -0.2)
