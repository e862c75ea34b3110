"""Targets from a workbook: months across as budgets are kept, or a row a target; set or proposed by who gives them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from base.models import Notification
from kpis.models import Indicator, Target, TargetDay, TargetProposal
from tests.cast import Cast
from tests.intake.books import book, confirm, errors, give, last, outcomes, text
from tests.kpis.world import World

SignIn = Callable[[Any], Client]


@pytest.fixture
def analyst(shop: World, cast: Cast, as_: SignIn) -> Client:
    return as_(cast.analyst)


def live() -> dict[tuple[str, date], Decimal | None]:
    found = Target.objects.live().select_related("indicator")
    return {(target.indicator.code, target.start): target.value for target in found}


def give_targets(client: Client, *rows: Any, name: str = "targets.xlsx") -> str:
    return text(give(client, book(*rows), name, "targets"))


def test_months_across_become_targets_phased_to_the_day(analyst: Client) -> None:
    heads = ("Indicateur", date(2026, 10, 1), "nov. 2026", "Total 2026")
    page = give_targets(analyst, ("Budget 2026",), (), heads, ("net_revenue", 30000, "31 000,50 €", 61000.5))
    assert "Nothing is stored yet." in page
    assert "These columns are not used: Total 2026." in page
    assert live() == {}
    confirm(analyst)
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    assert live() == {("net_revenue", october): 30000, ("net_revenue", november): Decimal("31000.5")}
    days = TargetDay.objects.filter(target__start=october)
    assert (days.count(), sum(day.value for day in days)) == (31, 30000)


def test_the_same_again_changes_nothing_and_another_figure_is_said_from_and_to(analyst: Client) -> None:
    heads = ("Indicator", "10/2026", "11/2026")
    give_targets(analyst, heads, ("net_revenue", 30000, 31000))
    confirm(analyst)
    page = give_targets(analyst, heads, ("net_revenue", 30000, 32000))
    assert outcomes(last()) == [(2, "same"), (2, "changed")]
    assert "Target: €31,000 → €32,000" in page
    confirm(analyst)
    assert sorted(live().values(), key=str) == [30000, 32000]
    assert Target.objects.count() == 3  # the older one is kept


def test_a_row_a_target_with_its_segment_or_its_days(analyst: Client) -> None:
    heads = ("Indicator", "Segment", "Month", "From", "To", "Value")
    rows = (
        ("net_revenue", "", "oct. 2026", None, None, "12 k€"),
        ("Net revenue", "", None, date(2026, 11, 27), date(2026, 11, 30), 5000),
        ("net_revenue", "nowhere", "2026-12", None, None, 1),
        ("unheard_of", "", "2026-12", None, None, 1),
        ("net_revenue", "", None, None, None, 1),
        ("net_revenue", "", "2026-12", None, None, None),
        ("net_revenue", "", "2026-12", None, None, "much"),
    )
    give_targets(analyst, heads, *rows)
    found = errors(last())
    assert found["B4"] == "There is no segment “nowhere”."
    assert found["A5"] == "There is no indicator “unheard_of”."
    assert found["D6"] == "Say the month, or from which day to which."
    assert found["F7"] == "Say the value, or the two bounds."
    assert found["F8"] == "“Value”: “much” is not a number."
    confirm(analyst)
    assert live() == {
        ("net_revenue", date(2026, 10, 1)): 12000,
        ("net_revenue", date(2026, 11, 27)): 5000,
    }


def test_a_ratio_is_a_percentage_of_excel_or_has_its_sign(analyst: Client) -> None:
    heads = ("Indicator", "10/2026", "11/2026", "12/2026", "01/2027")
    give_targets(analyst, heads, ("cancelled_share", 0.025, "2,5 %", 2.5, "0,8"))
    assert set(errors(last())) == {"D2", "E2"}
    assert "could be a share or a percentage" in errors(last())["D2"]
    confirm(analyst)
    assert set(live().values()) == {Decimal("0.025")}


def test_who_may_only_propose_proposes(shop: World, cast: Cast, as_: SignIn) -> None:
    manager, heads = as_(cast.manager), ("Indicator", "10/2026", "11/2026")
    page = give_targets(manager, heads, ("net_revenue", 30000, 31000))
    assert "it counts once somebody who may set targets agrees" in page
    assert not TargetProposal.objects.exists()
    confirm(manager)
    assert live() == {}
    assert TargetProposal.objects.waiting().filter(begun_by=cast.manager).count() == 2
    assert Notification.objects.filter(user=cast.director).count() == 1  # told once of them all
    page = give_targets(manager, heads, ("net_revenue", 30000, 31000))
    assert "You proposed it already" in page
    assert outcomes(last()) == [(2, "same"), (2, "same")]


def test_an_import_of_targets_is_its_givers(analyst: Client, cast: Cast, as_: SignIn) -> None:
    give_targets(analyst, ("Indicator", "10/2026"), ("net_revenue", 30000))
    run = confirm(analyst)
    assert as_(cast.director).get(run.get_absolute_url()).status_code == 404
    assert as_(cast.hr).get(reverse("rows_new", args=["targets"])).status_code == 403


def test_a_target_set_meanwhile_is_shown_again(analyst: Client, cast: Cast, as_: SignIn) -> None:
    give_targets(analyst, ("Indicator", "10/2026"), ("net_revenue", 30000))
    mine = last()
    director = as_(cast.director)
    give_targets(director, ("Indicator", "10/2026"), ("net_revenue", 99))
    confirm(director)
    page = text(analyst.post(mine.get_absolute_url(), {"digest": mine.digest}, follow=True))
    assert "has changed since it was shown" in page
    assert live() == {("net_revenue", date(2026, 10, 1)): 99}


@pytest.mark.parametrize(
    ("figures", "name", "stored"),
    [
        (("60,000", "1,234.50"), "x.xlsx", {60000, Decimal("1234.5")}),
        (("60.000", "1.234,50"), "x.xlsx", {60000, Decimal("1234.5")}),
        (
            ("60,000", "0.5"),
            "x.csv",
            {60000, Decimal("0.5")},
        ),  # the commas of the file do not part these cells
        (("1 234,567", "12,5 k€"), "x.xlsx", {Decimal("1234.567"), 12500}),
        (("60,000", "12,5"), "x.xlsx", {60, Decimal("12.5")}),
    ],
)
def test_months_across_tell_together_how_they_write_numbers(
    figures: tuple[str, ...], name: str, stored: set[Any], analyst: Client
) -> None:
    rows = (("Indicator", "10/2026", "11/2026"), ("net_revenue", *figures))
    content = "\n".join(";".join(row) for row in rows).encode() if name == "x.csv" else book(*rows)
    give(analyst, content, name, "targets")
    assert errors(last()) == {}
    confirm(analyst)
    assert set(live().values()) == stored


@pytest.mark.parametrize("figure", ["60,000", "1.234", "12,345 €", "(1.234)", "60,000 k€"])
def test_a_number_with_two_readings_that_nothing_decides_is_asked(figure: str, analyst: Client) -> None:
    give_targets(analyst, ("Indicator", "10/2026", "11/2026"), ("net_revenue", figure, "7"))
    assert "could be in thousands or have three decimals" in errors(last())["B2"]
    give_targets(analyst, ("Indicator", "Month", "Value"), ("net_revenue", "10/2026", figure))
    assert "could be in thousands or have three decimals" in errors(last())["C2"]


def test_a_slip_of_a_digit_is_said_as_forms_ask(
    shop: World, analyst: Client, cast: Cast, as_: SignIn
) -> None:
    """Last year is known of October and September 2027 in one question, however many rows there are."""
    page = give_targets(analyst, ("Indicator", "10/2027", "09/2027"), ("net_revenue", 99_000_000, -5))
    assert "is more than ten times" in page
    assert "is negative." in page
    assert outcomes(last()) == [(2, "new"), (2, "new")]
    assert "2 rows look like a slip" in page
    only = text(analyst.get(last().get_absolute_url() + "?outcome=doubtful"))
    assert only.count("more than ten times") == only.count("is negative.") == 1
    cast.analyst.language = "fr"
    cast.analyst.save(update_fields=["language"])
    page = text(as_(cast.analyst).get(last().get_absolute_url()))
    assert "est négati" in page  # kept for readers of another language


THIRD = 4000 / 12  # as Excel works out =4000/12


def test_what_excel_works_out_changes_nothing_the_second_time(analyst: Client) -> None:
    rows = (("Indicator", "10/2026", "11/2026"), ("net_revenue", THIRD, "333,33333333333"))
    give_targets(analyst, *rows)
    confirm(analyst)
    assert set(live().values()) == {Decimal("333.333333")}
    give_targets(analyst, *rows)
    assert {outcome for _row, outcome in outcomes(last())} == {"same"}
    for target in Target.objects.live():
        shares = list(TargetDay.objects.filter(target=target).values_list("value", flat=True))
        assert sum(shares) == target.value


def test_what_excel_works_out_is_proposed_once(shop: World, cast: Cast, as_: SignIn) -> None:
    manager, rows = as_(cast.manager), (("Indicator", "10/2026"), ("net_revenue", THIRD))
    give_targets(manager, *rows)
    confirm(manager)
    page = give_targets(manager, *rows)
    assert "You proposed it already" in page
    assert TargetProposal.objects.waiting().count() == 1


@pytest.mark.parametrize(
    ("indicator", "figure", "why"),
    [
        ("net_revenue", "+5 %", "is a percentage; a plain number is asked for."),
        ("orders", "5%", "is a percentage; a plain number is asked for."),
        ("net_revenue", "60 000 $", "is not in euros."),
        ("net_revenue", "£60", "is not in euros."),
        ("orders", "60 €", "has a unit; a plain number is asked for."),
        ("cancelled_share", "5 $", "has a unit; a plain number is asked for."),
    ],
)
def test_a_figure_of_another_unit_is_refused(indicator: str, figure: str, why: str, analyst: Client) -> None:
    give_targets(analyst, ("Indicator", "10/2026"), (indicator, figure))
    assert errors(last())["B2"].endswith(why)
    confirm(analyst)
    assert live() == {}


@pytest.mark.parametrize("figure", ["60 000 €", "60000 EUR", "1e3", 1e20, "60 k€"])
def test_a_figure_of_its_own_unit_is_not(figure: str | float, analyst: Client) -> None:
    give_targets(analyst, ("Indicator", "10/2026"), ("net_revenue", figure))
    assert not any("unit" in why or "euros" in why for why in errors(last()).values())


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    figures=st.lists(st.decimals(0, 10**7, places=2), min_size=12, max_size=12),
    language=st.sampled_from(["fr", "en"]),
)
def test_template_filled_and_imported(
    figures: list[Decimal], language: str, shop: World, cast: Cast, as_: SignIn
) -> None:
    """A year typed under the months of the template is in force as it was typed, and the next template holds it."""
    cast.analyst.language = language
    cast.analyst.save(update_fields=["language"])
    client = as_(cast.analyst)
    template = reverse("rows_template", args=["targets"])
    filled: Any = load_workbook(BytesIO(client.get(template).content))
    sheet = filled.worksheets[0]
    indicator = Indicator.objects.get(code="net_revenue")
    names = {indicator.code, indicator.name_fr, indicator.name_en}
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value in names)
    for cell, figure in zip(row[1:], figures, strict=True):
        cell.value = figure
    give(client, _saved(filled), "targets.xlsx", "targets")
    assert errors(last()) == {}
    confirm(client)
    found = [value for (code, _month), value in live().items() if code == "net_revenue" and value is not None]
    assert sorted(found) == sorted(figures)
    again = load_workbook(BytesIO(client.get(template).content))
    give(client, _saved(again), "again.xlsx", "targets")
    assert {outcome for _row, outcome in outcomes(last())} == {"same"}


def _saved(workbook: Any) -> bytes:
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def test_a_slip_is_found_among_what_is_none(analyst: Client) -> None:
    give_targets(analyst, ("Indicator", "10/2027", "11/2027"), ("net_revenue", 99_000_000, 5_000))
    only = text(analyst.get(last().get_absolute_url() + "?outcome=doubtful"))
    assert "1 row looks like a slip" in only
    assert "October 2027" in only
    assert "November 2027" not in only


def test_cents_are_written_as_cents(analyst: Client) -> None:
    page = give_targets(analyst, ("Indicator", "10/2026", "11/2026"), ("net_revenue", 60_000.5, 61_000))
    assert "Target: €60,000.50" in page
    assert "Target: €61,000<" in page
