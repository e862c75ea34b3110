"""Facts to values: every grain, sum over sum, blank told from zero, one cut per question."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from base.calendar import Period
from kpis.catalogue import load_catalogue
from kpis.coverage import last_day
from kpis.models import Coverage, Cut
from kpis.values import Question, compute
from tests.kpis.world import World, pack_text

YEAR = [
    # two customers, two channels, over a leap day, a year's end and a guest
    "O1,2027-12-31 10:00,chair,1,100,ada,SEA,mobile",
    "O2,2028-01-01 10:00,chair,2,100,ada,SEO,desktop",
    "O3,2028-02-29 10:00,table,1,50,bob,SEA,desktop",
    "O4,2028-02-29 11:00,table,3,10,,SEA,mobile",
    "C5,2028-03-01 09:00,table,-1,50,bob,SEA,desktop",
    "O6,2028-04-02 09:00,lamp,1,7.5,ada,SEA,mobile",
]


def starts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["start"]: row["value"] for row in rows}


# ---- every grain ------------------------------------------------------------------------------------------------


def test_every_grain_sums_the_days_it_holds(world: World) -> None:
    world.orders(*YEAR)
    span = ("--start", "2027-12-31", "--end", "2028-04-02")
    days = starts(world.values("gross_revenue", "day", *span))
    assert {day: value for day, value in days.items() if value} == {
        "2027-12-31": 100,
        "2028-01-01": 200,
        "2028-02-29": 80,
        "2028-04-02": 7.5,
    }
    assert len(days) == 94
    weeks = starts(world.values("gross_revenue", "week", *span))
    assert (weeks["2027-12-27"], weeks["2028-02-28"], weeks["2028-03-27"]) == (300, 80, 7.5)
    assert starts(world.values("gross_revenue", "month", *span)) == {
        "2027-12-01": 100,
        "2028-01-01": 200,
        "2028-02-01": 80,
        "2028-03-01": 0,
        "2028-04-01": 7.5,
    }
    quarters = starts(world.values("gross_revenue", "quarter", *span))
    assert quarters == {"2027-10-01": 100, "2028-01-01": 280, "2028-04-01": 7.5}
    assert starts(world.values("gross_revenue", "year", *span)) == {"2027-01-01": 100, "2028-01-01": 287.5}
    assert world.value("gross_revenue", "2028-01-01", "2028-02-29") == 280


@pytest.mark.parametrize(
    ("grain", "start", "revenue", "customers"),
    [
        ("wtd", "2028-02-28", 80, 1),
        ("mtd", "2028-02-01", 80, 1),
        ("qtd", "2028-01-01", 280, 2),
        ("ytd", "2028-01-01", 280, 2),
    ],
)
def test_to_date_grains_stop_at_the_day_asked(
    world: World, grain: str, start: str, revenue: float, customers: int
) -> None:
    world.orders(*YEAR)
    found = world.values("gross_revenue,active_customers", grain, "--as-of", "2028-02-29")
    assert [(v["start"], v["end"], v["value"]) for v in found] == [
        (start, "2028-02-29", revenue),
        (start, "2028-02-29", customers),
    ]


def test_the_last_whole_periods_end_on_or_before_the_day_asked(world: World) -> None:
    world.orders(*YEAR)
    found = world.values("gross_revenue", "month", "--as-of", "2028-02-28", "--last", "2")
    assert starts(found) == {"2027-12-01": 100, "2028-01-01": 200}


def test_nothing_after_as_of_is_seen(world: World) -> None:
    """As of a day inside the month, the month is known up to that day."""
    world.orders(*YEAR)
    (found,) = world.values(
        "gross_revenue", "month", "--as-of", "2028-04-01", "--start", "2028-04-01", "--end", "2028-04-30"
    )
    assert found["days_present"] == 1
    assert found["value"] == 0


def test_weeks_start_and_years_begin_when_the_company_says(world: World, tmp_path: Any) -> None:
    from kpis.packs.load import load_pack

    world.orders(*YEAR)
    load_pack('[calendar]\nweek_start = "sunday"\nfiscal_year_start = 4\n')
    span = ("--start", "2028-02-29", "--end", "2028-04-02")
    weeks = starts(world.values("gross_revenue", "week", *span))
    assert (weeks["2028-02-27"], weeks["2028-04-02"]) == (80, 7.5)
    assert starts(world.values("gross_revenue", "year", *span)) == {"2027-04-01": 380, "2028-04-01": 7.5}


# ---- ratios -----------------------------------------------------------------------------------------------------


def test_a_ratio_is_sum_over_sum_never_a_mean_of_ratios(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-02,x,1,100,,SEO,", "O3,2028-01-02,x,1,400,,SEA,")
    assert world.value("aov", "2028-01-01", "2028-01-02") == 170
    assert world.by("aov", "2028-01-01", "2028-01-02", "channel") == {("SEA",): 205, ("SEO",): 100}


def test_division_by_zero_is_blank_with_its_reason(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-03,x,1,100,,SEO,")
    (found,) = world.values("aov", "range", "--start", "2028-01-02", "--end", "2028-01-02")
    assert (found["value"], found["reason"]) == (None, "nothing_to_divide_by")


def test_filters_in_formulas_and_in_questions_meet(world: World) -> None:
    world.orders(*YEAR)
    span = ("2027-12-31", "2028-04-02")
    assert world.value("sea_revenue", *span) == 187.5
    assert world.value("sea_mobile_revenue", *span) == 137.5
    assert world.value("sea_share", *span) == pytest.approx(187.5 / 387.5)
    assert world.value("sea_revenue", *span, "--where", "device=mobile") == 137.5
    assert world.value("sea_revenue", *span, "--where", "channel=SEO") == 0
    assert world.by("sea_revenue", *span, "device") == {("desktop",): 50, ("mobile",): 137.5}
    by_channel = world.by("sea_revenue", *span, "channel")
    assert by_channel[("SEA",)] == 187.5
    assert not by_channel.get(("SEO",))


# ---- blank and zero ---------------------------------------------------------------------------------------------


def test_zero_inside_what_a_file_speaks_for_and_blank_outside(world: World) -> None:
    """A file inside one month speaks for the whole month, except after the last day of the latest file."""
    world.orders("O1,2028-01-10,x,1,10,,SEA,", "O2,2028-01-20,x,1,10,,SEA,")
    world.orders("B1,2028-03-05,x,1,10,,SEA,", "B2,2028-03-12,x,1,10,,SEA,")
    days = starts(world.values("gross_revenue", "day", "--start", "2027-12-31", "--end", "2028-03-13"))
    assert (days["2027-12-31"], days["2028-01-01"], days["2028-01-31"]) == (None, 0, 0)
    assert (days["2028-02-01"], days["2028-02-29"]) == (None, None)
    assert (days["2028-03-01"], days["2028-03-12"], days["2028-03-13"]) == (0, 10, None)


def test_files_of_the_month_that_runs_say_nothing_of_the_days_to_come(world: World) -> None:
    """One file a day: that of yesterday must not make zeros of tomorrow."""
    world.orders("O1,2028-01-10,x,1,10,,SEA,")
    world.orders("O2,2028-01-11,x,1,20,,SEA,")
    world.orders("O3,2028-01-12,x,1,30,,SEA,")
    days = starts(world.values("gross_revenue", "day", "--start", "2028-01-09", "--end", "2028-01-13"))
    assert list(days.values()) == [None, 10, 20, 30, None]
    assert last_day(load_catalogue().coverage) == date(2028, 1, 12)


def test_a_day_whose_file_is_late_is_unknown_until_it_comes(world: World) -> None:
    """One file a day: that of the 11th is late, and what is there is not taken for all there was."""
    for day in (10, 12):
        world.orders(f"O{day},2028-01-{day},x,1,10,,SEA,")
    for day in (10, 11, 12):
        world.facts("date,sessions", f"2028-01-{day},100")
    days = ("day", "--start", "2028-01-10", "--end", "2028-01-12")
    assert list(starts(world.values("gross_revenue", *days)).values()) == [10, None, 10]
    month = ("month", "--start", "2028-01-01", "--end", "2028-01-31")
    (revenue,) = world.values("gross_revenue", *month)
    assert (revenue["value"], revenue["days_present"]) == (20, 2)
    (conversion,) = world.values("conversion_rate", *month)
    assert (conversion["value"], conversion["days_present"]) == (
        0.01,
        2,
    )  # 2 orders of 200 sessions, not of 300
    world.orders("O11,2028-01-11,x,1,10,,SEA,")
    assert list(starts(world.values("gross_revenue", *days)).values()) == [10, 10, 10]
    (conversion,) = world.values("conversion_rate", *month)
    assert (conversion["value"], conversion["days_present"]) == (0.01, 3)


def test_days_between_two_files_of_a_month_are_unknown_and_its_edges_are_not(world: World) -> None:
    world.orders("A1,2028-01-03,x,1,10,,SEA,", "A2,2028-01-09,x,1,10,,SEA,")
    world.orders("B1,2028-01-20,x,1,10,,SEA,", "B2,2028-01-28,x,1,10,,SEA,")
    world.orders("C1,2028-02-02,x,1,10,,SEA,", "C2,2028-02-04,x,1,10,,SEA,")
    known = load_catalogue().spoken("gross_revenue").ranges
    assert known == (
        (date(2028, 1, 1), date(2028, 1, 9)),
        (date(2028, 1, 20), date(2028, 2, 4)),
    )


def test_a_corrected_first_or_last_day_takes_no_edge_from_the_file_of_the_month(world: World) -> None:
    world.orders("A1,2028-01-04,x,1,10,,SEA,", "A2,2028-01-28,x,1,10,,SEA,")
    world.orders("B1,2028-02-02,x,1,10,,SEA,", "B2,2028-02-20,x,1,10,,SEA,")
    for day in ("04", "28"):
        world.orders(f"C{day},2028-01-{day},x,1,20,,SEA,", mapping={"covers": "full"})
    assert load_catalogue().spoken("gross_revenue").ranges == ((date(2028, 1, 1), date(2028, 2, 20)),)


def test_a_period_says_how_many_of_its_days_are_known(world: World) -> None:
    world.orders("O1,2028-01-10,x,1,10,,SEA,", "O2,2028-01-20,x,1,10,,SEA,")
    january, february = world.values("gross_revenue", "month", "--start", "2028-01-01", "--end", "2028-02-01")
    assert (january["value"], january["days_present"], january["days_expected"]) == (20, 20, 31)
    assert (february["value"], february["days_present"], february["days_expected"]) == (None, 0, 29)
    assert (january["reason"], february["reason"]) == (None, "no_data")


def test_an_indicator_is_blank_where_one_of_its_measures_is(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-04,x,1,10,,SEA,")
    world.facts("date,sessions", "2028-01-03,50", "2028-01-04,50")
    days = starts(world.values("conversion_rate", "day", "--start", "2028-01-03", "--end", "2028-01-05"))
    assert days == {"2028-01-03": 0, "2028-01-04": 0.02, "2028-01-05": None}


def test_a_ratio_over_a_period_only_counts_days_both_sides_know(world: World) -> None:
    """Orders of ten days over the sessions of five would be twice the truth."""
    world.orders(
        *[f"O{n},2028-03-{n:02},x,1,10,,SEA," for n in range(25, 32)],
        *[f"B{n},2028-04-{n:02},x,1,10,,SEA," for n in range(1, 4)],
    )
    world.facts(
        "date,sessions",
        *[f"2028-03-{n:02},100" for n in range(30, 32)],
        *[f"2028-04-{n:02},100" for n in range(1, 4)],
    )
    (found,) = world.values("conversion_rate", "range", "--start", "2028-03-25", "--end", "2028-04-03")
    assert (found["days_present"], found["days_expected"]) == (5, 10)
    assert found["value"] == pytest.approx(0.01)


def test_an_unknown_measure_and_a_dimension_no_file_carries_are_told_apart(world: World) -> None:
    world.orders(*YEAR)
    (sessions,) = world.values("sessions", "range", "--start", "2028-01-01", "--end", "2028-01-31")
    assert (sessions["value"], sessions["reason"]) == (None, "no_data")
    rows = world.values(
        "gross_revenue", "range", "--start", "2028-01-01", "--end", "2028-01-31", "--where", "category=x"
    )
    assert [(row["value"], row["reason"]) for row in rows] == [(None, "not_by_dimension")]


# ---- cuts -------------------------------------------------------------------------------------------------------


def test_segments_of_one_and_two_dimensions_add_up_to_the_whole(world: World) -> None:
    world.orders(*YEAR)
    span = ("2027-12-31", "2028-04-02")
    channel = world.by("gross_revenue", *span, "channel")
    assert channel == {("SEA",): 187.5, ("SEO",): 200}
    both = world.by("gross_revenue", *span, "channel,device")
    assert both[("SEA", "mobile")] == 137.5
    assert both[("SEA", "desktop")] == 50
    assert both[("SEO", "desktop")] == 200
    assert sum(value or 0 for value in both.values()) == 387.5
    assert world.by("gross_revenue", *span, "device,channel")[("mobile", "SEA")] == 137.5


def test_a_file_split_two_ways_apart_is_never_crossed(world: World) -> None:
    """Sessions by channel in one file, by device in another: the whole is counted once, the cross is blank."""
    world.facts("date,channel,sessions", "2028-01-01,SEA,30", "2028-01-01,SEO,70")
    world.facts("date,device,sessions", "2028-01-01,mobile,60", "2028-01-01,desktop,40")
    assert world.value("sessions", "2028-01-01", "2028-01-01") == 100
    assert world.by("sessions", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 30, ("SEO",): 70}
    assert world.by("sessions", "2028-01-01", "2028-01-01", "device") == {("desktop",): 40, ("mobile",): 60}
    rows = world.values(
        "sessions", "range", "--start", "2028-01-01", "--end", "2028-01-01", "--by", "channel,device"
    )
    assert {row["value"] for row in rows} <= {None}
    crossed = world.values(
        "sessions",
        "range",
        "--start",
        "2028-01-01",
        "--end",
        "2028-01-01",
        "--where",
        "channel=SEA",
        "--where",
        "device=mobile",
    )
    assert [(row["value"], row["reason"]) for row in crossed] == [(None, "not_by_dimension")]


def test_totals_files_and_split_files_of_one_measure_are_not_added(world: World) -> None:
    world.facts("date,sessions", "2028-01-01,100")
    world.facts("date,channel,sessions", "2028-01-01,SEA,30", "2028-01-01,SEO,60")
    assert world.value("sessions", "2028-01-01", "2028-01-01") == 100
    assert world.by("sessions", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 30, ("SEO",): 60}


def test_an_order_with_lines_in_two_segments_counts_once_in_the_whole(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,ada,SEA,mobile", "O1,2028-01-01,y,1,5,ada,SEO,mobile")
    assert world.value("orders", "2028-01-01", "2028-01-01") == 1
    assert world.by("orders", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 1, ("SEO",): 1}
    assert world.by("orders", "2028-01-01", "2028-01-01", "device") == {("mobile",): 1}
    assert world.by("active_customers", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 1, ("SEO",): 1}
    assert world.by("gross_revenue", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 10, ("SEO",): 5}


def test_orders_across_three_dimensions_are_blank_not_summed(world: World) -> None:
    """No cut of three dimensions is kept; a distinct count cannot be had from larger ones."""
    world.orders(
        "O1,2028-01-01,x,1,10,ada,SEA,mobile,garden",
        columns="order_id,ordered_at,product,quantity,unit_price,customer,channel,device,category",
    )
    rows = world.values(
        "orders", "range", "--start", "2028-01-01", "--end", "2028-01-01", "--by", "channel,device,category"
    )
    assert [row["value"] for row in rows] in ([], [None])


def test_unknown_not_set_and_not_split_so_stay_apart(world: World) -> None:
    world.orders(
        "O1,2028-01-01,x,1,10,,SEA,",
        "O2,2028-01-01,x,1,20,,(not set),mobile",
        "O3,2028-01-01,x,1,40,,,mobile",
    )
    assert world.by("gross_revenue", "2028-01-01", "2028-01-01", "channel") == {
        ("SEA",): 10,
        ("(not set)",): 20,
        (None,): 40,
    }
    assert world.by("gross_revenue", "2028-01-01", "2028-01-01", "device") == {(None,): 10, ("mobile",): 60}


def test_a_new_dimension_in_a_later_file_recasts_the_history(world: World) -> None:
    columns = "order_id,ordered_at,product,quantity,unit_price,customer"
    world.orders("O1,2028-01-01,x,1,10,ada", columns=columns)
    world.orders("O2,2028-02-01,x,1,20,ada,garden", columns=f"{columns},category")
    assert world.by("gross_revenue", "2028-01-01", "2028-02-01", "category") == {(None,): 10, ("garden",): 20}
    assert world.value("gross_revenue", "2028-01-01", "2028-02-01") == 30
    assert world.value("active_customers", "2028-01-01", "2028-02-01") == 1


# ---- measures that do not add up --------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_stocks_means_and_extremes_over_time_and_segments(world: World, layout: str) -> None:
    """Last, first, mean, least and most of two shelves over three days, from either layout."""
    table = {
        # date, channel: stock, opening_stock, satisfaction, coldest, hottest
        ("2028-01-01", "SEA"): (10, 11, 4, -5, 3),
        ("2028-01-01", "SEO"): (1, 2, 5, -2, 8),
        ("2028-01-02", "SEA"): (20, 21, 3, 1, 9),
        ("2028-01-03", "SEA"): (7, 8, 1, 2, 4),
        ("2028-01-03", "SEO"): (5, 6, 2, 0, 6),
    }
    names = ("stock", "opening_stock", "satisfaction", "coldest", "hottest")
    if layout == "wide":
        world.facts(
            f"date,channel,{','.join(names)}",
            *[f"{d},{c},{','.join(map(str, v))}" for (d, c), v in table.items()],
        )
    else:
        world.facts(
            "date,measure,value,channel",
            *[f"{d},{n},{x},{c}" for (d, c), v in table.items() for n, x in zip(names, v, strict=True)],
        )
    span = ("2028-01-01", "2028-01-03")
    assert world.value("stock", *span) == 12
    assert world.value("stock", "2028-01-01", "2028-01-02") == 20  # nothing was said of SEO that day
    assert world.value("opening_stock", *span) == 13
    assert world.value("satisfaction", *span) == 3
    assert world.by("stock", *span, "channel") == {("SEA",): 7, ("SEO",): 5}
    assert world.by("satisfaction", *span, "channel") == {("SEA",): pytest.approx(8 / 3), ("SEO",): 3.5}
    assert world.by("coldest", *span, "channel") == {("SEA",): -5, ("SEO",): -2}
    assert world.by("hottest", *span, "channel") == {("SEA",): 9, ("SEO",): 8}


def test_extremes_over_segments_are_extremes_not_sums(world: World) -> None:
    world.facts(
        "date,channel,coldest,hottest", "2028-01-01,SEA,-5,3", "2028-01-01,SEO,-2,8", "2028-01-02,SEA,1,9"
    )
    assert world.value("coldest", "2028-01-01", "2028-01-02") in (-5, None)
    assert world.value("hottest", "2028-01-01", "2028-01-02") in (9, None)
    assert world.value("coldest", "2028-01-01", "2028-01-01") in (-5, None)


def test_a_stock_of_a_day_nobody_counted_is_unknown_not_zero(world: World) -> None:
    world.facts("date,stock", "2028-01-01,10", "2028-01-03,7")
    days = starts(world.values("stock", "day", "--start", "2028-01-01", "--end", "2028-01-03"))
    assert days == {"2028-01-01": 10, "2028-01-02": None, "2028-01-03": 7}


def test_a_distinct_count_of_a_facts_file_is_known_at_its_own_grain_only(world: World) -> None:
    world.facts("date,channel,visitors", "2028-01-01,SEA,10", "2028-01-01,SEO,20", "2028-01-02,SEA,10")
    assert world.by("visitors", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 10, ("SEO",): 20}
    found = world.values(
        "visitors", "range", "--start", "2028-01-01", "--end", "2028-01-02", "--by", "channel"
    )
    assert {row["value"] for row in found} == {None}
    assert {row["reason"] for row in found} == {"distinct_over_days"}


# ---- the source of truth ----------------------------------------------------------------------------------------


@contextmanager
def as_before_sources_were_held() -> Iterator[None]:
    """Stores a second source of a measure, as instances have that took it when nothing refused it."""
    told = list(Coverage.objects.all())
    Coverage.objects.all().delete()
    yield
    Coverage.objects.bulk_create(told)


def test_order_files_are_the_truth_over_summed_figures(world: World) -> None:
    world.facts("date,gross_revenue", "2028-01-01,999")
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 999
    with as_before_sources_were_held():
        run = world.orders("O1,2028-01-01,x,1,10,,SEA,")
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 10
    world.undo(run)
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 999


def test_two_sources_of_one_measure_are_not_added_and_the_older_is_the_truth(world: World) -> None:
    world.facts("date,sessions", "2028-01-01,100", source="web")
    with as_before_sources_were_held():
        world.facts("date,sessions", "2028-01-01,40", source="other")
    assert world.value("sessions", "2028-01-01", "2028-01-01") == 100


# ---- classes of line --------------------------------------------------------------------------------------------


def test_each_class_of_line_counts_where_it_should(world: World) -> None:
    """Credit notes, adjustments, stock movements and free lines; identical lines are real and kept."""
    world.orders(
        "A0,2028-01-01,sale,1,7,ada,SEA,",  # a sale, whatever its number begins with
        "1,2028-01-01,x,2,10,ada,SEA,",
        "1,2028-01-01,x,2,10,ada,SEA,",
        "c2,2028-01-01,x,-1,10,ada,SEA,",
        "3,2028-01-01,x,-5,0,,SEA,",
        "4,2028-01-01,x,5,0,bob,SEA,",
        "5,2028-01-01,x,1,3,,SEA,",
    )
    codes = "gross_revenue,cancelled_value,orders,order_lines,units,cancelled_orders,guest_revenue,active_customers"
    found = world.values(codes, "range", "--start", "2028-01-01", "--end", "2028-01-01")
    assert {v["indicator"]: v["value"] for v in found} == {
        "gross_revenue": 50,
        "cancelled_value": 10,
        "orders": 3,
        "order_lines": 4,
        "units": 6,
        "cancelled_orders": 1,
        "guest_revenue": 3,
        "active_customers": 1,
    }


def test_numbers_that_begin_with_a_word_are_no_credit_notes(world: World) -> None:
    """CMD for "commande" is not C for "cancelled"; a line taken back under such a number is."""
    world.orders(
        "CMD-1,2028-01-01,x,2,10,ada,SEA,",
        "CMD-2,2028-01-01,x,-1,10,ada,SEA,",
        "AMZ-3,2028-01-01,x,1,5,ada,SEA,",
        "C-4,2028-01-01,x,-1,1,ada,SEA,",
        "C5,2028-01-01,x,1,-1,ada,SEA,",
    )
    codes = "gross_revenue,cancelled_value,orders,cancelled_orders"
    found = world.values(codes, "range", "--start", "2028-01-01", "--end", "2028-01-01")
    assert [v["value"] for v in found] == [25, 12, 2, 3]


# ---- how much is asked of the database ---------------------------------------------------------------------------


def test_the_number_of_queries_does_not_depend_on_what_is_asked(
    world: World, django_assert_num_queries: Any
) -> None:
    world.orders(*YEAR)
    world.facts("date,channel,sessions,stock", "2028-01-01,SEA,10,3", "2028-01-02,SEO,20,4")
    with django_assert_num_queries(5):
        catalogue = load_catalogue()
    first = date(2028, 1, 1)
    days = tuple(Period(first + timedelta(days=n), first + timedelta(days=n)) for n in range(90))
    small = Question(("gross_revenue", "active_customers", "stock"), days[:1])
    large = Question(tuple(catalogue.indicators), days, ("channel",))
    with django_assert_num_queries(4):
        compute(small, catalogue)
    with django_assert_num_queries(4):
        assert len(compute(large, catalogue)) > 4000


def test_cuts_are_made_once(world: World) -> None:
    world.orders(*YEAR)
    before = Cut.objects.count()
    world.orders("Z1,2029-01-01,x,1,10,,SEA,")
    assert Cut.objects.count() == before == 4


def test_the_pack_of_the_tests_loads() -> None:
    assert 'code = "sea_share"' in pack_text()
