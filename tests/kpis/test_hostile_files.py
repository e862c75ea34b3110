"""Files nobody would write on purpose: each costs its own bad rows, never the whole file and never other figures."""

from datetime import date
from typing import Any

import pytest

from intake.models import ImportRun, State
from intake.runs import Refused, import_file
from tests.kpis.world import ORDER_COLUMNS, World

GOOD = [f"G{n},2028-01-02 10:{n:02},x,1,1,,SEA," for n in range(20)]


def _orders(world: World, *lines: str) -> ImportRun:
    return import_file(world.file("\n".join([ORDER_COLUMNS, *GOOD, *lines]) + "\n"), kind="orders")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("B1,2028-01-02 11:00,x,1" + "0" * 12 + ",1,,SEA,", "“quantity”: “1000000000000” is too large."),
        ("B1,2028-01-02 11:00,x,9999999,9999999,,SEA,", "The amount, quantity × unit price, is too large."),
        ("B" * 121 + ",2028-01-02 11:00,x,1,1,,SEA,", "“order_id” is longer than 120 characters."),
        (f"B1,2028-01-02 11:00,x,1,1,{'c' * 121},SEA,", "“customer” is longer than 120 characters."),
        (f"B1,2028-01-02 11:00,x,1,1,,{'s' * 3000},", "“channel” is longer than 200 characters."),
    ],
)
def test_an_order_line_that_cannot_be_kept_is_rejected_alone(world: World, line: str, reason: str) -> None:
    run = _orders(world, line)
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 20, 1)
    assert [(reject.line, reject.reason % reject.values) for reject in run.rejects.all()] == [(22, reason)]
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 20


def test_a_figure_that_cannot_be_kept_is_rejected_alone(world: World) -> None:
    rows = [f"2028-01-{day:02},1" for day in range(1, 10)]
    run = world.facts("date,sessions", *rows, "2028-01-10," + "9" * 30)
    assert (run.rows_accepted, run.rows_rejected) == (9, 1)
    assert world.value("sessions", "2028-01-01", "2028-01-09") == 9


def test_control_characters_are_left_out_of_texts(world: World) -> None:
    run = _orders(
        world, "H1,2028-01-02 11:00,x\x07,1,5,ada\x01,S\x01E\x02A,", "H2,2028-01-02 11:00,x,1,7,,\x02,"
    )
    assert (run.state, run.rows_rejected) == (State.DONE, 0)
    assert world.by("gross_revenue", "2028-01-02", "2028-01-02", "channel") == {("SEA",): 25, (None,): 7}


def test_an_export_cut_within_a_minute_loses_no_order(world: World) -> None:
    """As made page by page: the last orders of a page and the first of the next are of the same minute."""
    pages = (
        ["O1,2028-01-02 10:14,x,1,1,,SEA,", "O2,2028-01-02 10:15,x,1,10,,SEA,"],
        ["O3,2028-01-02 10:15,x,1,100,,SEA,", "O4,2028-01-02 10:15,x,1,1000,,SEA,"],
        ["O5,2028-01-02 10:15,x,1,10000,,SEA,", "O6,2028-01-02 10:16,x,1,100000,,SEA,"],
    )
    runs = [world.orders(*page) for page in (pages[1], pages[2], pages[0])]
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 111111
    world.undo(runs[1])
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 1111


def test_a_file_without_times_replaces_whole_days(world: World) -> None:
    world.orders("O1,2028-01-02 10:14,x,1,1,,SEA,", "O2,2028-01-03 23:59,x,1,10,,SEA,")
    world.orders("O3,2028-01-02,x,1,100,,SEA,", "O4,2028-01-03,x,1,1000,,SEA,", mapping={"covers": "full"})
    assert world.value("gross_revenue", "2028-01-02", "2028-01-03") == 1100


def test_a_file_that_ends_at_midnight_sharp_does_not_speak_for_the_day_it_begins(world: World) -> None:
    world.orders("O1,2028-01-03 15:00,x,1,1,,SEA,")
    world.orders("O2,2028-01-02 10:00,x,1,10,,SEA,", "O3,2028-01-03 00:00,x,1,100,,SEA,")
    assert world.value("gross_revenue", "2028-01-02", "2028-01-03") == 111


def test_orders_and_figures_under_one_source_name_do_not_wipe_each_other(world: World) -> None:
    world.facts("date,sessions", "2028-01-02,30", source="shop")
    world.orders("O1,2028-01-02 10:00,x,1,10,,SEA,", source="shop")
    assert world.value("sessions", "2028-01-02", "2028-01-02") == 30
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 10
    world.facts("date,sessions", "2028-01-02,40", source="shop")
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 10
    assert world.value("conversion_rate", "2028-01-02", "2028-01-02") == 0.025


@pytest.mark.parametrize("source", ["My shop", "a" * 51, "../x", "é"])
def test_a_source_that_is_no_code_is_refused(world: World, source: str) -> None:
    with pytest.raises(Refused, match="source"):
        import_file(world.file(f"{ORDER_COLUMNS}\n{GOOD[0]}\n"), source=source)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("mapping", [{"dialect": {"delimiter": 3}}, {"dialect": "x"}, {"source": 3.5}])
def test_a_mapping_of_the_wrong_form_is_refused(world: World, mapping: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        import_file(world.file(f"{ORDER_COLUMNS}\n{GOOD[0]}\n"), mapping=mapping)
    assert not ImportRun.objects.exists()


def test_a_slip_of_the_year_is_rejected_and_replaces_nothing(world: World) -> None:
    """A row dated 2062 or 2016 must not make the file speak for all the years between."""
    world.orders("K1,2027-03-01 10:00,x,1,500,,SEA,", "K2,2029-03-01 10:00,x,1,700,,SEA,")
    world.facts("date,sessions", "2027-03-01,40")
    many = [f"M{n},2028-01-{1 + n % 28:02} 10:{n % 60:02},x,1,1,,SEA," for n in range(200)]
    run = world.orders(*many, "S1,2062-01-03 10:00,x,1,9,,SEA,", "S2,2016-01-03 10:00,x,1,9,,SEA,")
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 200, 2)
    assert (run.period_start, run.period_end) == (date(2028, 1, 1), date(2028, 1, 28))
    assert {reject.line for reject in run.rejects.all()} == {202, 203}
    assert "2062-01-03 is more than half a year away" in str([r.reason % r.values for r in run.rejects.all()])
    assert world.value("gross_revenue", "2027-03-01", "2027-03-01") == 500
    assert world.value("gross_revenue", "2029-03-01", "2029-03-01") == 700

    days = [f"2028-01-{1 + n % 28:02},1,{device}" for n in range(112) for device in [f"d{n // 28}"]]
    run = world.facts("date,sessions,device", *days, "2016-01-01,1,d0")
    assert run.rows_rejected == 1
    assert world.value("sessions", "2027-03-01", "2027-03-01") == 40


def test_rows_spread_over_years_are_all_kept(world: World) -> None:
    years = [f"{year}-06-01,1" for year in range(2000, 2028)]
    assert world.facts("date,sessions", *years).rows_rejected == 0
