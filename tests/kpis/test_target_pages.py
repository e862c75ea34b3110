"""The targets' pages: asked, shown by month, then saved exactly as shown; versions; taken back."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from kpis.models import Indicator, Target
from kpis.pages.target_page import by_month
from kpis.targets import phased, set_target
from tests.cast import Cast
from tests.kpis.shop import LAST
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]
NEW = "/targets/new/"
AUTUMN = {"indicator": "net_revenue", "segment": "whole", "start": "2026-10-01", "end": "2026-12-31"}


@pytest.fixture
def analyst(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.analyst)


def said(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def previewed(page: str) -> str:
    found = re.search(r'name="previewed" value="([^"]*)"', page)
    assert found is not None
    return unescape(found.group(1))


def a_target(**about: Any) -> Target:
    usual: dict[str, Any] = {
        "indicator": "net_revenue", "start": date(2026, 10, 1), "end": date(2026, 12, 31),
        "value": Decimal("30000.01"), "at": timezone.now(),
    }  # fmt: skip
    return set_target(**(usual | about))


def detail(target: Target) -> str:
    return reverse("target_detail", args=[target.pk])


# ---- setting one ------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_was_shown(shop: World, cast: Cast, analyst: Client) -> None:
    asked = AUTUMN | {"value": "30000.01"}
    page = said(analyst.post(NEW, asked | {"preview": "1"}))
    assert "October 2026" in page
    assert "December 2026" in page
    assert not Target.objects.exists()
    shown = phased(
        indicator="net_revenue", start=date(2026, 10, 1), end=date(2026, 12, 31), value=Decimal("30000.01")
    )
    response = analyst.post(NEW, asked | {"save": "1", "previewed": previewed(page)})
    target = Target.objects.get()
    assert response["Location"] == detail(target)
    assert target.created_by == cast.analyst
    assert dict(target.days.values_list("date", "value")) == shown
    assert sum(shown.values()) == Decimal("30000.01")


def test_changing_something_after_the_preview_shows_it_again(shop: World, analyst: Client) -> None:
    page = said(analyst.post(NEW, AUTUMN | {"value": "30000", "preview": "1"}))
    stale = {"save": "1", "previewed": previewed(page)}
    again = said(analyst.post(NEW, AUTUMN | {"value": "40000"} | stale))
    assert "Save this target" in again
    assert not Target.objects.exists()
    assert previewed(again) != previewed(page)


def test_saving_without_a_preview_shows_it_first(shop: World, analyst: Client) -> None:
    assert "Save this target" in said(analyst.post(NEW, AUTUMN | {"value": "1", "save": "1"}))
    assert not Target.objects.exists()


def save(client: Client, **asked: Any) -> Target:
    page = said(client.post(NEW, asked | {"preview": "1"}))
    client.post(NEW, asked | {"save": "1", "previewed": previewed(page)})
    return Target.objects.latest("id")


def test_a_ratio_is_typed_in_percent_and_holds_each_day(shop: World, analyst: Client) -> None:
    target = save(analyst, **AUTUMN | {"indicator": "cancelled_share", "value": "12.5"})
    assert target.value == Decimal("0.125")
    assert not target.days.exists()
    page = said(analyst.get(detail(target)))
    assert "12.5%" in page
    assert "its days do not add up" in page


def test_a_range_asks_for_two_bounds(shop: World, analyst: Client) -> None:
    Indicator.objects.filter(code="orders").update(direction="range")
    asked = AUTUMN | {"indicator": "orders"}
    page = said(analyst.get(NEW, asked))
    assert 'name="low"' in page
    assert 'name="value"' not in page
    assert "The upper bound is below" in said(analyst.post(NEW, asked | {"low": "9", "high": "8"}))
    assert "This field is required." in said(analyst.post(NEW, asked | {"low": "9"}))
    target = save(analyst, **asked | {"low": "80", "high": "90"})
    assert (target.value, target.low, target.high) == (None, Decimal(80), Decimal(90))
    assert "80 to 90" in said(analyst.get(detail(target)))


def test_a_segment_is_chosen_in_words(shop: World, analyst: Client) -> None:
    assert '<option value="channel:SEA">SEA</option>' in said(analyst.get(NEW))
    target = save(analyst, **AUTUMN | {"segment": "channel:SEA", "value": "100"})
    assert target.segment.values == {"channel": "SEA"}
    assert "channel: SEA" in said(analyst.get(detail(target)))
    again = analyst.get(detail(target)).context["again"]
    assert '<option value="channel:SEA" selected>' in said(analyst.get(f"{NEW}?{again}"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"value": ""}, "This field is required."),
        ({"value": "a lot"}, "“a lot” is not read as a number."),
        ({"end": "2026-09-30"}, "The target ends before it starts."),
        ({"start": ""}, "This field is required."),
        ({"segment": "planet:Mars"}, "Select a valid choice."),
        ({"indicator": "nothing"}, "Select a valid choice."),
    ],
)
def test_errors_stand_beside_the_field_and_keep_the_input(
    wrong: dict[str, str], sentence: str, shop: World, analyst: Client
) -> None:
    page = said(analyst.post(NEW, AUTUMN | {"value": "4242", "preview": "1"} | wrong))
    assert sentence in page
    assert "Save this target" not in page
    assert wrong.get("value", "4242") in page


def test_the_form_keeps_what_was_typed_when_the_indicator_changes(shop: World, analyst: Client) -> None:
    page = said(analyst.get(NEW, AUTUMN | {"value": "4242"}))
    assert 'value="4242"' in page
    assert 'value="2026-10-01"' in page


# ---- list, page, versions ---------------------------------------------------------------------------------------


def listed(client: Client, **asked: Any) -> set[int]:
    return {row.record.pk for row in client.get("/targets/", asked).context["table"].paginated_rows}


def test_the_list_shows_those_in_force_unless_asked(shop: World, analyst: Client) -> None:
    old, new = a_target(), a_target(value=Decimal(40000))
    sea = a_target(where={"channel": "SEA"})
    assert listed(analyst) == {new.pk, sea.pk}
    assert listed(analyst, state="past") == {old.pk}
    assert listed(analyst, state="all") == {old.pk, new.pk, sea.pk}
    assert listed(analyst, segment=sea.segment_id) == {sea.pk}
    assert listed(analyst, indicator=Indicator.objects.get(code="orders").pk) == set()
    file = analyst.get("/targets/", {"_export": "csv", "state": "past"}).content.decode()
    assert "Replaced" in file
    assert len(file.splitlines()) == 2


def test_versions_are_kept_and_linked(shop: World, cast: Cast, analyst: Client) -> None:
    old, new = a_target(by=cast.director), a_target(value=Decimal(40000), by=cast.analyst)
    page = said(analyst.get(detail(new)))
    assert f'<a href="{detail(old)}">Version 1</a>' in page
    assert "Replaced" in said(analyst.get(detail(old)))
    assert reverse("target_withdraw", args=[old.pk]) not in said(analyst.get(detail(old)))


def test_withdrawing_is_confirmed_and_kept(shop: World, analyst: Client) -> None:
    target = a_target()
    confirm = reverse("target_withdraw", args=[target.pk])
    assert "Withdraw this target?" in said(analyst.get(confirm))
    assert listed(analyst) == {target.pk}
    assert "The target is withdrawn." in said(analyst.post(confirm, follow=True))
    assert listed(analyst) == set()
    assert "Withdrawn" in said(analyst.get(detail(target)))
    assert analyst.post(confirm).status_code == 404


def test_the_page_says_what_was_reached(shop: World, analyst: Client) -> None:
    page = analyst.get(detail(a_target()))
    october, november, _december = page.context["months"]
    assert october.actual is not None
    assert november.actual is None  # unknown is not zero
    assert sum(month.share for month in page.context["months"]) == Decimal("30000.01")
    running = page.context["running"].series
    known = [value for value in running[0].values if value is not None]
    assert known[-1] == october.actual
    assert len(known) == LAST.day


def test_the_pages_read_in_french(shop: World, cast: Cast, analyst: Client) -> None:
    target = a_target()
    cast.analyst.language = "fr"
    cast.analyst.save()
    for page in ("/targets/", "/targets/?_export=csv", detail(target), NEW):
        assert analyst.get(page).status_code == 200


def test_readers_see_and_do_not_set(shop: World, cast: Cast, as_: SignIn) -> None:
    target, reader = a_target(), as_(cast.contributor)
    assert NEW not in said(reader.get("/targets/"))
    page = said(reader.get(detail(target)))
    assert NEW not in page
    assert reverse("target_withdraw", args=[target.pk]) not in page


def test_an_empty_list_teaches(shop: World, analyst: Client) -> None:
    assert "No target is set yet" in said(analyst.get("/targets/"))
    assert "No target matches" in said(analyst.get("/targets/", {"state": "past"}))


def test_pages_ask_a_constant_number(shop: World, analyst: Client, django_assert_num_queries: Any) -> None:
    target = a_target()
    analyst.get(detail(target))  # the catalogue is loaded once
    with django_assert_num_queries(13):
        analyst.get("/targets/")
    with django_assert_num_queries(12):
        analyst.get(detail(target))
    for n in range(8):
        a_target(value=Decimal(n))
        a_target(start=date(2027, 1 + n, 1), end=date(2027, 1 + n, 20))
    with django_assert_num_queries(13):
        analyst.get("/targets/")
    with django_assert_num_queries(12):
        analyst.get(detail(target))


# ---- arithmetic -------------------------------------------------------------------------------------------------

SHARES = st.dictionaries(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.decimals(0, 10_000, places=2), min_size=1
)


@given(SHARES)
def test_months_hold_each_day_once(shares: dict[date, Decimal]) -> None:
    months = by_month(shares, {day: value * 2 for day, value in shares.items()})
    assert sum(month.share for month in months) == sum(shares.values())
    assert sum(month.days for month in months) == len(shares)
    assert [m.period for m in months] == sorted(m.period for m in months)
    assert sum(month.actual or 0 for month in months) == 2 * sum(shares.values())
    if any(shares.values()):
        whole = sum((month.part or Decimal(0) for month in months), Decimal(0))
        assert abs(whole - 1) < Decimal("1e-20")


@given(SHARES, st.data())
def test_a_month_with_an_unknown_day_has_no_figure(shares: dict[date, Decimal], data: Any) -> None:
    missing = data.draw(st.sampled_from(sorted(shares)))
    actual = {day: value for day, value in shares.items() if day != missing}
    found = {m.period.start.replace(day=1): m.actual for m in by_month(shares, actual)}
    assert found[missing.replace(day=1)] is None
