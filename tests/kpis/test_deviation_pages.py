"""The list and the page of deviations, through the real client, on what a real night found."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from accounts.models import User
from base.handling import actions
from base.models import Comment, Notification
from intake.models import ImportRun
from kpis.models import Deviation, DeviationState
from kpis.pages import sentences
from tests.cast import Cast
from tests.kpis.shop import ITS_CREDIT, LAST, MONSTER, days_before, deviation, night, the_deviation
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]
HTMX = {"HX-Request": "true"}
LIST = "/deviations/"


def said(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def url(name: str, found: Deviation) -> str:
    return reverse(name, args=[found.pk])


# ---- what the night found ---------------------------------------------------------------------------------------


def test_the_page_names_the_order_that_carries_the_month_and_its_file(shop: World, director: Client) -> None:
    night()
    found = the_deviation()
    page = said(director.get(url("deviation_detail", found)))
    assert f"A single order explains the gap of the month: {MONSTER}, cancelled by {ITS_CREDIT}." in page
    assert "October 2026:" in page
    assert "more than expected" in page
    assert "€77,180.00" in page
    assert f'<a href="/imports/{ImportRun.objects.get().pk}/">' in page
    assert "10:17" in page
    assert "The cancellations that weigh most" in page
    assert "<svg" in page
    assert "Chart data" in page


def test_the_list_ranks_by_money_and_says_why_in_one_line(shop: World, director: Client) -> None:
    night()
    page = said(director.get(LIST))
    assert f"A single order explains the gap of the month: {MONSTER}, cancelled by {ITS_CREDIT}." in page
    shown = [row.record for row in director.get(LIST).context["table"].paginated_rows]
    stakes = [row.at_stake for row in shown]
    assert stakes == sorted(stakes, reverse=True)
    assert all(row.state == DeviationState.OPEN and row.view is None for row in shown)


def test_a_past_view_is_listed_apart_and_not_acted_on(shop: World, cast: Cast, director: Client) -> None:
    night()
    night(days_before(10))
    past = Deviation.objects.exclude(view=None).ranked().first()
    assert past is not None
    listed = director.get(LIST, {"as_of": days_before(10).isoformat()})
    assert {row.record.view for row in listed.context["table"].paginated_rows} == {days_before(10)}
    assert all(row.record.view is None for row in director.get(LIST).context["table"].paginated_rows)
    page = said(director.get(url("deviation_detail", past)))
    assert "Seen as the night of" in page
    assert url("deviation_acknowledge", past) not in page
    assert director.post(url("deviation_acknowledge", past)).status_code == 404
    past.refresh_from_db()
    assert past.acknowledged_at is None


# ---- filters, order, export -------------------------------------------------------------------------------------


def listed(client: Client, **asked: Any) -> set[int]:
    table = client.get(LIST, asked).context["table"]
    return {row.record.pk for row in table.paginated_rows}


def test_filters_keep_what_they_say(shop: World, cast: Cast, director: Client) -> None:
    worse = deviation(gap=50.0, severity="high", owner=cast.director)
    better = deviation(start=days_before(1), end=days_before(1), gap=-50.0, money=50.0)
    revenue = deviation("net_revenue", rule="target", grain="month", start=days_before(30), gap=-9.0)
    closed = deviation("orders", state="closed", closed_on=LAST)
    everything = {worse.pk, better.pk, revenue.pk}
    assert listed(director) == everything
    assert listed(director, state="all") == everything | {closed.pk}
    assert listed(director, state="closed") == {closed.pk}
    assert listed(director, indicator=revenue.indicator_id) == {revenue.pk}
    assert listed(director, grain="month") == {revenue.pk}
    assert listed(director, rule="target") == {revenue.pk}
    assert listed(director, severity="high") == {worse.pk}
    assert listed(director, owner="mine") == {worse.pk}
    assert listed(director, owner="nobody") == {better.pk, revenue.pk}
    assert listed(director, owner=str(cast.manager.pk)) == set()
    assert listed(director, direction="worse") == {worse.pk, revenue.pk}
    assert listed(director, direction="better") == {better.pk}
    assert listed(director, direction="above") == {worse.pk}
    assert listed(director, direction="below") == {better.pk, revenue.pk}


@pytest.mark.parametrize(
    "asked", [{"owner": "x"}, {"as_of": "2026-02-31"}, {"state": "x"}, {"sort": "password"}, {"page": "9"}]
)
def test_senseless_questions_are_answered_all_the_same(
    asked: dict[str, str], shop: World, director: Client
) -> None:
    deviation()
    assert director.get(LIST, asked).status_code == 200


def order(client: Client, sort: str) -> list[Any]:
    table = client.get(LIST, {"sort": sort}).context["table"]
    return [row.record.pk for row in table.paginated_rows]


def test_sorting(shop: World, director: Client) -> None:
    low = deviation(severity="low", money=None, start=days_before(2))
    high = deviation(severity="high", money=-10.0, start=days_before(1))
    medium = deviation(severity="medium", money=900.0)
    assert order(director, "") == [medium.pk, high.pk, low.pk]
    assert order(director, "severity") == [high.pk, medium.pk, low.pk]
    assert order(director, "-severity") == [low.pk, medium.pk, high.pk]
    assert order(director, "money") == [high.pk, medium.pk, low.pk]  # without money last, either way
    assert order(director, "-money") == [medium.pk, high.pk, low.pk]
    assert order(director, "start") == [low.pk, high.pk, medium.pk]


def test_the_export_holds_all_pages_and_plain_values(shop: World, director: Client) -> None:
    for n in range(30):
        deviation(start=days_before(n), end=days_before(n))
    closed = deviation("orders", state="closed", closed_on=LAST)
    file = director.get(LIST, {"_export": "csv"})
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(rows) == 30
    assert rows[0]["Money at stake"] == "-50.0"
    assert rows[0]["Value"] == "150.0"
    assert rows[0]["Severity"] == "Medium"
    assert rows[0]["Segment"] == "All"
    assert rows[0]["Explanation"].startswith("Outside its expected range")
    assert str(closed.indicator) not in {row["Deviation"] for row in rows}
    sheet = load_workbook(io.BytesIO(director.get(LIST, {"_export": "xlsx"}).content)).active
    assert sheet is not None
    assert sheet.max_row == 31


def test_an_empty_list_teaches(shop: World, director: Client) -> None:
    assert "Import a first file" in said(director.get(LIST))
    night(days_before(31))
    Deviation.objects.all().delete()
    assert "Nothing is out of the ordinary" in said(director.get(LIST))
    assert "No deviation matches these filters" in said(director.get(LIST, {"owner": "mine"}))


def test_the_list_reads_in_french(shop: World, cast: Cast, director: Client) -> None:
    deviation(severity="high")
    cast.director.language = "fr"
    cast.director.save()
    assert '<html lang="fr"' in said(director.get(LIST))
    assert director.get(LIST, {"_export": "csv"}).content.count(b"\n") == 2


# ---- constant queries -------------------------------------------------------------------------------------------


def test_the_list_asks_as_much_for_many_as_for_one(
    shop: World, cast: Cast, director: Client, django_assert_num_queries: Any
) -> None:
    deviation(owner=cast.director)
    with django_assert_num_queries(12):
        director.get(LIST)
    for n in range(1, 20):
        deviation(start=days_before(n), end=days_before(n), owner=cast.manager, acknowledged_by=cast.director)
    with django_assert_num_queries(12):
        director.get(LIST)


def test_the_page_asks_a_constant_number(
    shop: World, cast: Cast, director: Client, django_assert_num_queries: Any
) -> None:
    night()
    found = the_deviation()
    director.get(url("deviation_detail", found))  # content types and the catalogue are kept
    with django_assert_num_queries(19):
        director.get(url("deviation_detail", found))
    for n in range(5):
        actions.comment(item=found, author=cast.manager, text=str(n), at=timezone.now())
    with django_assert_num_queries(19):
        director.get(url("deviation_detail", found))


# ---- what people do ---------------------------------------------------------------------------------------------


def test_acknowledging_stands_once(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()
    response = as_(cast.manager).post(url("deviation_acknowledge", found), follow=True)
    assert "The deviation is acknowledged." in said(response)
    as_(cast.director).post(url("deviation_acknowledge", found))
    found.refresh_from_db()
    assert found.acknowledged_by == cast.manager


def test_assigning_tells_the_new_owner_in_their_language(shop: World, cast: Cast, director: Client) -> None:
    found = deviation()
    director.post(url("deviation_assign", found), {"owner": cast.manager.pk})
    found.refresh_from_db()
    assert found.owner == cast.manager
    (note,) = Notification.objects.filter(user=cast.manager)
    assert note.text == "Claire Martel gave you the deviation of “cancelled_value”."
    assert note.url == url("deviation_detail", found)
    director.post(url("deviation_assign", found), {"owner": cast.manager.pk})
    assert Notification.objects.count() == 1  # nothing changed, nothing told
    director.post(url("deviation_assign", found), {"owner": cast.director.pk})
    assert not Notification.objects.filter(user=cast.director).exists()  # taken, not given
    director.post(url("deviation_assign", found), {"owner": ""})
    found.refresh_from_db()
    assert found.owner is None


def test_only_people_who_handle_deviations_can_be_given_one(
    shop: World, cast: Cast, director: Client
) -> None:
    found = deviation()
    page = said(director.post(url("deviation_assign", found), {"owner": cast.member.pk}))
    assert "Please correct what follows" in page
    found.refresh_from_db()
    assert found.owner is None


def test_setting_aside_asks_for_a_reason_and_a_day_to_come(shop: World, cast: Cast, director: Client) -> None:
    found = deviation()
    tomorrow = timezone.localdate() + timedelta(days=1)
    page = said(director.post(url("deviation_snooze", found), {"until": tomorrow, "reason": ""}))
    assert "This field is required." in page
    assert f'value="{tomorrow}"' in page  # what was typed is kept
    today = {"until": timezone.localdate(), "reason": "known fee"}
    page = said(director.post(url("deviation_snooze", found), today))
    assert "Choose a day after today." in page
    assert "known fee" in page
    found.refresh_from_db()
    assert found.state == DeviationState.OPEN
    page = said(
        director.post(url("deviation_snooze", found), {"until": tomorrow, "reason": "known fee"}, follow=True)
    )
    assert "Snoozed until" in page
    found.refresh_from_db()
    assert (found.state, found.snoozed_until, found.snooze_reason) == ("snoozed", tomorrow, "known fee")
    director.post(url("deviation_wake", found))
    found.refresh_from_db()
    assert found.state == DeviationState.OPEN


def test_commenting(shop: World, cast: Cast, director: Client) -> None:
    found = deviation()
    assert "This field is required." in said(director.post(url("deviation_comment", found), {"text": " "}))
    page = said(director.post(url("deviation_comment", found), {"text": "<b>seen</b>"}, follow=True))
    assert "&lt;b&gt;seen&lt;/b&gt;" in page
    assert Comment.objects.get().author == cast.director


def test_htmx_gets_only_the_part_people_change(shop: World, director: Client) -> None:
    found = deviation()
    part = said(director.post(url("deviation_acknowledge", found), headers=HTMX))
    assert part.startswith('<aside id="handling"')
    assert "Claire Martel" in part
    assert "<html" not in part
    assert "data-announce" in part
    refused = said(director.post(url("deviation_snooze", found), {"until": "", "reason": "x"}, headers=HTMX))
    assert refused.startswith('<aside id="handling"')
    assert "This field is required." in refused


def test_readers_look_without_buttons(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()
    page = said(as_(cast.member).get(url("deviation_detail", found)))
    for name in ("acknowledge", "assign", "snooze", "wake", "comment"):
        assert url(f"deviation_{name}", found) not in page


def test_a_closed_one_cannot_be_set_aside(shop: World, director: Client) -> None:
    found = deviation(state="closed", closed_on=LAST)
    page = said(director.get(url("deviation_detail", found)))
    assert url("deviation_snooze", found) not in page
    director.post(url("deviation_snooze", found), {"until": "2100-01-01", "reason": "x"})
    found.refresh_from_db()
    assert found.state == DeviationState.CLOSED


# ---- sentences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "headline"),
    [
        ({}, "Sat, 31 Oct 2026: €150, that is €50 more than expected (€100)."),
        ({"gap": -50.0, "value": 50.0}, "Sat, 31 Oct 2026: €50, that is €50 less than expected (€100)."),
        ({"rule": "target"}, "Sat, 31 Oct 2026: €150, that is €50 above the target (€100)."),
        ({"rule": "target", "gap": -1.0}, "Sat, 31 Oct 2026: €150, that is €1 below the target (€100)."),
        ({"reference": None, "gap": None}, "Sat, 31 Oct 2026: €150."),
    ],
)
def test_headlines(about: dict[str, Any], headline: str, shop: World) -> None:
    with translation.override("en"):
        assert sentences.headline(deviation(**about)) == headline


@pytest.mark.parametrize(
    ("about", "line"),
    [
        ({"evidence": {"reason": "beyond"}}, "Outside its expected range, €80 to €120."),
        (
            {"evidence": {"orders": [{"reference": "7", "weight": 24.0}]}},
            "Outside its expected range, €80 to €120; no single order explains it.",
        ),
        (
            {"evidence": {"orders": [{"reference": "7", "weight": 25.0}]}},
            "Outside its expected range, €80 to €120; order 7 weighs most.",
        ),
        ({"evidence": {"reason": "no_activity"}}, "No activity on a day that should be open."),
        ({"rule": "target"}, "The gap to the target is larger than chance explains."),
        ({"low": None, "high": None}, "Out of its expected range."),
        (
            {"evidence": {"reason": "one_order", "orders": [{"reference": "7", "pair": None}]}},
            "A single order explains the gap of the day: 7.",
        ),
        (  # a sale named by itself, its credit note as the pair
            {
                "evidence": {
                    "reason": "one_order",
                    "measure": "gross_revenue",
                    "orders": [{"reference": "7", "pair": "C7"}],
                }
            },
            "A single order explains the gap of the day: 7, cancelled by C7.",
        ),
    ],
)  # fmt: skip
def test_explanations(about: dict[str, Any], line: str, shop: World) -> None:
    with translation.override("en"):
        assert sentences.explanation(deviation(**about)) == line
