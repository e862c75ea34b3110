"""Refunds under the number of their sale keep their own day, whatever file brings which: neither erases the other."""

from typing import Any

import pytest

from intake.models import ImportRun, State
from intake.runs import import_file, undo
from kpis.models import CustomerOrder
from tests.kpis.world import World, difference, figures

COLUMNS = "order_id,date,product,quantity,unit_price"


def given(world: World, *lines: str, **options: Any) -> ImportRun:
    return import_file(world.file("\n".join([COLUMNS, *lines]) + "\n"), kind="orders", **options)


def line(number: object, day: str, quantity: int = 1, price: int = 10, at: str = "10:00") -> str:
    return f"{number},2026-{day} {at},P,{quantity},{price}"


def by_month(world: World, months: int = 3) -> dict[str, list[Any]]:
    """March and the months after it."""
    asked = ("month", "--start", "2026-03-01", "--end", f"2026-{2 + months:02}-28")
    return {
        code: [value["value"] for value in world.values(code, *asked)]
        for code in ("gross_revenue", "cancelled_value", "cancelled_orders")
    }


SALES = [line(number, f"03-0{number}") for number in range(1, 5)]
REFUNDS = [line(1, "04-05", -1), line(50, "04-06"), line(51, "04-09")]


def test_a_refund_in_a_later_file_leaves_the_sale_of_its_number(world: World) -> None:
    given(world, *SALES)
    run = given(world, *REFUNDS)
    told = {"gross_revenue": [40, 20], "cancelled_value": [0, 10], "cancelled_orders": [0, 1]}
    assert by_month(world, 2) == told
    assert run.said_warnings == []
    before = figures()
    again = given(world, *SALES[:2], line(3, "03-03", 2), SALES[3])  # the sales again, one corrected
    assert by_month(world, 2)["cancelled_value"] == [0, 10]
    undo(again.pk, by=None)
    assert difference(before, figures()) == {}


def test_files_of_sales_and_refunds_tell_the_same_in_any_order(world: World) -> None:
    files = [SALES, REFUNDS, [line(1, "05-02", -1, 3), line(60, "05-07")]]
    for lines in files:
        given(world, *lines)
    told = by_month(world)
    for run in ImportRun.objects.live().order_by("-pk"):
        undo(run.pk, by=None)
    for lines in reversed(files):
        given(world, *lines)
    assert by_month(world) == told
    assert (told["gross_revenue"], told["cancelled_value"]) == ([40, 20, 10], [0, 10, 3])


def test_a_refund_of_the_same_file_counts_on_its_own_day(world: World) -> None:
    given(
        world,
        *SALES,
        line(1, "04-15", -1),
        line(2, "05-20", -1, 4),
        line(2, "05-21", -1, 2),
        line(9, "05-22"),
    )
    told = by_month(world)
    assert (told["gross_revenue"], told["cancelled_value"]) == ([40, 0, 10], [0, 10, 6])


@pytest.mark.parametrize("day", ["03-01", "03-04"])
def test_a_discount_or_a_payment_is_no_refund_whenever_it_was_booked(world: World, day: str) -> None:
    run = given(world, line(1, "03-01", 1, 50), line(1, day, 1, -20), line(2, "03-02"))
    assert by_month(world, 1) == {"gross_revenue": [60], "cancelled_value": [0], "cancelled_orders": [0]}
    assert run.totals["left_out"] == "-20"


def test_the_same_refund_again_replaces_itself(world: World) -> None:
    given(world, *SALES)
    given(world, *REFUNDS)
    given(world, line(1, "04-05", -1, 8), *REFUNDS[1:])
    assert by_month(world, 2)["cancelled_value"] == [0, 8]
    whole = given(world, *SALES, *REFUNDS)
    assert by_month(world, 2)["cancelled_value"] == [0, 10]
    undo(whole.pk, by=None)
    assert by_month(world, 2)["cancelled_value"] == [0, 8]


def test_one_refund_as_a_change_adds_itself_to_what_is_known(world: World) -> None:
    given(world, *SALES)
    run = given(world, line(2, "03-20", -1), mapping={"covers": "changes"})
    assert run.state == State.DONE
    assert by_month(world, 1) == {"gross_revenue": [40], "cancelled_value": [10], "cancelled_orders": [1]}


def test_a_credit_on_the_day_of_its_order_comes_back_within_it(world: World) -> None:
    given(world, line(1, "03-02", -1), mapping={"covers": "changes"})
    given(world, line(1, "03-02", at="09:00"), line(1, "03-02", -1, at="09:00"))
    assert by_month(world, 1)["cancelled_value"] == [10]
    assert CustomerOrder.objects.filter(superseded_by=None).count() == 1


def test_sales_of_one_order_on_several_days_are_told(world: World) -> None:
    run = given(
        world, *SALES, line(1, "04-02", 2), line(2, "03-02", at="11:00"), line(5, "03-05", at="23:59")
    )
    assert by_month(world, 1)["gross_revenue"] == [80]
    (said,) = run.said_warnings
    assert "first line: 1 (the first is line 6), 20.00 in all" in said


@pytest.mark.parametrize("zero", [0, -1])
def test_what_comes_back_without_money_is_no_credit(world: World, zero: int) -> None:
    given(world, line(1, "03-02"), line(2, "03-03", zero, 0))
    assert not CustomerOrder.objects.filter(is_credit=True).exists()
