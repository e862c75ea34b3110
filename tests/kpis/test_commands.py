"""The command line as the contract has it: keys, one JSON document, exit codes; comparisons as scripts read them."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from kpis.models import Deviation, NightlyRun, Publication
from tests.kpis.shop import LAST, open_shop
from tests.kpis.world import World, ask

ROOT = Path(__file__).resolve().parents[2]


# ---- what each document holds -----------------------------------------------------------------------------------


def test_the_keys_of_kpi_values(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-02,x,1,30,,SEA,")
    (row,) = world.values(
        "cancellation_rate", "range", "--start", "2028-01-01", "--end", "2028-01-02", "--compare", "n1"
    )
    assert list(row) == [
        *("indicator", "grain", "start", "end", "segment", "value"),
        *("days_present", "days_expected", "reason", "compare"),
    ]
    assert list(row["compare"]["n1"]) == [
        *("value", "start", "end", "current", "current_start", "current_end"),
        *("change", "change_points", "reason"),
    ]


def test_the_keys_of_a_night_and_its_deviations(shop: World) -> None:
    night = ask("recompute", "--as-of", str(LAST))
    assert list(night) == ["run", "state", "indicators", "gaps", "deviations", "failed", "seconds"]
    assert (night["state"], night["indicators"], night["failed"]) == ("done", 5, [])
    assert list(night["deviations"]) == ["opened", "updated", "closed"]
    assert list(night["seconds"]) == [
        *("read", "gaps:gross_revenue", "gaps:cancelled_value", "gaps:orders", "gaps:net_revenue"),
        *("gaps:cancelled_share", "publish", "tell"),
    ]
    assert all(seconds >= 0 for seconds in night["seconds"].values())
    found = ask("deviations", "--state", "open")
    assert len(found) == Deviation.objects.leads().count() == night["deviations"]["opened"] > 0
    each = ask("deviations", "--state", "open", "--all")
    assert len(each) == Deviation.objects.count() == len(found) + sum(len(d["companions"]) for d in found)
    assert list(found[0]) == [
        *("id", "indicator", "segment", "grain", "start", "end", "rule", "state", "severity"),
        *("value", "reference", "gap", "gap_relative", "money", "diagnosis", "part_of", "companions"),
    ]
    money = [abs(row["money"]) for row in found if row["money"] is not None]
    assert money == sorted(money, reverse=True)
    assert ask("deviations", "--state", "closed") == []


def test_a_night_without_a_day_is_that_of_the_last_day_known(shop: World) -> None:
    ask("recompute")
    assert NightlyRun.objects.get().as_of == LAST


def test_a_full_night_rebuilds_the_facts_first(shop: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kpis_fact SET value = value + 1")
    wrong = shop.value("gross_revenue", "2026-10-01", "2026-10-31")
    ask("recompute", "--full")
    assert shop.value("gross_revenue", "2026-10-01", "2026-10-31") < wrong


def test_a_night_that_failed_as_a_whole_says_so_and_shows_nothing(shop: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'no publication today'; END $$"""
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON kpis_publication FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
        )
    with pytest.raises(CommandError, match="The night failed: A fault of the program stopped this step"):
        call_command("recompute", "--as-of", str(LAST), "--json")
    assert NightlyRun.objects.get().state == "failed"
    assert not Publication.objects.exists()
    assert not Deviation.objects.exists()


# ---- refusals ---------------------------------------------------------------------------------------------------

