"""The company and its calendar on their pages: said before, refused where it would falsify, judged by afterwards."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from base import territories
from base.calendar import Period
from base.company import calendar_lines, event_save
from base.events import calendar_of_company, retail_events
from base.models import CalendarEvent, Company
from kpis.models import Source
from kpis.night.inputs import calendar_of
from tests.cast import Cast

SignIn = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
BLACK_FRIDAY = date(2026, 11, 27)


@pytest.fixture
def company() -> Company:
    return Company.objects.create(name="Martel")


def filled(company: Company, **changes: Any) -> dict[str, Any]:
    fields = ("name", "country", "currency", "timezone", "week_start", "fiscal_year_start", "open_weekdays")
    return {name: getattr(company, name) for name in fields} | changes


def test_what_follows_is_said_before_it_is_saved(company: Company, cast: Cast, as_: SignIn) -> None:
    client = as_(cast.analyst)
    answer = client.post(reverse("company_edit"), filled(company, week_start=7))
    assert "Weeks start on another day" in answer.content.decode()
    assert Company.current().week_start == 1
    shown = answer.context["shown"]
    client.post(reverse("company_edit"), filled(company, week_start=7, shown=shown))
    assert Company.current().week_start == 7
    page = client.get(reverse("company_detail")).content.decode()
    assert "First day of the week: 1 → 7" in page
    assert "Ines Leroy" in page


def test_what_was_shown_is_what_is_saved(company: Company, cast: Cast, as_: SignIn) -> None:
    """A form changed after its consequences were shown shows those of what it holds now."""
    client = as_(cast.administrator)
    shown = client.post(reverse("company_edit"), filled(company, week_start=7)).context["shown"]
    answer = client.post(reverse("company_edit"), filled(company, fiscal_year_start=4, shown=shown))
    assert "Quarters and years start in another month" in answer.content.decode()
    assert Company.current().fiscal_year_start == 1


def test_a_name_is_saved_at_once(company: Company, cast: Cast, as_: SignIn) -> None:
    as_(cast.analyst).post(reverse("company_edit"), filled(company, name="Martel Frères"))
    assert Company.current().name == "Martel Frères"


def test_amounts_in_one_currency_are_not_shown_in_another(company: Company, cast: Cast, as_: SignIn) -> None:
    Source.objects.create(code="orders", name="Orders", kind="orders", currency="EUR")
    client = as_(cast.administrator)
    answer = client.post(reverse("company_edit"), filled(company, currency="GBP"))
    assert "not converted" in answer.content.decode()
    client.post(reverse("company_edit"), filled(company, currency="GBP", shown=answer.context["shown"]))
    assert Company.current().currency == "EUR"


def test_lists_to_choose_from_are_short_and_sorted() -> None:
    with translation.override("fr"):
        countries = [name for _code, name in territories.countries()]
        assert len(countries) < 60
        assert countries.index("Espagne") < countries.index(
            "États-Unis" if "États-Unis" in countries else "Finlande"
        )
        assert [code for code, _name in territories.currencies("JPY") if code == "JPY"]
        assert ("Europe/Paris", "Paris (France)") in territories.timezones()
        assert ("Asia/Tokyo", "Tokyo") in territories.timezones("Asia/Tokyo")
        assert len(territories.timezones()) < 70


def test_an_event_moved_takes_the_place_of_the_usual_one(company: Company, cast: Cast, as_: SignIn) -> None:
    url = f"{reverse('event_new')}?code=black_friday&replaces={BLACK_FRIDAY}"
    as_(cast.analyst).post(url, {"start": "2026-11-20", "end": "2026-11-20"})
    days = [
        e.start
        for e in calendar_of_company([2026], "FR", CalendarEvent.objects.all())
        if e.code == "black_friday"
    ]
    assert days == [date(2026, 11, 20)]
    line = next(line for line in calendar_lines(2026, "FR") if line.code == "black_friday")
    assert (line.start, line.usual and line.usual.start) == (date(2026, 11, 20), BLACK_FRIDAY)


def test_an_event_not_held_and_taken_back(company: Company, cast: Cast, as_: SignIn) -> None:
    client = as_(cast.administrator)
    client.post(f"{reverse('event_skip')}?code=black_friday&replaces={BLACK_FRIDAY}")
    row = CalendarEvent.objects.get()
    assert [e for e in calendar_of_company([2026], "FR", [row]) if e.code == "black_friday"] == []
    assert "not held" in client.get(f"{reverse('company_detail')}?year=2026").content.decode()
    client.post(reverse("event_remove", args=[row.pk]))
    assert calendar_of_company([2026], "FR", CalendarEvent.objects.all()) == retail_events([2026])


@pytest.mark.parametrize(
    "asked", ["code=black_friday&replaces=2026-11-26", "code=moon&replaces=2026-11-27", "", "replaces=x"]
)
def test_only_an_event_that_is_can_be_skipped(company: Company, cast: Cast, as_: SignIn, asked: str) -> None:
    assert as_(cast.analyst).post(f"{reverse('event_skip')}?{asked}").status_code == 404
    assert not CalendarEvent.objects.exists()


def test_one_own_event_leaves_the_others_of_the_year(company: Company) -> None:
    """A company that adds its anniversary keeps its sales and its Black Friday."""
    CalendarEvent.objects.create(
        code="own_event", name="Anniversary", start=date(2026, 5, 4), end=date(2026, 5, 9)
    )
    calendar = calendar_of(company, Period(date(2026, 1, 1), date(2026, 12, 31)))
    assert "own_event" in calendar.events[date(2026, 5, 9)]
    assert "black_friday" in calendar.events[BLACK_FRIDAY]


def test_a_closure_is_no_event_and_nothing_is_expected_of_it(company: Company) -> None:
    CalendarEvent.objects.create(code="closure", start=date(2026, 8, 3), end=date(2026, 8, 4))
    calendar = calendar_of(company, Period(date(2026, 8, 1), date(2026, 8, 31)))
    assert calendar.closures == {date(2026, 8, 3), date(2026, 8, 4)}
    assert date(2026, 8, 3) not in calendar.events


def test_events_of_one_kind_do_not_meet(company: Company) -> None:
    event_save(event=CalendarEvent(code="own_event", start=date(2026, 5, 4), end=date(2026, 5, 9)))
    with translation.override("en"), pytest.raises(ValidationError, match="overlap another event"):
        event_save(event=CalendarEvent(code="own_event", start=date(2026, 5, 9), end=date(2026, 5, 12)))
    with translation.override("en"), pytest.raises(ValidationError, match="overlap another event"):
        event_save(event=CalendarEvent(code="christmas", start=date(2026, 12, 20), end=date(2026, 12, 31)))


@pytest.mark.parametrize(
    "row",
    [
        {"code": "closure", "start": date(2026, 5, 9), "end": date(2026, 5, 4)},
        {"code": "closure"},  # neither dates nor what it replaces
        {"code": "closure", "start": date(2026, 5, 9)},
    ],
)
def test_the_schema_refuses_an_event_without_sense(row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarEvent.objects.create(**row)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-05-09", "2026-05-04"),
        ("0001-01-01", "0001-01-02"),
        ("2026-01-01", "2026-12-31"),
        ("", ""),
        ("x", "9999-12-31"),
    ],
)
def test_days_without_sense_are_refused_beside_their_field(
    company: Company, cast: Cast, as_: SignIn, start: str, end: str
) -> None:
    answer = as_(cast.analyst).post(reverse("event_new"), {"code": "closure", "start": start, "end": end})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not CalendarEvent.objects.exists()


def test_a_year_without_sense_shows_one_with(company: Company, cast: Cast, as_: SignIn) -> None:
    for year in ("x", "-1", "0000", "9999", "1" * 400, "٢٠٢٦"):
        assert as_(cast.analyst).get(reverse("company_detail"), {"year": year}).status_code == 200


def test_the_page_asks_as_much_for_a_full_calendar(
    company: Company, cast: Cast, as_: SignIn, django_assert_num_queries: Any
) -> None:
    client = as_(cast.analyst)
    client.get(reverse("company_detail"))
    with django_assert_num_queries(7):
        client.get(f"{reverse('company_detail')}?year=2026")
    for week in range(20):
        day = date(2026, 1, 5 + week)
        CalendarEvent.objects.create(code="closure", start=day, end=day)
    with django_assert_num_queries(7):
        client.get(f"{reverse('company_detail')}?year=2026")
