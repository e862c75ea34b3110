"""What a figure is made of, one click away, and what became of it when files were replaced or taken back."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from base import dates
from intake.models import ImportRun
from intake.runs import import_file, undo
from kpis.models import Indicator, Measure
from kpis.nightly import run_night
from kpis.pages.addresses import made_of
from tests.cast import Cast
from tests.kpis import shop
from tests.kpis.world import ORDER_COLUMNS, World

SignIn = Callable[[User | None], Client]
FIRST, LAST = date(2028, 1, 1), date(2028, 1, 28)
PAGE = made_of("gross_revenue", FIRST, LAST)


class Text(HTMLParser):
    """The words of a page, without the spaces between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def said(self) -> str:
        return (
            " ".join(self.words)
            .replace(" .", ".")
            .replace(" )", ")")
            .replace("( ", "(")
            .replace(" ;", ";")
            .replace("\u00a0", " ")
        )


def read(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return Text(response.content.decode()).said


def orders(world: World, name: str, days: range, price: int, source: str = "") -> ImportRun:
    lines = [f"O{n},2028-01-{n:02} 10:00,x,1,{price},c{n},SEA,mobile" for n in days]
    run = import_file(
        world.file("\n".join([ORDER_COLUMNS, *lines]) + "\n", name), kind="orders", source=source
    )
    assert run.state == "done", run.said
    return run


def today() -> str:
    return dates.day(timezone.localdate())


def test_a_figure_is_restated_by_the_file_that_replaced_another(world: World, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    run_night(as_of=LAST)
    assert "None: no value that is kept differs from this one" in read(director, PAGE)
    orders(world, "corrected.csv", range(10, 12), 150)
    fresh = read(director, PAGE)
    assert (
        f"Restated on {today()} because corrected.csv replaced january.csv. From €2,800 to €2,900." in fresh
    )
    assert "Not shown by a night yet." in fresh
    assert "The two differ" in fresh
    run_night(as_of=LAST)
    page = read(director, PAGE)
    assert f"Restated on {today()} because corrected.csv replaced january.csv. From €2,800 to €2,900." in page
    assert f"Shown since the night of {dates.day(LAST)}" in page
    assert "The two differ" not in page


def test_a_file_that_replaced_many_says_how_many(world: World, director: Client) -> None:
    for day in range(1, 8):
        orders(world, f"day{day}.csv", range(day, day + 1), 100)
    run_night(as_of=LAST)
    orders(world, "week.csv", range(1, 8), 150)
    page = read(director, PAGE)
    assert "and 2 more" in page
    assert "day7.csv" in page


def test_an_import_taken_back_restates_too(world: World, cast: Cast, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    run_night(as_of=LAST)
    wrong = orders(world, "wrong.csv", range(10, 12), 150)
    run_night(as_of=LAST)
    undo(wrong.pk, by=cast.analyst)
    page = read(director, PAGE)
    assert (
        f"Restated on {today()} because import {wrong.pk} (wrong.csv) was undone by Ines Leroy. "
        "From €2,900 to €2,800." in page
    )
    assert (
        f"Restated on {today()} because wrong.csv came in, which was undone since. From €2,800 to €2,900."
        in page
    )


@pytest.mark.parametrize("of", ["", "shop"])
def test_orders_that_name_no_source_are_of_the_one_they_went_to(
    of: str, world: World, cast: Cast, director: Client
) -> None:
    """Taken back, they are told of as what they were: of the shop, whose orders they replaced."""
    orders(world, "january.csv", range(1, 29), 100, source="shop")
    run_night(as_of=LAST)
    wrong = orders(world, "wrong.csv", range(10, 12), 150, source=of)
    run_night(as_of=LAST)
    assert "shop" in read(director, PAGE)
    undo(wrong.pk, by=cast.analyst)
    page = read(director, PAGE)
    assert f"because import {wrong.pk} (wrong.csv) was undone by Ines Leroy. From €2,900 to €2,800." in page
    assert "no import for these days and no formula explains it" not in page


def test_days_that_come_later_complete_a_figure(world: World, director: Client) -> None:
    """More days is no correction, and a file read again over the same days changes nothing."""
    orders(world, "one.csv", range(1, 11), 100)
    run_night(as_of=LAST)
    orders(world, "two.csv", range(11, 29), 100)
    run_night(as_of=LAST)
    assert f"Completed on {today()}: two.csv came in. From €1,000 to €2,800." in read(director, PAGE)
    orders(world, "again.csv", range(11, 28), 100)
    run_night(as_of=LAST)
    page = read(director, PAGE)
    assert f"Unchanged on {today()} although again.csv replaced two.csv." in page


@pytest.mark.django_db(transaction=True)  # the trigger dates by transaction
def test_a_formula_changed_restates_what_rests_on_it(world: World, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    run_night(as_of=LAST)
    Indicator.objects.filter(code="aov").update(formula="2 * gross_revenue / orders")
    Indicator.objects.filter(code="aov").update(formula="3 * gross_revenue / orders", decimals=1)
    Indicator.objects.filter(code="aov").update(decimals=0)
    page = read(director, made_of("aov", FIRST, LAST))
    name = Indicator.objects.get(code="aov").name
    assert (
        f"Restated on {today()} because the formula of {name} was changed from gross_revenue / orders to "
        f"2 * gross_revenue / orders; the formula of {name} was changed from 2 * gross_revenue / orders to "
        "3 * gross_revenue / orders. From €100 to €300." in page
    )


@pytest.mark.django_db(transaction=True)  # the trigger dates by transaction
def test_a_formula_changed_restates_the_indicators_made_of_it(world: World, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    Indicator.objects.create(code="twice", formula="2 * aov", unit="money", name_en="Twice", name_fr="Deux")
    run_night(as_of=LAST)
    Indicator.objects.filter(code="aov").update(formula="gross_revenue / orders + 1")
    name = Indicator.objects.get(code="aov").name
    page = read(director, made_of("twice", FIRST, LAST))
    assert f"Restated on {today()} because the formula of {name} was changed" in page


@pytest.mark.django_db(transaction=True)
def test_a_change_counts_for_what_rested_on_it_at_the_time(world: World, director: Client) -> None:
    """Before it was made of another, a figure did not move with it; what it is not made of any more moved it then."""
    orders(world, "january.csv", range(1, 29), 100)
    made = {"unit": "money", "name_en": "Twice", "name_fr": "Deux"}
    Indicator.objects.create(code="twice", formula="2 * aov", **made)
    run_night(as_of=LAST)
    Indicator.objects.filter(code="net_revenue").update(formula="gross_revenue")
    Indicator.objects.filter(code="aov").update(formula="3 * gross_revenue / orders")
    run_night(as_of=LAST)
    Indicator.objects.filter(code="twice").update(formula="net_revenue")
    page = read(director, made_of("twice", FIRST, LAST))
    assert (
        f"Restated on {today()} because the formula of aov was changed from gross_revenue / orders to "
        "3 * gross_revenue / orders. From €200 to €600." in page
    )
    assert (
        f"Restated on {today()} because the formula of Twice was changed from 2 * aov to net_revenue." in page
    )
    assert "the formula of net_revenue" not in page


def test_a_formula_in_words_has_the_numbers_of_the_language(world: World, cast: Cast, as_: SignIn) -> None:
    Indicator.objects.filter(code="aov").update(formula="1000 * gross_revenue / (1.20 * orders)")
    orders(world, "january.csv", range(1, 29), 100)
    page = made_of("aov", FIRST, LAST)
    assert "1,000 × gross_revenue ÷ (1.20 × orders)" in read(as_(cast.director), page)
    User.objects.filter(pk=cast.director.pk).update(language="fr")
    page_fr = read(as_(cast.director), page).replace("\u202f", " ")
    assert "1 000 × gross_revenue ÷ (1,20 × orders)" in page_fr


def test_what_nothing_kept_explains_is_not_blamed_on_a_file(world: World, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    run_night(as_of=LAST)
    Measure.objects.filter(code="gross_revenue").update(over_time="mean")
    page = read(director, PAGE)
    assert f"Restated by {today()}: no import for these days and no formula explains it." in page


def test_the_page_leads_to_formula_measures_imports_and_night(world: World, director: Client) -> None:
    run = orders(world, "january.csv", range(1, 29), 100)
    night = run_night(as_of=LAST)
    response = director.get(made_of("aov", FIRST, LAST))
    html = response.content.decode()
    page = Text(html).said
    assert "gross_revenue ÷ orders" in page
    assert "€2,800.00" in page
    assert "28 of 28" in page
    assert f"last data {dates.day(LAST)} 10:00" in page
    assert f'href="/imports/{run.pk}/"' in html
    assert f'href="/nights/{night.pk}/"' in html


def test_a_segment_unknown_or_named_is_told_apart(world: World, director: Client) -> None:
    lines = ("O1,2028-01-01 10:00,x,1,70,c,SEA,mobile", "O2,2028-01-01 11:00,x,1,30,d,,mobile")
    world.orders(*lines)
    day = date(2028, 1, 1)
    assert "€70" in read(director, made_of("gross_revenue", day, day, {"channel": "SEA"}))
    unknown = read(director, made_of("gross_revenue", day, day, {"channel": None}))
    assert "€30" in unknown
    assert "€70" not in unknown


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?start=soon&end=late",
        "?start=2028-02-01&end=2028-01-01",
        "?where=moon=full&where=",
        "?where=channel",
    ],
)
def test_an_address_that_cannot_be_read_gives_the_month_to_date(
    world: World, director: Client, query: str
) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    assert dates.period(FIRST, LAST) in read(director, f"/indicators/gross_revenue/provenance/{query}")


def test_a_formula_that_cannot_be_read_says_so(world: World, director: Client) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    Indicator.objects.filter(code="aov").update(formula="gross_revenue / nothing_like_it")
    assert "The formula cannot be read" in read(director, made_of("aov", FIRST, LAST))


def test_the_number_of_queries_does_not_grow(
    world: World, director: Client, django_assert_num_queries: Any
) -> None:
    orders(world, "january.csv", range(1, 29), 100)
    run_night(as_of=LAST)
    director.get(PAGE)  # the catalogue is loaded once
    with django_assert_num_queries(QUERIES):
        director.get(PAGE)
    for n in range(3):
        orders(world, f"again{n}.csv", range(1 + n, 29), 101 + n)
        run_night(as_of=LAST)
    director.get(PAGE)
    with django_assert_num_queries(QUERIES):
        director.get(PAGE)


QUERIES = 20


FIGURE = re.compile(
    r'<a href="([^"]+/provenance/[^"]+)">(?:<span[^>]*?(?:title="([^"]+)")?>)?([^<]*\d[^<]*)<'
)


def test_every_figure_leads_to_itself(cast: Cast, as_: SignIn, tmp_path: Path) -> None:
    """From cockpit, lists and pages: the figure clicked is the figure explained."""
    shop.open_shop(tmp_path)
    shop.night()
    director, deviation = as_(cast.director), shop.the_deviation()
    pages = ["/", "/?grain=day", "/indicators/", "/indicators/?grain=week", "/deviations/"]
    pages += ["/indicators/orders/?by=channel&table=1&grain=month", f"/deviations/{deviation.pk}/"]
    for page in pages:
        found = FIGURE.findall(director.get(page).content.decode())
        assert found, page
        for url, whole, short in found[:8]:
            explained = read(director, unescape(url))
            assert unescape(whole or short).strip("—") in explained, (page, url, whole, short)