REFUSED = [
    ("kpi_values", "--indicator", "wishes", "--grain", "day"),
    ("kpi_values", "--indicator", "orders", "--grain", "range"),
    ("kpi_values", "--indicator", "orders", "--grain", "mtd", "--start", "2028-01-01", "--end", "2028-01-02"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--start", "2028-01-02", "--end", "2028-01-01"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--start", "2028-01-02"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--as-of", "tomorrow"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--by", "planet"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--where", "planet=Mars"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--where", "channel"),
    ("kpi_values", "--indicator", "orders", "--grain", "day", "--compare", "dreams"),
    ("set_target", "--indicator", "wishes", "--start", "2028-01-01", "--end", "2028-01-31", "--value", "1"),
    ("set_target", "--indicator", "orders", "--start", "2028-02-01", "--end", "2028-01-31", "--value", "1"),
    (
        "set_target",
        "--indicator",
        "orders",
        "--start",
        "2028-01-01",
        "--end",
        "2028-01-31",
        "--value",
        "many",
    ),
    ("set_target", "--indicator", "orders", "--start", "2028-01-01", "--end", "2028-01-31"),
    ("set_target", "--indicator", "orders", "--start", "2028-01-01", "--end", "2028-01-31", "--low", "1"),
    ("recompute",),
    ("recompute", "--as-of", "2028-01-01"),
    ("deviations", "--as-of", "yesterday"),
    ("undo_import", "99"),
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_cannot_be_is_one_plain_sentence(world: World, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        ask(*words)
    said = str(refused.value)
    assert said
    assert "\n" not in said
    assert said[-1] in ".…"


@pytest.mark.django_db(transaction=True)
def test_exit_codes_and_streams_of_real_processes(tmp_path: Path) -> None:
    """Success: 0 and one JSON document; refusal: 1, one line on stderr and nothing on stdout."""
    open_shop(tmp_path)
    done = manage("kpi_values", "--indicator", "orders", "--grain", "month", "--as-of", str(LAST), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["values"][0]["value"] == 94
    refused = manage("kpi_values", "--indicator", "wishes", "--grain", "month", "--json")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1


def manage(*words: str) -> subprocess.CompletedProcess[str]:
    settings = connection.settings_dict
    place = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'].replace('/', '%2F')}"
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    environment = os.environ | {"DATABASE_URL": f"postgres://{place}{port}/{settings['NAME']}"}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


# ---- comparisons ------------------------------------------------------------------------------------------------


def day_by_day(world: World, first: str, last: str, price: int) -> None:
    """One order of that price each day."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)]
    world.orders(*[f"{day:%Y%m%d},{day} 10:00,x,1,{price},ada,SEA," for day in days])


def compared(
    world: World, name: str, grain: str, *asked: str, indicator: str = "gross_revenue"
) -> dict[str, Any]:
    (row,) = world.values(indicator, grain, *asked, "--compare", name)
    found: dict[str, Any] = row["compare"][name]
    return found


def test_a_february_of_29_days_compares_whole_with_one_of_28(world: World) -> None:
    day_by_day(world, "2027-02-01", "2027-03-10", 10)
    day_by_day(world, "2028-02-01", "2028-03-10", 10)
    found = compared(world, "n1", "month", "--start", "2028-02-01", "--end", "2028-02-29")
    assert (found["start"], found["end"], found["value"], found["current"]) == (
        "2027-02-01",
        "2027-02-28",
        280,
        290,
    )
    same_days = compared(world, "n1_comparable", "month", "--start", "2028-02-01", "--end", "2028-02-29")
    assert (same_days["start"], same_days["end"], same_days["change"]) == ("2027-02-02", "2027-03-02", 0)


def test_to_date_compares_as_many_days_of_both_years(world: World) -> None:
    day_by_day(world, "2027-02-01", "2027-02-28", 10)
    day_by_day(world, "2028-02-01", "2028-02-29", 15)
    found = compared(world, "n1", "mtd", "--as-of", "2028-02-29")
    assert (found["current_end"], found["end"], found["change"]) == ("2028-02-28", "2027-02-28", 0.5)


def test_days_missing_on_one_side_are_left_out_on_both(world: World) -> None:
    day_by_day(world, "2027-03-11", "2027-04-10", 10)
    day_by_day(world, "2028-03-01", "2028-03-31", 10)
    found = compared(world, "n1", "month", "--start", "2028-03-01", "--end", "2028-03-31")
    assert (found["start"], found["end"]) == ("2027-03-11", "2027-03-31")
    assert (found["current_start"], found["current"], found["change"]) == ("2028-03-11", 210, 0)


def test_a_missing_base_and_a_zero_base_are_never_a_change_of_nothing(world: World) -> None:
    day_by_day(world, "2028-03-01", "2028-03-31", 10)
    found = compared(world, "n1", "month", "--start", "2028-03-01", "--end", "2028-03-31")
    assert (found["value"], found["change"]) == (None, None)
    assert found["reason"]
    world.orders("G1,2027-03-01,x,1,0,ada,SEA,", "G2,2027-03-31,x,1,0,ada,SEA,")
    zero = compared(world, "n1", "month", "--start", "2028-03-01", "--end", "2028-03-31")
    assert (zero["value"], zero["current"], zero["change"], zero["reason"]) == (0, 310, None, "zero_base")


def test_distinct_customers_are_compared_over_the_trimmed_days(world: World) -> None:
    world.orders(
        "O1,2027-03-30,x,1,1,ada,SEA,", "O2,2027-03-31,x,1,1,bob,SEA,", "O3,2027-04-02,x,1,1,bob,SEA,"
    )
    day_by_day(world, "2028-03-01", "2028-03-31", 10)
    found = compared(
        world, "n1", "range", "--start", "2028-03-30", "--end", "2028-03-31", indicator="active_customers"
    )
    assert (found["value"], found["current"], found["change"]) == (2, 1, -0.5)


def test_ratios_tell_their_change_in_points_too(world: World) -> None:
    world.orders("O1,2028-01-01,x,1,100,,SEA,", "C2,2028-01-01,x,-1,10,,SEA,")
    world.orders("O3,2028-01-02,x,1,100,,SEA,", "C4,2028-01-02,x,-1,15,,SEA,")
    found = compared(world, "previous", "day", "--as-of", "2028-01-02", indicator="cancellation_rate")
    assert (found["change"], found["change_points"]) == (0.5, 0.05)


def test_what_the_night_expected_is_compared_with(shop: World) -> None:
    before = compared(shop, "expected", "mtd", "--as-of", str(LAST))
    assert (before["value"], before["reason"]) == (None, "no_expectation")
    ask("recompute", "--as-of", str(LAST))
    found = compared(shop, "expected", "mtd", "--as-of", str(LAST))
    assert found["value"] > 0
    assert found["change"] == pytest.approx((found["current"] - found["value"]) / found["value"], abs=1e-6)


def test_comparisons_ask_a_number_of_queries_that_does_not_grow(
    world: World, django_assert_max_num_queries: Any
) -> None:
    day_by_day(world, "2027-01-01", "2027-03-31", 10)
    day_by_day(world, "2028-01-01", "2028-03-31", 12)
    names = "n1,n1_comparable,previous,target,expected"
    for codes, grain, by in (
        ("orders", "month", ""),
        ("orders,aov,gross_revenue,active_customers", "day", "channel"),
    ):
        with django_assert_max_num_queries(32):
            world.values(
                codes, grain, "--start", "2028-01-01", "--end", "2028-03-31", "--by", by, "--compare", names
            )
