"""The sheet of targets through its page: typed, filled from last year, asked about, saved; who overtook whom."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from base.models import Company
from kpis.models import Indicator, Target, TargetProposal
from kpis.targets import set_target
from tests.cast import Cast
from tests.kpis.test_target_pages import said
from tests.kpis.world import World, taken_back

SignIn = Callable[[User | None], Client]
SHEET = "/targets/year/?year=2026"
NEXT = "/targets/year/?year=2027"
FIELD = re.compile(r'<input name="(\d+\.\d{4}-\d\d)"(?: value="([^"]*)")?')


def cell(code: str, month: int, year: int = 2026) -> str:
    return f"{Indicator.objects.get(code=code).pk}.{year}-{month:02}"


def form_of(page: str) -> dict[str, str]:
    """What a browser without JavaScript sends of the page, were nothing typed."""
    found = {name: unescape(value) for name, value in FIELD.findall(page)}
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown is not None
    return {**found, "shown": unescape(shown.group(1)), "which": "empty", "row": "", "growth": ""}


def save(client: Client, typed: dict[str, str], *, page: str = "", url: str = SHEET, **more: str) -> Any:
    return client.post(url, {**form_of(page or said(client.get(url))), **typed, "save": "1", **more})


def live() -> dict[tuple[str, int], Decimal | None]:
    found = Target.objects.live().select_related("indicator").filter(segment__key="{}")
    return {(t.indicator.code, t.start.month): t.value for t in found}


def test_a_year_is_typed_as_french_people_write_and_saved_at_once(shop: World, director: Client) -> None:
    typed = {cell("net_revenue", n): f"{n} 000,50 €" for n in range(1, 13)}
    typed[cell("cancelled_share", 1)] = "2,5 %"
    response = save(director, typed)
    assert response.status_code == 302
    page = said(director.get(response["Location"]))
    assert "13 targets set." in page
    assert live() == {("net_revenue", n): Decimal(f"{n}000.50") for n in range(1, 13)} | {
        ("cancelled_share", 1): Decimal("0.025")
    }
    assert 'value="1,000.50"' in page
    assert "€78,006<" in page


def test_a_year_of_which_nothing_is_known_says_what_to_do(shop: World, director: Client) -> None:
    nothing = "Neither figures nor targets are known of this year"
    assert nothing not in said(director.get(SHEET))
    assert nothing in said(director.get("/targets/year/?year=2029"))
    set_target(
        indicator="net_revenue",
        start=date(2029, 1, 1),
        end=date(2029, 12, 31),
        value=Decimal(10),
        at=timezone.now(),
    )
    assert nothing not in said(director.get("/targets/year/?year=2029"))


def test_nothing_typed_changes_nothing_and_twice_is_once(shop: World, director: Client) -> None:
    page = said(director.get(SHEET))
    typed = {cell("net_revenue", 11): "5000"}
    save(director, typed, page=page)
    assert "stood so already" in said(director.get(save(director, typed, page=page)["Location"]))
    save(director, {})
    assert Target.objects.count() == 1


def test_an_empty_cell_takes_its_target_back(shop: World, director: Client) -> None:
    save(director, {cell("net_revenue", 11): "5000"})
    save(director, {cell("net_revenue", 11): ""})
    assert live() == {}
    assert Target.objects.count() == 1


def test_what_cannot_be_read_keeps_all_texts_and_stores_nothing(shop: World, director: Client) -> None:
    typed = {cell("net_revenue", 1): "a lot", cell("net_revenue", 2): "5 000", cell("orders", 3): "5 €"}
    page = said(save(director, typed))
    assert "2 cells to look at: nothing is saved yet" in page
    assert "“a lot” is not read as a number." in page
    assert f'id="e{cell("net_revenue", 1)}"' in page
    for text in ("a lot", "5 000", "5 €"):
        assert f'value="{text}"' in page
    assert live() == {}


def test_a_point_that_could_be_two_numbers_is_asked_about_in_french(
    shop: World, director: Client, cast: Cast
) -> None:
    User.objects.update(language="fr")
    page = said(save(director, {cell("net_revenue", 1): "1.234"}))
    assert "peut vouloir dire" in page
    assert live() == {}


@pytest.mark.parametrize(
    ("code", "month", "text", "why"),
    [
        ("net_revenue", 1, "-500", "is negative"),
        ("cancelled_share", 1, "250 %", "is more than 100%"),
        ("net_revenue", 10, "60000000", "more than ten times"),
    ],
)
def test_nonsense_is_asked_about_and_stored_by_who_means_it(
    shop: World, director: Client, code: str, month: int, text: str, why: str
) -> None:
    url, year = (NEXT, 2027) if month == 10 else (SHEET, 2026)
    typed = {cell(code, month, year): text, cell("orders", month, year): "100"}
    page = said(save(director, typed, url=url))
    assert "Nothing is saved yet" in page
    assert why in page
    assert live() == {}
    sure = re.search(r'name="sure" value="([^"]+)"', page)
    assert sure is not None
    other = said(save(director, {cell(code, month, year): "-777777"}, url=url, page=page, sure=sure.group(1)))
    assert "Nothing is saved yet" in other
    assert save(director, {}, url=url, page=page, sure=sure.group(1)).status_code == 302
    assert len(live()) == 2


def test_what_is_close_to_last_year_is_not_asked_about(shop: World, director: Client) -> None:
    assert save(director, {cell("net_revenue", 10, 2027): "9000"}, url=NEXT).status_code == 302


def test_last_year_and_what_was_reached_stand_under_each_row(shop: World, director: Client) -> None:
    reached = shop.value("orders", "2026-09-01", "2026-09-30")
    page = said(director.get(SHEET))
    assert f"<td>{reached}</td>" in page
    assert f"<td>{reached}</td>" in said(director.get(NEXT))
    save(director, {cell("orders", 9): "1000"})
    assert f"{1000 - reached:,}</td></tr>" in said(director.get(SHEET))


def test_the_second_writer_is_told_who_and_what_keeps_the_text_and_may_insist(
    shop: World, director: Client, cast: Cast, as_: SignIn
) -> None:
    mine = said(director.get(SHEET))
    save(as_(cast.analyst), {cell("net_revenue", 11): "20000"})
    page = said(save(director, {cell("net_revenue", 11): "15 000", cell("orders", 11): "9"}, page=mine))
    assert f"{cast.analyst} set 20,000 meanwhile. Save again to set yours instead." in page
    assert 'value="15 000"' in page
    assert 'value="9"' in page
    assert live() == {("net_revenue", 11): Decimal(20000)}
    assert save(director, {}, page=page).status_code == 302
    assert live() == {("net_revenue", 11): Decimal(15000), ("orders", 11): Decimal(9)}


def test_who_touches_other_cells_disturbs_nobody(
    shop: World, director: Client, cast: Cast, as_: SignIn
) -> None:
    mine = said(director.get(SHEET))
    save(as_(cast.analyst), {cell("net_revenue", 11): "20000"})
    assert save(director, {cell("net_revenue", 12): "15000"}, page=mine).status_code == 302
    assert live() == {("net_revenue", 11): Decimal(20000), ("net_revenue", 12): Decimal(15000)}


def test_a_member_proposes_a_reader_only_reads(shop: World, cast: Cast, as_: SignIn) -> None:
    member, reader = as_(cast.member), as_(cast.hr)
    assert "Propose these targets" in said(member.get(SHEET))
    response = save(member, {cell("net_revenue", 11): "20000"}, reason="Christmas")
    assert "1 target proposed. It counts once" in said(member.get(response["Location"]))
    assert live() == {}
    proposal = TargetProposal.objects.get()
    assert (proposal.value, proposal.begun_by) == (Decimal(20000), cast.member)
    assert "€20,000 proposed by" in said(member.get(SHEET))
    page = said(reader.get(SHEET))
    assert "<input name=" not in page
    assert reader.post(SHEET, {cell("net_revenue", 11): "1"}).status_code == 403


def test_a_longer_target_shows_in_grey_what_it_gives_the_month(shop: World, director: Client) -> None:
    about: dict[str, Any] = {"start": date(2026, 11, 1), "end": date(2026, 12, 31), "at": timezone.now()}
    set_target(indicator="net_revenue", value=Decimal(6100), **about)
    page = said(director.get(SHEET))
    assert re.search(rf'name="{re.escape(cell("net_revenue", 11))}"[^>]*placeholder="€3,', page)
    assert form_of(page)[cell("net_revenue", 11)] == ""


def test_two_bounds_in_a_cell(shop: World, director: Client) -> None:
    Indicator.objects.filter(code="orders").update(direction="range")
    assert "Two bounds are asked for" in said(save(director, {cell("orders", 1): "80"}))
    save(director, {cell("orders", 1): "80 à 90"})
    assert Target.objects.values_list("low", "high").get() == (Decimal(80), Decimal(90))
    assert 'value="80 to 90"' in said(director.get(SHEET))


def test_the_months_are_those_of_the_fiscal_year(shop: World, director: Client) -> None:
    Company.objects.update_or_create(pk=1, defaults={"name": "Martel", "fiscal_year_start": 4})
    page = said(director.get(SHEET))
    assert ">2026-2027</option>" in page
    save(director, {cell("net_revenue", 3, 2027): "5000"})
    assert Target.objects.values_list("start", "end").get() == (date(2027, 3, 1), date(2027, 3, 31))


@pytest.mark.parametrize(
    "query", ["year=0", "year=99999", "year=x", "group=nope", "page=99", "page=-1", "year=2099"]
)
def test_a_question_that_cannot_be_asked_falls_back(shop: World, director: Client, query: str) -> None:
    said(director.get(f"{reverse('target_sheet')}?{query}"))


def test_the_number_of_queries_is_constant(shop: World, director: Client) -> None:
    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            said(director.get(SHEET))
        return len(asked)

    ask()
    before = ask()
    save(
        director,
        {cell(code, n): "100" for code in ("net_revenue", "orders", "gross_revenue") for n in range(1, 13)},
    )
    assert len(live()) == 36
    assert ask() <= before + 1  # the days of targets, where there are some
    assert before <= 20


@given(
    value=st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False),
    space=st.sampled_from(["", " ", "\u00a0", "\u202f"]),
    end=st.sampled_from(["", " €", "€"]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_typed_is_stored_exactly(
    shop: World, director: Client, value: Decimal, space: str, end: str
) -> None:
    text = f"{value:,f}".replace(",", space).replace(".", ",") + end
    with taken_back():
        name = cell("net_revenue", 3)
        assert save(director, {name: text, "shown": ""}).status_code == 302
        assert live() == {("net_revenue", 3): value}
