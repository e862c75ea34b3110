"""The list and the page of indicators: fresh after whatever changes a figure, and a constant number of queries."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from kpis.catalogue import catalogue_now
from kpis.models import Indicator, Target
from kpis.packs.load import load_pack
from tests.kpis import shop
from tests.kpis.world import World, ask, pack_text, taken_back

LIST = "/indicators/"
PAGE = "/indicators/net_revenue/"
ORDER = "O-LATE,2026-10-31 18:00,chair,1,{price},zoe,SEO,mobile"


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    return shop.open_shop(tmp_path)


def page(client: Client, url: str = PAGE, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def figures(html: str, day: str = "Sat, 31 Oct 2026") -> list[str]:
    """The cells of a day in the table of all figures: value, target, against it, last year, against it, days known."""
    row = re.search(rf"<tr><th>{day}</th>(.*?)</tr>", html)
    assert row, html
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row[1])]


def value(client: Client) -> int:
    return int(figures(page(client, table="1"))[0].replace(",", "").lstrip("€"))


# ---- never a stale figure -------------------------------------------------------------------------------------------


def test_an_import_and_its_undo_show_at_once(world: World, director: Client) -> None:
    before = value(director)
    run = world.orders(ORDER.format(price=1000))
    assert value(director) == before + 1000
    world.undo(run)
    assert value(director) == before


def test_days_that_come_and_go_show_at_once(world: World, director: Client) -> None:
    assert "Sun, 1 Nov 2026" not in page(director, table="1")
    run = world.orders("O-NEXT,2026-11-01 18:00,chair,1,50,zoe,SEO,mobile")
    assert figures(page(director, table="1"), "Sun, 1 Nov 2026")[0] == "€50"
    world.undo(run)
    assert "Sun, 1 Nov 2026" not in page(director, table="1")


def test_a_target_and_its_withdrawal_show_at_once(world: World, director: Client) -> None:
    assert figures(page(director, table="1"))[1] == "—"
    bounds = ("--start", "2026-10-31", "--end", "2026-10-31")
    ask("set_target", "--indicator", "net_revenue", *bounds, "--value", "400")
    assert figures(page(director, table="1"))[1] == "€400"
    ask("set_target", "--indicator", "net_revenue", *bounds, "--value", "500")
    assert figures(page(director, table="1"))[1] == "€500"
    target = Target.objects.live().get(indicator__code="net_revenue")
    director.post(reverse("target_withdraw", args=[target.pk]))
    assert figures(page(director, table="1"))[1] == "—"


def test_an_indicator_that_no_night_has_seen_is_listed_without_figures(
    world: World, director: Client
) -> None:
    """On a first day most have no data yet."""
    Indicator.objects.create(code="nothing_yet", name_en="Nothing yet", formula="no_such", unit="count")
    shop.night()
    answer = director.get(LIST)
    assert answer.status_code == 200
    assert "Nothing yet" in answer.content.decode()


def test_another_pack_shows_at_once(world: World, director: Client) -> None:
    before = value(director)
    changed = [("net_revenue", "gross_revenue * 2 - cancelled_value * 2", "money", "up")]
    load_pack(pack_text(shop.MEASURES, changed, ("channel", "device")))
    assert value(director) == 2 * before


def test_a_night_shows_at_once(world: World, director: Client) -> None:
    shop.night(shop.days_before(1))
    assert "Figures as of Fri, 30 Oct 2026" in page(director)
    assert "Sat, 31 Oct 2026" not in page(director, LIST)
    shop.night()
    assert "Figures as of Sat, 31 Oct 2026" in page(director)


CHANGES = {
    "a formula": "UPDATE kpis_indicator SET formula = 'gross_revenue' WHERE code = 'net_revenue'",
    "a name": "UPDATE kpis_measure SET name_en = 'Gross' WHERE code = 'gross_revenue'",
    "a measure": "INSERT INTO kpis_measure (code, name_fr, name_en, unit, over_time, over_segments)"
    " VALUES ('returns', 'r', 'r', 'count', 'sum', 'sum')",
    "a dimension": "DELETE FROM kpis_dimension WHERE code = 'device'",
    "a cut": "DELETE FROM kpis_cut_measures WHERE id = (SELECT max(id) FROM kpis_cut_measures)",
    "a source": "UPDATE kpis_source SET kind = 'facts'",
    "coverage": 'UPDATE kpis_coverage SET "end" = "end" - 1',
    "the same again": "UPDATE kpis_measure SET name_en = name_en",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_catalogue_is_kept_until_a_row_of_it_changes_whoever_changes_it(
    world: World, change: str
) -> None:
    """In SQL, as another process would, of which this one hears nothing."""
    kept = catalogue_now()
    assert catalogue_now() is kept
    with connection.cursor() as cursor:
        cursor.execute(change)
    other = catalogue_now()
    assert other is not kept
    assert catalogue_now() is other


def test_what_is_rolled_back_leaves_the_catalogue_as_it_was(world: World) -> None:
    before = catalogue_now().spoken_for("net_revenue").last
    with taken_back():
        world.orders("O-NEXT,2026-11-01 18:00,chair,1,50,zoe,SEO,mobile")
        assert catalogue_now().spoken_for("net_revenue").last == date(2026, 11, 1)
    assert catalogue_now().spoken_for("net_revenue").last == before


# ---- constant queries -------------------------------------------------------------------------------------------

PINNED = {
    "the list": (LIST, {}, 9),
    "the page": (PAGE, {}, 14),
    "by month, in a segment": (PAGE, {"grain": "month", "where": "channel=SEO"}, 14),
    "by a dimension": (PAGE, {"by": "channel"}, 18),
    "with all figures": (PAGE, {"table": "1"}, 14),
}


@pytest.mark.parametrize(("url", "query", "count"), PINNED.values(), ids=PINNED)
def test_pages_ask_a_constant_number(
    world: World,
    director: Client,
    url: str,
    query: dict[str, str],
    count: int,
    django_assert_num_queries: Any,
) -> None:
    bounds = ("--start", "2026-10-01", "--end", "2026-10-31")
    ask("set_target", "--indicator", "net_revenue", *bounds, "--value", "9000")
    shop.night()
    page(director, url, **query)  # the catalogue is loaded once
    with django_assert_num_queries(count):
        page(director, url, **query)
    more = [(f"more_{n}", "gross_revenue / orders", "money", "up") for n in range(20)]
    load_pack(pack_text(shop.MEASURES, [*shop.INDICATORS, *more], ("channel", "device")))
    for n in range(9):
        world.orders(f"O-{n},2026-10-31 18:00,chair,1,1,zoe,channel-{n},mobile")
        shop.deviation("net_revenue", start=shop.days_before(n), end=shop.days_before(n))
    shop.night()
    page(director, url, **query)
    with django_assert_num_queries(count):
        page(director, url, **query)


# ---- the list ---------------------------------------------------------------------------------------------------


def test_the_list_filters_sorts_and_exports(world: World, director: Client) -> None:
    bounds = ("--start", "2026-10-01", "--end", "2026-10-31")
    ask("set_target", "--indicator", "net_revenue", *bounds, "--value", "9000")
    Indicator.objects.create(code="nothing_yet", name_en="Nothing yet", formula="no_such", unit="count")
    shop.night()

    def listed(**asked: str) -> list[str]:
        table = director.get(LIST, asked).context["table"]
        return [row.record.code for row in table.paginated_rows]

    every = listed()
    assert every[-1] == "nothing_yet"  # those with a figure first
    assert listed(q="NET_rev") == ["net_revenue"]
    assert listed(status="none") + listed(status="red") + listed(status="good")  # by what the night said
    assert "net_revenue" not in listed(status="none")
    assert set(listed(sort="name")) == set(every)
    for column in ("value", "vs_target", "vs_last_year", "status", "movement"):
        rising, falling = listed(sort=column), listed(sort=f"-{column}")
        assert set(rising) == set(falling) == set(every)
    assert listed(sort="vs_target")[0] == listed(sort="-vs_target")[0] == "net_revenue"  # alone has one
    assert listed(sort="value")[-1] == listed(sort="-value")[-1] == "nothing_yet"
    figures = [value for value in map(_value_of(director), listed(sort="-value")) if value is not None]
    assert figures == sorted(figures, reverse=True)
    assert listed(grain="no_such") == listed(grain="mtd")
    assert listed(group="sales") == []
    file = director.get(LIST, {"_export": "csv", "q": "net_revenue"}).content.decode("utf-8-sig")
    assert file.splitlines()[0].startswith(
        "Indicator,Value,vs target,vs last year,Status,Movement,Code,Group,Unit"
    )
    assert ",net_revenue," in file.splitlines()[1]
    assert len(file.splitlines()) == 2


def _value_of(client: Client) -> Callable[[str], float | None]:
    table = client.get(LIST).context["table"]
    found = {row.record.code: table.value_value(row.record) for row in table.paginated_rows}
    return lambda code: found[code]
