"""The real order files give the reference figures, in whatever order they come, and their one great story is told.

The files are imported once for the module and committed; each test works in a transaction that is taken back.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from intake.models import ImportRun, State
from intake.runs import import_file, undo
from kpis.models import Deviation, Gap
from tests.cast import Cast, gather
from tests.kpis import real
from tests.kpis.world import ask, difference, figures

pytestmark = [pytest.mark.real_data, pytest.mark.xdist_group("real_data"), pytest.mark.django_db]


@pytest.fixture(scope="module")
def imported(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.MEDIA_ROOT", tmp_path_factory.mktemp("uploads"))
        try:
            call_command("ensure_instance")
            for path in real.FILES:
                assert import_file(path).state == State.DONE
            settle()
            yield
        finally:
            empty()


def settle() -> None:
    """What autovacuum does some seconds later in life."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE kpis_customerorder, kpis_orderline, kpis_fact, kpis_customerday, kpis_segment"
        )


def empty() -> None:
    """The database as the next module expects it."""
    names = [name for name in connection.introspection.table_names() if name.startswith(("kpis_", "intake_"))]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join([*names, 'base_company'])} RESTART IDENTITY CASCADE")


@pytest.fixture
def orders(imported: None, db: None) -> None:
    """The thirteen files, imported in calendar order."""


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


# ---- every number of the reference ------------------------------------------------------------------------------


def test_the_reference_has_the_size_it_had() -> None:
    """A reference file cut short must not pass for agreement."""
    assert len(real.FILES) == 13
    assert {name: len(list(real.rows(name))) for name in ("daily", "weekly", "monthly", "by_country")} == {
        "daily": 374,
        "weekly": 53,
        "monthly": 13,
        "by_country": 38,
    }


@pytest.mark.parametrize(("name", "grain"), [("daily", "day"), ("weekly", "week"), ("monthly", "month")])
def test_every_number_by_period(orders: None, name: str, grain: str) -> None:
    asked = ("--indicator", ",".join(real.CODES), "--grain", grain, "--start", real.FIRST, "--end", real.LAST)
    found = {(v["indicator"], v["start"]): v for v in ask("kpi_values", *asked)["values"]}
    wanted = {
        (code, real.first_day(row["period"])): row[code] for row in real.rows(name) for code in real.CODES
    }
    assert {
        k: (found[k]["value"], text) for k, text in wanted.items() if off(k[0], found[k]["value"], text)
    } == {}
    # The reference leaves out the one week without any line; it is known to us, and empty.
    beyond = {key: value["value"] for key, value in found.items() if key not in wanted}
    assert {start for _code, start in beyond} == ({"2010-12-27"} if grain == "week" else set())
    assert set(beyond.values()) <= {0, None}


def test_every_number_by_country(orders: None) -> None:
    asked = (
        "--indicator",
        ",".join(real.CODES),
        "--grain",
        "range",
        "--start",
        real.FIRST,
        "--end",
        real.LAST,
    )
    found = {
        (v["indicator"], v["segment"]["country"]): v["value"]
        for v in ask("kpi_values", *asked, "--by", "country")["values"]
    }
    compared = 0
    for row in real.rows("by_country"):
        row["active_customers"] = row["customers"]
        for code in row.keys() & set(real.CODES):
            value = found[code, row["country"]]
            assert not off(code, value, row[code]), (row["country"], code, value, row[code])
            compared += 1
    assert compared == 38 * 7
    assert {country for _code, country in found} == {row["country"] for row in real.rows("by_country")}


def test_every_number_by_month_and_country(orders: None) -> None:
    codes = "gross_revenue,cancelled_value,net_revenue,orders,units"
    asked = (
        "--indicator",
        codes,
        "--grain",
        "month",
        "--start",
        real.FIRST,
        "--end",
        real.LAST,
        "--by",
        "country",
    )
    found = {
        (v["indicator"], v["start"], v["segment"]["country"]): v["value"]
        for v in ask("kpi_values", *asked)["values"]
    }
    wanted = {
        (code, real.first_day(row["month"]), row["country"]): row[code]
        for row in real.rows("monthly_by_country")
        for code in codes.split(",")
    }
    assert {k: (found[k], text) for k, text in wanted.items() if off(k[0], found[k], text)} == {}
    assert {k: v for k, v in found.items() if k not in wanted and v != 0} == {}


def off(code: str, value: float | None, text: str) -> bool:
    """Whether a value is not the reference's: money and counts to the last digit, ratios to 1e-6, blanks blank."""
    if text == "" or value is None:
        return not (text == "" and value is None)
    if real.RATIOS.search(code):
        return abs(value - float(text)) > 1e-6
    return value != float(text)


