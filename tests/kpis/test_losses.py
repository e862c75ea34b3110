"""Nothing vanishes or turns without a word: what counts in no figure is told, what would erase others is refused."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from intake.models import ImportRun, State
from intake.runs import import_file, undo
from intake.work import perform
from kpis.models import Coverage, CustomerOrder, Fact, LineKind, OrderLine, Source
from kpis.sources.orders.lines import reread
from kpis.sources.reach import outlying_days
from tests.cast import Cast
from tests.kpis.world import World, ask, difference, figures

DAY = "2026-03-02"
SHORT = "order_id,date,product,label,quantity,unit_price"


def orders(world: World, *lines: str, columns: str = SHORT, **options: Any) -> ImportRun:
    return import_file(world.file("\n".join([columns, *lines]) + "\n"), kind="orders", **options)


def told(world: World, codes: str = "gross_revenue,cancelled_value") -> list[Any]:
    found = world.values(codes, "range", "--start", "2026-01-01", "--end", "2026-12-31")
    return [value["value"] for value in found]


def line(
    number: str, quantity: str = "1", price: str = "100", label: str = "Chair", product: str = "P"
) -> str:
    return f"{number},{DAY} 10:00,{product},{label},{quantity},{price}"


# ---- a letter alone turns nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "c4f81a",
        "A1001",
        "C1001",
        "a1b2c3",
        "C-17",
        "CN-2",
        "AV-3",
        "RET-4",
        "c0ffee00-1d2e-4f00-8a9b-000000000001",
        "C",
    ],
)
def test_a_sale_is_a_sale_whatever_its_number_begins_with(world: World, number: str) -> None:
    run = orders(world, line(number))
    assert (run.state, told(world)) == (State.DONE, [100, 0])
    assert run.said_warnings == []


@pytest.mark.parametrize(
    ("lines", "figures_told"),
    [
        ([line("1"), line("1001", "-1")], [100, 100]),  # its own order, a negative quantity
        ([line("1"), line("R1", "1", "-40")], [100, 40]),  # its own order, a negative price
        ([line("1"), line("1", "-1", "30")], [100, 30]),  # a line taken back inside the order
        (
            [line("1"), line("x9", "1", "-50"), line("x9", "1", "5", "Fee")],
            [105, 50],
        ),  # a fee inside a credit note
        ([line("c1", "-2", "10"), line("c1", "1", "60")], [60, 20]),  # an exchange
        ([line("C1", "-1", "0"), line("C2", "0", "0")], [0, 0]),
    ],
)
def test_amounts_say_what_is_given_back(world: World, lines: list[str], figures_told: list[int]) -> None:
    run = orders(world, *lines)
    assert told(world) == figures_told
    assert run.said_warnings == []


def test_discounts_and_gift_cards_used_are_told_with_their_sum(world: World) -> None:
    run = orders(
        world,
        line("1", "2", "50"),
        line("1", "1", "-20", "Welcome -20"),
        line("1", "1", "5", "Shipping"),
        line("2", "1", "50"),
        line("2", "1", "-50", "Gift card used"),
        line("3", "1", "50"),
        line("4", "-1", "-7"),
    )
    assert told(world) == [205, 0]
    (said,) = run.said_warnings
    assert "counts in no figure: 3 (lines 3, 6, 8), −63.00 in all" in said.replace("-", "−")
    assert Decimal(run.totals["left_out"]) == -63


@pytest.mark.parametrize(
    "label",
    [
        "Adjust bad debt",
        "BAD DEBTS 2011",
        "Créance irrécouvrable",
        "write-off",
        "Ajustement",
        "Régularisation",
        "Mauvaise créance",
        "CRÉANCE IRRÉCOUVRABLE",
        "Perte sur créances 2025",
        "Passage en pertes",
        "Uneinbringliche Forderung",
        "Forderungsausfälle",
        "Wertberichtigung",
        "Korrekturbuchung",
        "Incobrable",
        "Ajuste contable",
        "Perdita su crediti",
        "Rettifica",
        "Charge-off",
        "Balance adjustment",
    ],
)
def test_an_adjustment_is_one_by_its_words_and_shown_with_its_sum(world: World, label: str) -> None:
    run = orders(world, line("1"), line("A5", "1", "11062.06", label), line("77", "1", "-20000.5", label))
    assert told(world) == [100, 0]
    (said,) = run.said_warnings
    assert "Adjustments, by their words: 2 (lines 3, 4)" in said
    assert "8,938.44" in said
    assert Decimal(run.totals["adjustments"]) == Decimal("-8938.44")


@pytest.mark.parametrize(
    "label",
    [
        "Adjustable lamp",
        "Adjustment screw",
        "Chaise ajustable",
        "Bad boys debut album",
        "Korrekturstift",
        "Korrekturen lesen lernen",
        "Rettifica angolare",
        "Book: Written Offshore",
        "Lampe de régularisation",
    ],
)
def test_a_thing_that_is_sold_is_no_adjustment(world: World, label: str) -> None:
    orders(world, line("A5", "1", "9", label))
    assert told(world) == [9, 0]


def test_an_adjustment_is_one_whatever_its_quantity(world: World) -> None:
    run = orders(
        world, line("1"), line("2", "2", "-50", "Adjust bad debt"), line("3", "-3", "10", "Bad debt")
    )
    assert told(world) == [100, 0]
    assert Decimal(run.totals["adjustments"]) == -130


def test_a_mapping_may_say_how_credit_notes_are_numbered(world: World) -> None:
    lines = [
        line("1"),
        line("AV-1", "1", "30"),
        line("av-2", "2", "5"),
        line("AV-3", "-1", "7"),
        line("AV-3", "1", "2"),
    ]
    run = orders(world, *lines, mapping={"cancel_prefix": "AV-"})
    assert told(world) == [102, 47]
    assert ["begin with AV-" in said and said.endswith(": 2.") for said in run.said_warnings] == [True]
    again = orders(world, *lines)
    assert (again.state, told(world)) == (State.DONE, [142, 7])


def test_what_was_given_back_is_never_negative_and_what_was_sold_never(world: World) -> None:
    orders(world, line("1"))
    for kind, amount in ((LineKind.CANCELLATION, 100), (LineKind.SALE, -100)):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.update(kind=kind, amount=amount)


def test_an_upgrade_reads_stored_orders_again(world: World) -> None:
    run = orders(
        world,
        line("c4"),
        line("A1"),
        line("C9", "-1", "10"),
        line("4", "-1", "20"),
        line("5", "1", "7", "Bad debt"),
    )
    fresh = figures()
    OrderLine.objects.filter(order__reference="c4").update(kind=LineKind.LEFT_OUT)
    OrderLine.objects.filter(order__reference="A1").update(kind=LineKind.ADJUSTMENT)
    OrderLine.objects.filter(order__reference="4").update(kind=LineKind.STOCK_MOVEMENT)
    Source.objects.update(line_rules=0)
    Fact.objects.all().delete()
    assert (reread(), reread()) == (3, 0)
    assert difference(fresh, figures()) == {}
    stored = run.totals
    run.refresh_from_db()
    assert {code: Decimal(total) for code, total in run.totals.items()} == {
        code: Decimal(total) for code, total in stored.items()
    }
    assert ["read the orders of this file again" in said for said in run.said_warnings] == [
        False,
        True,
        False,
    ]


# ---- a second source --------------------------------------------------------------------------------------------


def test_orders_of_a_second_source_are_refused_and_the_first_is_named(world: World) -> None:
    orders(world, line("1"), source="shop")
    before = figures()
    run = orders(world, line("2"), source="second")
    assert run.state == State.REFUSED
    assert "“shop”" in run.said
    assert orders(world, line("3"), source="second", dry_run=True).state == State.REFUSED
    assert (difference(before, figures()), CustomerOrder.objects.count()) == ({}, 1)


def test_a_file_that_names_no_source_goes_to_the_one_that_counts(world: World) -> None:
    first = orders(world, line("1"), source="old")
    undo(first.pk, by=None)
    orders(world, line("2", price="30"), source="shop")
    assert orders(world, f"3,{DAY} 11:00,P,Chair,1,5").state == State.DONE
    assert told(world) == [35, 0]
    assert orders(world, line("4"), source="old").state == State.REFUSED


def test_a_second_source_of_figures_is_refused_or_left_out_by_name(world: World) -> None:
    world.facts("date,sessions", f"{DAY},100", source="web")
    whole = import_file(world.file(f"date,sessions\n{DAY},40\n"), kind="facts", source="other")
    assert (whole.state, "“web”" in whole.said, "40.00 in all" in whole.said) == (State.REFUSED, True, True)
    part = import_file(world.file(f"date,sessions,stock\n{DAY},40,7\n"), kind="facts", source="other")
    assert part.state == State.DONE
    assert ["“web”" in said and "40.00 in all" in said for said in part.said_warnings] == [True]
    assert told(world, "sessions,stock") == [100, 7]
    long = import_file(world.file(f"date,measure,value\n{DAY},sessions,41\n"), kind="facts")
    assert long.state == State.REFUSED


def test_orders_and_figures_do_not_hold_the_same_measure(world: World) -> None:
    orders(world, line("1"))
    run = import_file(world.file(f"date,gross_revenue\n{DAY},999\n"), kind="facts")
    assert (run.state, "“orders”" in run.said) == (State.REFUSED, True)
    undo(ImportRun.objects.live().get().pk, by=None)
    world.facts("date,gross_revenue", f"{DAY},999")
    refused = orders(world, line("1"))
    assert (refused.state, "“facts”" in refused.said) == (State.REFUSED, True)
    assert told(world, "gross_revenue") == [999]


def test_of_two_sources_taken_before_only_the_one_that_counts_goes_on(world: World) -> None:
    orders(world, line("1"), source="shop")
    told_before = list(Coverage.objects.all())
    Coverage.objects.all().delete()  # as when nothing refused a second one
    orders(world, line("2"), source="second")
    Coverage.objects.bulk_create(told_before)
    assert orders(world, f"3,{DAY} 11:00,P,Chair,1,5", source="shop").state == State.DONE
    refused = orders(world, f"4,{DAY} 11:00,P,Chair,1,5", source="second")
    assert (
        refused.state,
        refused.said.startswith("“gross_revenue” is already read from the source “shop”"),
    ) == (
        State.REFUSED,
        True,
    )


# ---- what a file replaces ---------------------------------------------------------------------------------------

LATE_MARCH = [f"{n},2026-03-{n} 10:00,P,Chair,1,100" for n in (24, 25, 26, 27)]
EARLY_MARCH = [f"{n},2026-03-0{n} 10:00,P,Chair,1,10" for n in range(1, 7)]


@pytest.mark.parametrize(
    "odd",
    ["03/04/2026 10:00", "20260403 10:00", "2026/04/03 10:00", "03.04.2026", "03-04-26"],
)
def test_a_date_written_unlike_the_others_of_its_column_is_rejected(world: World, odd: str) -> None:
    orders(world, *LATE_MARCH)
    run = orders(world, *EARLY_MARCH, f"9,{odd},P,Chair,1,10")
    assert (run.state, run.rows_rejected) == (State.DONE, 1)
    (reject,) = run.rejects.all()
    assert (reject.line, reject.said) == (
        8,
        f"“date”: “{odd}” is not written like the other dates of its column.",
    )
    assert told(world, "gross_revenue") == [460]
    assert str(run.period_end) == "2026-03-06"


@pytest.mark.parametrize(
    "lone", ["2026-04-03 10:00", "2027-03-03 10:00", "2026-01-03 10:00", "2016-03-05", "2026-08-30 10:00"]
)
def test_a_date_far_from_the_others_widens_nothing(world: World, lone: str) -> None:
    orders(world, *LATE_MARCH, "99,2026-02-01 10:00,P,Chair,1,100")
    run = orders(world, *EARLY_MARCH, f"9,{lone},P,Chair,1,10")
    assert run.state == State.DONE, run.said
    assert CustomerOrder.objects.filter(superseded_by=None).count() == 12
    assert ["Dated far from the rest of the file" in said for said in run.said_warnings] == [True]
    assert (str(run.period_start), str(run.period_end)) == ("2026-03-01", "2026-03-06")
    undo(run.pk, by=None)
    assert told(world, "gross_revenue") == [500]


def test_what_lies_apart() -> None:
    from datetime import date, timedelta

    first = date(2026, 3, 1)

    def apart(*offsets: int, each: int = 1) -> list[int]:
        found = outlying_days([(first + timedelta(days=n), each) for n in offsets])
        return [(day - first).days for day in found]

    assert apart(0, 1, 2, 3, 4, 5, 33) == [33]
    assert apart(-90, 0, 1, 2, 3, 4, 5, 6, 7, 33) == [-90, 33]
    assert apart(0, 10, 20, 31, 45, 60) == []  # few orders all over
    assert apart(0, 1, 2, 3, 4, 5, 11) == []
    assert apart(0, 33) == []
    assert apart(*range(30), *range(50, 60), each=20) == []  # closed for three weeks


def test_a_file_that_would_erase_most_is_refused_until_it_says_what_it_is(world: World) -> None:
    full = [f"{100 + n},2026-01-{n:02} 10:00,P,Chair,1,10" for n in range(5, 32)]
    delta = [
        "106,2026-01-06 10:00,P,Chair,1,9",
        "140,2026-02-14 09:00,P,Chair,1,50",
        "141,2026-02-14 12:00,P,Chair,1,100",
    ]
    orders(world, *full)
    before = figures()
    for dry_run in (True, False):
        run = orders(world, *delta, dry_run=dry_run)
        assert (run.state, "erase 25" in run.said, "--covers full" in run.said) == (State.REFUSED, True, True)
    assert difference(before, figures()) == {}
    changes = orders(world, *delta, mapping={"covers": "changes"})
    assert changes.state == State.DONE
    months = world.values("gross_revenue", "month", "--start", "2026-01-01", "--end", "2026-02-28")
    assert [value["value"] for value in months] == [269, 150]
    undo(changes.pk, by=None)
    assert difference(before, figures()) == {}
    whole = orders(world, *delta, mapping={"covers": "full"})
    assert (whole.state, told(world, "gross_revenue")) == (State.DONE, [10 + 9 + 150])


def test_what_a_new_export_no_longer_holds_is_told_with_its_sum(world: World) -> None:
    full = [f"{100 + n},2026-01-{n:02} 10:00,P,Chair,1,10" for n in range(5, 32)]
    orders(world, *full)
    run = orders(world, *full[:10], *full[12:])
    assert [said for said in run.said_warnings if "replaced: 27, of which it no longer holds 2" in said]
    assert "20.00 of sales" in run.said_warnings[0]
    world.facts("date,channel,sessions", *(f"2026-01-{n:02},{c},7" for n in range(5, 9) for c in "AB"))
    fewer = world.facts("date,channel,sessions", *(f"2026-01-{n:02},A,7" for n in range(5, 9)))
    assert fewer.said_warnings == [
        "Figures already known that this file replaced: 8; undoing it brings them back.",
        "Of “sessions”, the file no longer holds 4 of the figures it replaced: these count no more, 28.00 in all.",
    ]


def test_a_new_export_of_the_same_days_is_taken_as_it_is(world: World) -> None:
    full = [f"{100 + n},2026-01-{n:02} 10:00,P,Chair,1,10" for n in range(5, 32)]
    orders(world, *full)
    assert orders(world, *full[3:], "200,2026-01-20 11:00,P,Chair,1,10").state == State.DONE


def test_figures_that_would_erase_most_are_refused_too(world: World) -> None:
    full = [f"2026-01-{n:02},{channel},10" for n in range(5, 32) for channel in ("SEA", "Social")]
    world.facts("date,channel,sessions", *full)
    delta = world.file("date,channel,sessions\n2026-01-06,SEA,9\n2026-02-14,SEA,120\n2026-02-14,Social,150\n")
    before = figures()
    assert import_file(delta, kind="facts").state == State.REFUSED
    assert difference(before, figures()) == {}
    changes = import_file(delta, kind="facts", mapping={"covers": "changes"})
    months = world.values("sessions", "month", "--start", "2026-01-01", "--end", "2026-02-28")
    assert (changes.state, [value["value"] for value in months]) == (State.DONE, [539, 270])
    undo(changes.pk, by=None)
    assert difference(before, figures()) == {}


def test_the_command_says_what_a_file_covers(world: World, tmp_path: Path) -> None:
    orders(world, *LATE_MARCH)
    path = world.file("\n".join([SHORT, LATE_MARCH[0], LATE_MARCH[3]]) + "\n")
    assert ask("import_data", str(path), "--covers", "changes")["state"] == "done"
    assert told(world, "gross_revenue") == [400]
    assert ask("import_data", str(path), "--covers", "full")["state"] == "done"
    assert told(world, "gross_revenue") == [200]


def test_the_page_of_a_refused_file_offers_both_answers(
    world: World, cast: Cast, as_: Callable[[Any], Client]
) -> None:
    orders(world, *LATE_MARCH)
    run = orders(world, LATE_MARCH[0], "28,2026-03-28 10:00,P,Chair,1,100")
    client = as_(cast.analyst)
    page = client.get(reverse("import_detail", args=[run.pk])).content.decode()
    assert page.count('name="covers"') == 2
    client.post(reverse("import_again", args=[run.pk]), {"covers": "nonsense"})
    assert ImportRun.objects.count() == 2
    client.post(reverse("import_again", args=[run.pk]), {"covers": "changes"})
    again = perform(ImportRun.objects.latest("pk").pk)
    assert (again.state, told(world, "gross_revenue")) == (State.DONE, [500])
    assert 'name="covers"' not in client.get(reverse("import_detail", args=[again.pk])).content.decode()


# ---- the same file, read otherwise ------------------------------------------------------------------------------


def test_the_same_file_with_another_dialect_or_mapping_is_another_import(world: World) -> None:
    path = world.file(f"{SHORT}\n1,03/04/2026 10:00,P,Chair,1,1.500\n")
    asked: list[dict[str, Any]] = [
        {},
        {"dialect": {"date_format": "%m/%d/%Y %H:%M"}},
        {"dialect": {"date_format": "%m/%d/%Y %H:%M", "decimal": ","}},
        {"columns": {"label": ""}},
        {"covers": "full"},
        {"cancel_prefix": "1"},
    ]
    for mapping in asked:
        assert import_file(path, kind="orders", mapping=mapping).state == State.DONE, mapping
    assert import_file(path, kind="orders", mapping=asked[-1]).state == State.UNCHANGED


@pytest.mark.parametrize(
    ("price", "delimiter", "told_so"),
    [
        ("1.500", ",", "with three decimals"),
        ("1.500", ";", "with three decimals"),
        ("1,500", ";", "with three decimals"),
        ('"1,500"', ",", "in thousands"),
        ("1.5", ",", ""),
        ("1500", ",", ""),
    ],
)
def test_numbers_that_can_be_read_two_ways_are_told(
    world: World, price: str, delimiter: str, told_so: str
) -> None:
    rows = f"{SHORT}\n1,{DAY},P,Chair,1,".replace(",", delimiter) + f"{price}\n"
    said = import_file(world.file(rows), kind="orders").said_warnings
    assert [told_so in one for one in said] == [True] * bool(told_so)
    point = {"dialect": {"decimal": "."}}
    assert import_file(world.file(rows), kind="orders", mapping=point).said_warnings[1:] == []


def test_the_corrected_dates_count(world: World) -> None:
    path = world.file(f"{SHORT}\n1,03/04/2026 10:00,P,Chair,1,10\n")
    import_file(path, kind="orders")
    import_file(path, kind="orders", mapping={"dialect": {"date_format": "%m/%d/%Y %H:%M"}})
    months = world.values("gross_revenue", "month", "--start", "2026-03-01", "--end", "2026-03-31")
    assert [value["value"] for value in months] == [10]


# ---- ratios and digits ------------------------------------------------------------------------------------------


def test_a_ratio_whose_measures_share_no_day_is_blank_with_a_reason(world: World) -> None:
    world.facts("date,sessions", "2028-01-01,7", "2028-01-10,7")
    world.facts("date,stock", "2028-01-21,1", "2028-01-31,1")
    world.orders("O1,2028-02-01 10:00,x,1,10,,SEA,", "O2,2028-02-10 10:00,x,1,10,,SEA,")
    (found,) = world.values("conversion_rate", "range", "--start", "2028-01-01", "--end", "2028-02-29")
    assert (found["value"], found["days_present"], found["reason"]) == (None, 0, "no_shared_day")
    (some,) = world.values("conversion_rate", "range", "--start", "2028-02-01", "--end", "2028-02-29")
    assert (some["value"], some["reason"]) == (None, "no_data")
    compared = ("--compare", "n1,previous", "--by", "channel")
    for row in world.values(
        "conversion_rate", "month", "--start", "2028-01-01", "--end", "2028-02-29", *compared
    ):
        assert row["value"] is None


@pytest.mark.parametrize(
    "given", ["0.00004", "0.00125", "123456789012.123456789012", "0.000000000001", "-0.1234567890123"]
)
def test_figures_keep_the_digits_they_were_given(world: World, given: str) -> None:
    world.facts("date,sessions,satisfaction", f"2028-01-01,{given},{given}")
    assert {fact.value for fact in Fact.objects.all()} == {Decimal(given)}
    assert world.value("sessions", "2028-01-01", "2028-01-01") == float(given)
    assert world.value("satisfaction", "2028-01-01", "2028-01-01") == float(given)


def test_prices_and_quantities_keep_their_digits(world: World) -> None:
    world.orders("O1,2028-01-01 10:00,x,0.00003,0.000007,,SEA,", "O2,2028-01-01 11:00,x,3,0.33333333,,SEA,")
    whole = Fact.objects.get(measure__code="gross_revenue", segment__key="{}", cut__dimensions=[])
    assert whole.value == Decimal("0.00003") * Decimal("0.000007") + 3 * Decimal("0.33333333")
