"""What the pages of rows say to somebody who gave another file than they meant, and of what may be a slip."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from intake.rows.models import RowsImport
from tests.cast import Cast
from tests.intake.books import book, confirm, give, last, text

SignIn = Callable[[Any], Client]


@pytest.fixture
def administrator(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.administrator)


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        ((("order_id", "order_date", "sku"), ("A1", "2026-01-02", "S1")), False),
        ((("Bonjour",),), False),
        ((("Name", "Role"), ("Ana Roy", "Team member")), True),
    ],
)
def test_a_file_of_something_else_is_said_to_be_one_and_given_up(
    rows: tuple[tuple[str, ...], ...], known: bool, administrator: Client
) -> None:
    page = text(give(administrator, book(*rows)))
    assert ("No heading of this file is known here" in page) is not known
    assert reverse("rows_drop", args=[last().pk]) in page
    page = text(administrator.post(reverse("rows_drop", args=[last().pk]), follow=True))
    assert "nothing was changed" in page
    assert RowsImport.objects.get().state == "dropped"


def test_what_is_not_worked_out_yet_has_no_figures(administrator: Client) -> None:
    give(administrator, book(("order_id", "sku"), ("A1", "S1")))
    page = text(administrator.get(reverse("rows_new", args=["people"])))
    assert '<td class="num" data-label="New rows">—</td>' in page


def test_changing_ones_mind_about_the_columns_leads_back_to_the_rows(administrator: Client) -> None:
    give(administrator, book(("E-mail", "Name"), ("ana@martel.example", "Ana Roy")))
    page = text(administrator.get(reverse("rows_columns", args=[last().pk])))
    assert f'href="{last().get_absolute_url()}">Cancel' in page


def test_a_row_in_error_says_nothing_of_what_it_would_do(administrator: Client) -> None:
    give(administrator, book(("E-mail", "Name", "Role"), ("ana@martel.example", "", "Team member")))
    (line,) = last().lines
    assert (line["outcome"], line["said"]) == ("refused", [])
    assert [letter for letter, _said in line["cells"]] == ["B"]


def test_two_tabs_end_alike(administrator: Client) -> None:
    """Imported in one, given up in the other, and the other way round: the second is told, and nothing is lost."""
    content = book(("E-mail", "Name"), ("ana@martel.example", "Ana Roy"))
    give(administrator, content)
    done = confirm(administrator)
    page = text(administrator.post(reverse("rows_drop", args=[done.pk]), follow=True))
    assert "it cannot be given up any more" in page
    columns = administrator.get(reverse("rows_columns", args=[done.pk]))
    assert columns["Location"] == done.get_absolute_url()
    give(administrator, content, "again.xlsx")
    for _twice in range(2):  # as a double click does
        page = text(administrator.post(reverse("rows_drop", args=[last().pk]), follow=True))
        assert "nothing was changed" in page
    dropped = confirm(administrator)
    page = text(administrator.get(dropped.get_absolute_url()))
    assert "This file was given up" in page
    assert "<dt>No change</dt>" not in page


def test_headings_without_rows_are_said_to_be_that(administrator: Client) -> None:
    page = text(give(administrator, book(("E-mail", "Name"))))
    assert "No row stands under the headings. There is nothing to import." in page


def test_invitations_are_asked_about_where_somebody_is_new(administrator: Client, cast: Cast) -> None:
    asked = "Send each new person their invitation"
    rows = [("E-mail", "Name"), (cast.member.email, "Lea Petit-Roy")]
    assert asked not in text(give(administrator, book(*rows)))
    assert asked in text(give(administrator, book(*rows, ("ana@martel.example", "Ana Roy"))))


@pytest.mark.parametrize("heading", ["From", "Du", "À partir du", "depuis"])
def test_the_day_of_a_place_has_the_names_people_give_it(heading: str, administrator: Client) -> None:
    give(administrator, book(("E-mail", "Name", heading), ("ana@martel.example", "Ana Roy", "01/12/2026")))
    assert "start" in last().columns