def test_the_whole_asked_at_once_gives_the_totals(orders: None) -> None:
    """Customers counted once, 4,338 of them; and the months add up to the whole."""
    totals = json.loads((real.REFERENCE / "totals.json").read_text(encoding="utf-8"))
    span = ("--start", real.FIRST, "--end", real.LAST)
    found = ask("kpi_values", "--indicator", ",".join(real.CODES), "--grain", "range", *span)["values"]
    told = {
        v["indicator"]: (v["value"], str(totals[v["indicator"]])) for v in found if v["indicator"] in totals
    }
    assert len(told) == 15
    assert {code: pair for code, pair in told.items() if off(code, *pair)} == {}
    months = ask("kpi_values", "--indicator", "gross_revenue", "--grain", "month", *span)["values"]
    assert round(sum(v["value"] for v in months), 3) == float(totals["gross_revenue"])


# ---- the order of imports ---------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing(orders: None) -> None:
    before = figures()
    assert len(before["facts"]) == 10_002
    assert {import_file(path).state for path in real.FILES} == {State.UNCHANGED}
    assert difference(before, figures()) == {}


def test_reverse_order_gives_the_same_facts(orders: None) -> None:
    """After every import was undone, which leaves nothing behind."""
    before = figures()
    for run in ImportRun.objects.filter(state=State.DONE).order_by("id"):
        undo(run.pk, by=None)
    assert {name: len(found) for name, found in figures().items()} == {
        "facts": 0,
        "customers": 0,
        "coverage": 0,
        "known": 0,
    }
    for path in reversed(real.FILES):
        assert import_file(path).state == State.DONE
    assert difference(before, figures()) == {}


def test_a_changed_file_and_its_undo_leave_the_facts_as_they_were(orders: None, tmp_path: Path) -> None:
    before = figures()
    changed = real.without(real.FILES[3], tmp_path, {"545220", "C545384"})
    run = import_file(changed)
    assert run.state == State.DONE
    assert run.warnings
    assert difference(before, figures()) != {}
    undo(run.pk, by=None)
    assert difference(before, figures()) == {}


def test_rebuilding_from_source_rows_changes_nothing(orders: None) -> None:
    from kpis.rebuild_facts import rebuild_all

    before = figures()
    settle()
    rebuild_all()
    assert difference(before, figures()) == {}


# ---- the nights -------------------------------------------------------------------------------------------------


def night(as_of: str) -> dict[str, Any]:
    answer: dict[str, Any] = ask("recompute", "--as-of", as_of)
    assert (answer["state"], answer["failed"]) == ("done", [])
    return answer


def january() -> Any:
    return Deviation.objects.filter(indicator__code="cancelled_value", grain="month", start="2011-01-01")


def test_the_night_of_january_flags_the_cancellation_and_its_page_names_the_orders(orders: None) -> None:
    night("2011-01-31")
    deviation = january().get(segment__key="{}")
    told = [d for d in ask("deviations", "--state", "open") if d["id"] == deviation.pk]
    assert [(d["indicator"], d["start"], d["end"], d["value"]) for d in told] == [
        ("cancelled_value", "2011-01-01", "2011-01-31", 131364.3)
    ]
    heaviest = deviation.evidence["orders"][0]
    assert (heaviest["reference"], heaviest["pair"]) == ("C541433", "541431")
    cast = gather()
    text = page(cast, deviation)
    assert "C541433" in text
    assert "541431" in text.replace("C541433", "")


def page(cast: Cast, deviation: Deviation) -> str:
    client = Client()
    client.force_login(cast.director, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.get(reverse("deviation_detail", args=[deviation.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_without_the_pair_of_orders_january_is_not_flagged(orders: None, tmp_path: Path) -> None:
    stored = ImportRun.objects.get(filename="online_retail_2011-01.csv.gz")
    undo(stored.pk, by=None)
    assert import_file(real.without(real.FILES[1], tmp_path, {"541431", "C541433"})).state == State.DONE
    night("2011-01-31")
    gap = Gap.objects.published().get(indicator__code="cancelled_value", grain="mtd", segment__key="{}")
    assert gap.value == 54180.7
    assert list(january()) == []


@pytest.mark.parametrize("day", ["2011-01-15", "2011-06-04"])
def test_a_closed_saturday_raises_nothing(orders: None, day: str) -> None:
    night(day)
    assert Gap.objects.published().filter(grain="day").exists()
    assert flags(day) == []


def test_the_incomplete_last_day_raises_nothing(orders: None) -> None:
    """The ninth of December 2011 stops at 12:50, with an order of 168,469.60 taken back within minutes."""
    night("2011-12-08")
    opened = night("2011-12-09")["deviations"]["opened"]
    assert flags("2011-12-09") == []
    assert opened == 0


def flags(day: str) -> list[str]:
    found = Deviation.objects.filter(grain="day", start=day)
    return [f"{d.indicator.code} {d.segment.key} {json.dumps(d.evidence)}" for d in found]
