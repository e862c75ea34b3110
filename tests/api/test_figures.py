"""Indicators, values and gaps: what the commands say, in the shapes of the API, as far as the owner may read."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import Deviation, Indicator, Measure
from kpis.segments import segment
from kpis.values import compute
from tests.api.conftest import Program, type_of_programs
from tests.api.test_door import problem
from tests.cast import Cast
from tests.kpis.world import World, ask

pytestmark = pytest.mark.django_db
ORDERS = (
    "O1,2028-01-03 10:00,x,2,10.05,c1,SEA,mobile",
    "O2,2028-01-04 10:00,x,1,30,c2,SEO,desktop",
    "O3,2028-01-05 10:00,x,1,20.10,c1,SEA,desktop",
)


@pytest.fixture
def script(world: World, cast: Cast, programs: type_of_programs) -> Program:
    world.orders(*ORDERS)
    return programs(cast.member)


def numbers(found: Any) -> Any:
    """The document with figures as numbers: what the command prints."""
    if isinstance(found, dict):
        return {name: numbers(value) for name, value in found.items()}
    if isinstance(found, list):
        return [numbers(value) for value in found]
    try:
        return (
            float(found)
            if isinstance(found, str) and found[:1] in "-0123456789" and "-" not in found[1:]
            else found
        )
    except ValueError:
        return found


@pytest.mark.parametrize(
    "asked",
    [
        "indicator=net_revenue,aov grain=day as_of=2028-01-05 last=3",
        "indicator=net_revenue grain=range start=2028-01-03 end=2028-01-05 by=channel,device",
        "indicator=gross_revenue grain=wtd as_of=2028-01-05 where=channel=SEA where=device=mobile",
        "indicator=conversion_rate grain=day as_of=2028-01-05 compare=n1,previous,target,expected",
        "indicator=aov grain=day as_of=2028-01-05 compare=previous",
    ],
)
def test_values_are_those_of_the_command(asked: str, script: Program) -> None:
    pairs = [part.partition("=")[::2] for part in asked.split()]
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    found = script.read("/values", **query)["values"]
    arguments = [part for name, value in pairs for part in (f"--{name.replace('_', '-')}", value)]
    told = ask("kpi_values", *arguments)["values"]
    assert found
    units = [{"unit": row.pop("unit"), "currency": row.pop("currency")} for row in found]
    assert numbers(found) == numbers(told)
    assert all((one["currency"] == "EUR") == (one["unit"] == "money") for one in units)


def test_money_is_exact_text(script: Program) -> None:
    over = {"grain": "range", "start": "2028-01-03", "end": "2028-01-05"}
    (found,) = script.read("/values", indicator="net_revenue", **over)["values"]
    assert (found["value"], found["unit"], found["currency"]) == ("70.2", "money", "EUR")
    (rate,) = script.read("/values", indicator="sea_share", **over)["values"]
    assert rate["value"].startswith("0.57264957264957264957")
    assert (rate["unit"], rate["currency"]) == ("ratio", None)


def test_what_is_not_known_is_null(script: Program) -> None:
    (found,) = script.read("/values", indicator="sessions", grain="day", as_of="2028-01-05")["values"]
    assert (found["value"], found["reason"]) == (None, "no_data")


def test_pages_follow_one_another_and_hold_everything(script: Program) -> None:
    query = {
        "indicator": "net_revenue",
        "grain": "day",
        "start": "2028-01-03",
        "end": "2028-01-05",
        "by": "channel",
    }
    whole = script.read("/values", **query)
    assert (whole["count"], whole["page"], whole["next"]) == (6, 1, None)
    pages, here = [], script.read("/values", **query, per_page=4)
    while here:
        pages.append(here)
        here = script.client.get(here["next"], headers=script.headers()).json() if here["next"] else None
    assert [len(page["values"]) for page in pages] == [4, 2]
    assert [row for page in pages for row in page["values"]] == whole["values"]
    assert script.read("/values", **query, page=99)["values"] == []


@pytest.mark.parametrize("per_page", [1, 2, 3, 5, 7, 12])
@pytest.mark.parametrize("by", ["", "channel"])
def test_a_page_is_that_part_of_the_whole_however_it_is_cut(by: str, per_page: int, script: Program) -> None:
    query = {
        "indicator": "net_revenue,aov,orders", "grain": "day", "start": "2028-01-02", "end": "2028-01-05",
        "by": by, "compare": "previous,target",
    }  # fmt: skip
    whole = script.read("/values", **query, per_page=1_000)["values"]
    assert len(whole) == (3 * 4 * 2 if by else 3 * 4)
    found = [
        row
        for page in range(1, -(-len(whole) // per_page) + 1)
        for row in script.read("/values", **query, per_page=per_page, page=page)["values"]
    ]
    assert found == whole


def test_only_what_is_on_the_page_is_computed(script: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []

    def counting(question: Any, *rest: Any) -> Any:
        found = compute(question, *rest)
        computed.append(len(found))
        return found

    monkeypatch.setattr("kpis.compared_values.compute", counting)
    query = {"indicator": "net_revenue,orders", "grain": "day", "start": "2020-01-01", "end": "2028-01-05"}
    assert script.read("/values", **query, per_page=10)["count"] == 2 * 2927
    script.read("/values", **query, per_page=10, page=293)  # the last of one and the first of the other
    script.read("/values", **query, per_page=10, page=9_999)
    assert computed == [10, 20]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"indicator": "none", "grain": "day"}, 422),
        ({"indicator": ",", "grain": "day"}, 422),
        ({"indicator": "aov", "grain": "range"}, 422),
        ({"indicator": "aov", "grain": "day", "start": "2028-01-01"}, 422),
        ({"indicator": "aov", "grain": "day", "start": "2028-02-01", "end": "2028-01-01"}, 422),
        ({"indicator": "aov", "grain": "day", "last": 2, "start": "2028-01-01", "end": "2028-01-01"}, 422),
        ({"indicator": "aov", "grain": "wtd", "start": "2028-01-01", "end": "2028-01-01"}, 422),
        ({"indicator": "aov", "grain": "day", "by": "channel,channel"}, 422),
        ({"indicator": "aov", "grain": "day", "by": "none"}, 422),
        ({"indicator": "aov", "grain": "day", "where": "none=1"}, 422),
        ({"indicator": "aov", "grain": "day", "where": "channel"}, 400),
        ({"indicator": "aov", "grain": "day", "where": ["channel=SEA", "channel=SEO"]}, 422),
        ({"indicator": "aov", "grain": "day", "compare": "none"}, 422),
        ({"indicator": "aov", "grain": "year", "as_of": "1900-01-01", "last": 9999}, 422),
        ({"indicator": "aov", "grain": "day", "start": "1900-01-01", "end": "2199-12-31"}, 422),
        ({"indicator": "aov", "grain": "hour"}, 400),
        ({"grain": "day"}, 400),
        ({"indicator": "aov"}, 400),
        ({"indicator": "aov", "grain": "day", "last": 0}, 400),
        ({"indicator": "aov", "grain": "day", "last": "nan"}, 400),
        ({"indicator": "aov", "grain": "day", "last": "9" * 4_000}, 400),
        ({"indicator": "aov", "grain": "day", "page": 0}, 400),
        ({"indicator": "aov", "grain": "day", "per_page": 1_001}, 400),
        ({"indicator": "aov", "grain": "day", "as_of": "2026-02-30"}, 400),
        ({"indicator": "aov", "grain": "day", "as_of": "0001-01-01"}, 400),
        ({"indicator": "aov", "grain": "day", "as_of": "1700000000"}, 400),
        ({"indicator": "aov", "grain": "day", "as_of": "2028-01-05T00:00:00"}, 400),
        ({"indicator": ["aov", "aov"], "grain": "day"}, 400),
        ({"indicator": "aov", "grain": "day", "indicators": "aov"}, 400),
        ({"indicator": "aov\0", "grain": "day"}, 400),
        ({"indicator": "a\u2028ov", "grain": "day"}, 400),
        ({"indicator": "x" * 3_000, "grain": "day"}, 400),
    ],
)  # fmt: skip
def test_questions_nobody_can_answer(query: dict[str, Any], status: int, script: Program) -> None:
    problem(script.get("/values", query), status)


def test_what_is_closed_to_the_owner_does_not_exist_for_their_program(script: Program) -> None:
    Measure.objects.filter(code="cancelled_value").update(right="manage_people")
    codes = [row["code"] for row in script.read("/indicators", per_page=1_000)["indicators"]]
    assert "gross_revenue" in codes
    assert not {"net_revenue", "cancelled_value", "cancellation_rate"} & {*codes}
    Indicator.objects.filter(code="aov").update(drivers=["net_revenue", "orders"])
    assert script.read("/indicators/aov")["drivers"] == ["orders"]
    problem(script.get("/indicators/net_revenue"), 404)
    problem(script.get("/values", {"indicator": "net_revenue", "grain": "day"}), 422)
    problem(script.get("/gaps", {"indicator": "net_revenue"}), 422)


def test_an_indicator_says_what_it_means(script: Program) -> None:
    found = script.read("/indicators/net_revenue")
    assert found["formula"] == "gross_revenue - cancelled_value"
    assert (found["unit"], found["currency"], found["direction"]) == ("money", "EUR", "up")
    assert script.read("/indicators/orders")["currency"] is None


def night(world: World) -> None:
    for day in range(1, 29):
        world.facts(
            "date,sessions,channel", f"2028-02-{day:02},{100 + day},SEA", f"2028-02-{day:02},{50 + day},SEO"
        )
    ask(
        "set_target",
        "--indicator",
        "sessions",
        "--start",
        "2028-02-01",
        "--end",
        "2028-02-29",
        "--value",
        "6000",
    )
    ask("recompute", "--as-of", "2028-02-28")


def test_gaps_are_those_of_the_published_night(script: Program, world: World) -> None:
    assert script.read("/gaps", indicator="sessions") == {
        "count": 0,
        "page": 1,
        "next": None,
        "gaps": [],
        "as_of": None,
    }
    night(world)
    found = script.read("/gaps", indicator="sessions", grain="mtd")
    assert found["as_of"] == "2028-02-28"
    (gap,) = found["gaps"]
    (told,) = world.values("sessions", "mtd", "--as-of", "2028-02-28", "--compare", "target")
    assert (Decimal(gap["value"]), gap["start"], gap["end"]) == (told["value"], "2028-02-01", "2028-02-28")
    against = gap["against"]["target"]
    assert Decimal(against["reference"]) == Decimal(gap["target"])
    assert Decimal(against["gap"]) == Decimal(gap["value"]) - Decimal(gap["target"])
    assert float(against["gap_relative"]) == pytest.approx(told["compare"]["target"]["change"])
    assert gap["against"]["n1"] == {"reference": None, "gap": None, "gap_relative": None}
    split = script.read("/gaps", indicator="sessions", grain="mtd", by="channel")["gaps"]
    assert {row["segment"]["channel"] for row in split} == {"SEA", "SEO"}
    (sea,) = script.read("/gaps", indicator="sessions", grain="mtd", where="channel=SEA")["gaps"]
    assert sea["segment"] == {"channel": "SEA"}


# Of which six at the door: is there anybody, the token, its count in a savepoint.
QUERIES = {
    "/indicators": 9,
    "/indicators/net_revenue": 8,
    "/values?indicator=net_revenue,orders&grain=day&as_of=2028-01-05": 14,
    "/values?indicator=net_revenue&grain=day&start=2028-01-01&end=2028-01-31&by=channel": 9,
    "/gaps?indicator=sessions": 9,
    "/deviations": 11,
    "/targets": 8,
}


DAYS = ("--start", "2028-03-01", "--end", "2028-03-31")


def test_a_question_costs_the_same_number_of_queries(script: Program, world: World) -> None:
    def asked() -> dict[str, int]:
        found = {}
        for address in QUERIES:
            script.client.get(
                f"/api/v1{address}", headers=script.headers()
            )  # the catalogue is kept from here on
            with CaptureQueriesContext(connection) as queries:
                assert script.client.get(f"/api/v1{address}", headers=script.headers()).status_code == 200
            found[address] = len(queries)
        return found

    night(world)
    for more in range(1, 9):  # rows of every list
        ask(
            "set_target",
            "--indicator",
            "sessions",
            *DAYS,
            "--value",
            str(more),
            "--where",
            f"channel=C{more}",
        )
    world.facts("date,sessions,channel", *(f"2028-03-01,1,C{number}" for number in range(20)))
    ask("recompute", "--as-of", "2028-03-01")
    day = {"start": "2028-02-28", "end": "2028-02-28", "opened_on": "2028-02-28", "updated_on": "2028-02-28"}
    lead = None
    for number in range(6):  # three incidents of two
        Deviation.objects.create(
            indicator=Indicator.objects.get(code="sessions"), segment=segment({"channel": f"C{number}"}),
            rule="signal", grain="day", severity="high", part_of=lead if number % 2 else None, **day,
        )  # fmt: skip
        lead = Deviation.objects.latest("pk")
    assert asked() == QUERIES
