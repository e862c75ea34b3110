"""The sheet of targets: filled over what is typed, what is left to reach, and what left the page meanwhile."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.models import Company
from kpis.models import Indicator, Target
from kpis.targets import set_target
from tests.kpis.test_target_pages import said
from tests.kpis.test_target_sheet import NEXT, SHEET, cell, form_of, live, save
from tests.kpis.world import World


def test_what_is_left_is_told_of_the_months_that_have_a_target(shop: World, director: Client) -> None:
    about: dict[str, Any] = {"start": date(2026, 1, 1), "end": date(2026, 12, 31), "at": timezone.now()}
    set_target(indicator="orders", value=Decimal(90000), **about)
    save(director, {cell("orders", 11): "1200"})  # beyond what is known, and other months have reached much
    assert shop.value("orders", "2026-09-01", "2026-10-31") > 0
    assert re.search(r"<td data-left[^>]*>1,200</td></tr>", said(director.get(SHEET)))


def test_a_year_is_filled_from_last_year_and_shown_before_it_is_saved(shop: World, director: Client) -> None:
    blank = form_of(said(director.get(NEXT)))
    asked = {
        **blank,
        cell("orders", 9, 2027): "95",
        "growth": "5 %",
        "which": "empty",
        "row": "",
        "fill": "1",
    }
    page = said(director.post(NEXT, asked))
    filled = form_of(page)
    last = shop.value("net_revenue", "2026-09-01", "2026-09-30")
    wanted = (Decimal(str(last)) * Decimal("1.05")).quantize(Decimal(1))
    assert filled[cell("net_revenue", 9, 2027)] == f"{wanted:,}"
    assert filled[cell("orders", 9, 2027)] == "95"  # it was not empty
    assert filled[cell("net_revenue", 1, 2027)] == ""  # last year is not known
    assert live() == {}
    save(director, {}, url=NEXT, page=page)
    assert live()["net_revenue", 9] == wanted
    one = {**blank, "growth": "10", "which": "all", "row": cell("orders", 9).split(".")[0], "fill": "1"}
    only = form_of(said(director.post(NEXT, one)))
    stored = form_of(said(director.get(NEXT)))
    assert {name for name in stored if only[name] != stored[name]} - {"growth", "row"} == {
        cell("orders", month, 2027) for month in (9, 10)
    }
    assert "This field is required." in said(director.post(NEXT, {**blank, "fill": "1"}))


@pytest.mark.parametrize("typed", ["120000", "a lot"])
def test_all_cells_are_filled_over_what_is_typed(shop: World, director: Client, typed: str) -> None:
    name = cell("orders", 9, 2027)
    last = str(shop.value("orders", "2026-09-01", "2026-09-30"))
    save(director, {name: last}, url=NEXT)
    asked = {**form_of(said(director.get(NEXT))), name: typed, "growth": "0", "which": "all", "fill": "1"}
    assert form_of(said(director.post(NEXT, asked)))[name].replace(",", "") == last


def test_a_text_that_could_not_be_read_is_no_empty_cell(shop: World, director: Client) -> None:
    name = cell("orders", 9, 2027)
    asked = {**form_of(said(director.get(NEXT))), name: "95 to mend", "growth": "5", "fill": "1"}
    page = said(director.post(NEXT, asked))
    assert form_of(page)[name] == "95 to mend"
    assert form_of(page)[cell("orders", 10, 2027)] != ""
    assert "is not read as a number." in page


def test_what_is_typed_in_a_row_that_left_the_page_is_told_and_keeps_all_from_being_saved(
    shop: World, director: Client
) -> None:
    page = said(director.get(SHEET))
    gone, kept = cell("orders", 11), cell("net_revenue", 11)
    Indicator.objects.filter(code="orders").update(formula="no_such_measure")
    again = said(save(director, {gone: "5 000", kept: "7000"}, page=page))
    assert "1 cell to look at: nothing is saved yet" in again
    assert "“5 000” was typed here, and this cell is no longer on the page." in again
    name = Indicator.objects.get(code="orders").name
    assert f"{name}, November 2026" in again
    assert form_of(again)[kept] == "7000"
    assert live() == {}
    save(director, {}, page=again)  # whoever was told may go on
    assert live() == {("net_revenue", 11): Decimal(7000)}


def test_what_nobody_changed_in_a_row_that_left_the_page_disturbs_nobody(
    shop: World, director: Client
) -> None:
    save(director, {cell("orders", 11): "5000", cell("cancelled_share", 11): "2,5 %"})
    page = said(director.get(SHEET))
    Indicator.objects.filter(code__in=("orders", "cancelled_share")).update(formula="no_such_measure")
    assert save(director, {cell("net_revenue", 11): "7000"}, page=page).status_code == 302
    assert live()["net_revenue", 11] == Decimal(7000)


def test_a_fiscal_year_that_moves_meanwhile_moves_no_figure_to_another_month(
    shop: World, director: Client
) -> None:
    page = said(director.get(SHEET))
    Company.objects.update_or_create(pk=1, defaults={"name": "Martel", "fiscal_year_start": 4})
    typed = {cell("net_revenue", 1): "5000", cell("net_revenue", 4): "6000"}
    again = said(save(director, typed, page=page))
    assert "January 2026" in again
    assert live() == {}
    save(director, {}, page=again)
    assert list(Target.objects.values_list("start", "value")) == [(date(2026, 4, 1), Decimal(6000))]


def test_a_distinct_count_of_the_year_says_nothing_of_its_months(world: World, director: Client) -> None:
    about: dict[str, Any] = {"start": date(2026, 1, 1), "end": date(2026, 12, 31), "at": timezone.now()}
    for code in ("active_customers", "aov"):
        set_target(indicator=code, value=Decimal(6100), **about)
    page = said(director.get(SHEET))
    assert f'name="{cell("active_customers", 11)}"' in page
    with_hint = re.findall(r'name="(\d+)\.2026-11"[^>]*placeholder', page)
    assert with_hint == [cell("aov", 11).split(".")[0]]  # a level holds in each of its months
