"""My day, the private calendar and what is told to managers: what waits for whom, and nothing they may not see."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Role, User
from accounts.people import role_give
from base.deadlines.escalation import escalate
from base.deadlines.feed import feed_make
from base.deadlines.rooms import deadlines_of
from base.handling import actions
from base.models import CalendarFeed, Notification
from kpis.models import Deviation, Indicator, KnownDays, Source
from tests.cast import PASSWORD, Cast, toggle_access
from tests.kpis.shop import deviation, open_shop
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]
DAY = timedelta(days=1)
PAGE = "/my-day/"


@pytest.fixture
def shop(db: None, tmp_path: Path) -> World:
    return open_shop(tmp_path)


def opened(days_ago: int, **about: Any) -> Deviation:
    """One that opened so many days ago: to be seen the day after."""
    about.setdefault("rule", f"r{Deviation.objects.count()}")
    return deviation(opened_on=timezone.localdate() - days_ago * DAY, **about)


def shown(client: Client, **asked: str) -> dict[str, set[str]]:
    groups = client.get(PAGE, asked).context["groups"]
    return {code: {row.url for row in rows if "deviation" in row.url} for code, _name, rows in groups}


def page_of(found: Deviation) -> str:
    return reverse("deviation_detail", args=[found.pk])


def aside(found: Deviation, by: User, until: date) -> None:
    actions.snooze(item=found, by=by, until=until, reason="a fee", at=timezone.now())


# ---- the page ---------------------------------------------------------------------------------------------------


def test_it_opens_on_what_waits_for_me(shop: World, cast: Cast, as_: SignIn) -> None:
    late, today = opened(3, owner=cast.manager), opened(1, owner=cast.manager)
    theirs, nobodys = opened(3, owner=cast.analyst), opened(1)
    found = shown(as_(cast.manager))
    assert (found["late"], found["today"]) == ({page_of(late)}, {page_of(today)})
    everything = shown(as_(cast.manager), all="1")
    assert everything["late"] == {page_of(late), page_of(theirs)}
    assert everything["today"] == {page_of(today), page_of(nobodys)}


def test_what_was_seen_closed_or_is_of_a_past_view_waits_no_more(
    shop: World, cast: Cast, as_: SignIn
) -> None:
    seen = opened(3, owner=cast.manager)
    actions.acknowledge(item=seen, by=cast.manager, at=timezone.now())
    opened(3, owner=cast.manager, state="closed", closed_on=timezone.localdate())
    opened(3, owner=cast.manager, view=timezone.localdate())
    assert shown(as_(cast.manager)) == {"late": set(), "today": set(), "week": set()}


def test_a_snooze_that_ends_waits_for_its_owner_or_for_who_set_it_aside(
    shop: World, cast: Cast, as_: SignIn
) -> None:
    today = timezone.localdate()
    owned, free = opened(9, owner=cast.analyst), opened(9)
    for found in (owned, free):
        aside(found, cast.manager, today)
    assert shown(as_(cast.analyst))["today"] == {page_of(owned)}
    assert shown(as_(cast.manager))["today"] == {page_of(free)}
    assert shown(as_(cast.director))["today"] == set()


def test_the_rest_of_the_week_is_this_week(shop: World, cast: Cast) -> None:
    today = timezone.localdate()
    found = opened(9, owner=cast.manager)
    aside(found, cast.manager, today + 40 * DAY)
    assert deadlines_of(cast.manager, today, today + 39 * DAY) == []
    (row,) = deadlines_of(cast.manager, today, today + 40 * DAY)
    assert (row.due, row.is_mine, row.owner) == (today + 40 * DAY, True, cast.manager)


def test_what_one_may_not_see_is_on_no_day(shop: World, cast: Cast, as_: SignIn) -> None:
    opened(1, owner=cast.member)
    aside(opened(1, owner=cast.member), cast.manager, timezone.localdate())
    Indicator.objects.update(right="handle_deviations")
    for asked in ({}, {"all": "1"}):
        assert "cancelled_value" not in as_(cast.member).get(PAGE, asked).content.decode()
    assert as_(cast.outsider).get(PAGE).status_code == 200


def test_files_that_are_due_wait_for_who_may_import_them(shop: World, cast: Cast, as_: SignIn) -> None:
    today = timezone.localdate()
    KnownDays.objects.update(starts=[today - 9 * DAY], ends=[today - 3 * DAY])
    assert Source.objects.get().name == "orders"  # nobody named it: it is told by what its files hold
    assert ": Orders, line by line" in as_(cast.analyst).get(PAGE).content.decode()
    assert "Figures known until" not in as_(cast.manager).get(PAGE, {"all": "1"}).content.decode()
    Source.objects.update(name="Paris shop")
    assert ": Paris shop" in as_(cast.analyst).get(PAGE).content.decode()
    KnownDays.objects.update(starts=[today - 9 * DAY], ends=[today])
    assert deadlines_of(cast.analyst, today - DAY, today) == []


def test_it_asks_as_much_for_many_as_for_one(
    shop: World, cast: Cast, as_: SignIn, django_assert_num_queries: Any
) -> None:
    client = as_(cast.manager)
    opened(1, owner=cast.manager)
    client.get(PAGE)
    with django_assert_num_queries(8):
        client.get(PAGE)
    for _ in range(20):
        opened(2, owner=cast.manager)
        aside(opened(2), cast.manager, timezone.localdate())
    with django_assert_num_queries(8):
        assert len(shown(client)["late"]) == 20


# ---- the private calendar ---------------------------------------------------------------------------------------


def address_of(client: Client) -> str:
    return str(client.post(reverse("calendar_make")).context["address"]).removeprefix("http://127.0.0.1:8000")


def events(response: Any) -> list[tuple[str, date]]:
    assert response.status_code == 200
    found = Calendar.from_ical(response.content).walk("VEVENT")
    return [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in found]


def test_a_program_without_a_session_reads_what_waits_for_its_owner(
    shop: World, cast: Cast, as_: SignIn
) -> None:
    opened(1, owner=cast.manager)
    opened(1, owner=cast.analyst)
    answer = Client().get(address_of(as_(cast.manager)))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    ((summary, day),) = events(answer)
    assert summary.startswith("Deviation to acknowledge · cancelled_value")
    assert day == timezone.localdate()


def test_the_calendar_speaks_as_its_owner_and_hides_what_they_may_not_see(shop: World, cast: Cast) -> None:
    Indicator.objects.filter(code="cancelled_value").update(name_fr="Annulations; dont, «été»\\")
    User.objects.filter(pk=cast.member.pk).update(language="fr")
    opened(1, owner=cast.member)
    url = reverse("calendar_feed", args=[feed_make(owner=cast.member, at=timezone.now())])
    assert "Annulations; dont, «été»\\" in events(Client().get(url))[0][0]
    Indicator.objects.update(right="handle_deviations")
    answer = Client().get(url)
    assert events(answer) == []
    assert b"Annulations" not in answer.content


def test_only_the_digest_of_an_address_is_kept(cast: Cast) -> None:
    secret = feed_make(owner=cast.member, at=timezone.now())
    assert secret not in str(CalendarFeed.objects.values().get())


def test_a_new_address_ends_the_old_one_and_ending_ends_it(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.member)
    first = address_of(client)
    second = address_of(client)
    assert [Client().get(url).status_code for url in (first, second)] == [404, 200]
    assert client.get(second).status_code == 200
    client.post(reverse("calendar_end"))
    assert Client().get(second).status_code == 404


def test_the_address_of_who_left_is_nothing(cast: Cast) -> None:
    url = reverse("calendar_feed", args=[feed_make(owner=cast.member, at=timezone.now())])
    User.objects.filter(pk=cast.member.pk).update(is_active=False)
    assert Client().get(url).status_code == 404


def closed_and_reopened(person: User, admin: Client) -> None:
    for _close_then_open in range(2):
        toggle_access(admin, person)


def password_changed(person: User, _admin: Client) -> None:
    client, new = Client(), "tout-autre-chose-42"
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), sent).status_code == 302


def address_changed(person: User, admin: Client) -> None:
    sent = {"email": "new@martel.example", "full_name": "Lea", "role": "member", "language": "en"}
    admin.post(reverse("person_edit", args=[person.pk]), sent)


def given_anew_by_the_operator(person: User, _admin: Client) -> None:
    User.objects.filter(pk=person.pk).update(address_proven_at=None)
    role_give(person=person, role=Role.MEMBER, at=timezone.now())


@pytest.mark.parametrize(
    "ends", [closed_and_reopened, password_changed, address_changed, given_anew_by_the_operator]
)
def test_an_address_ends_with_what_its_owner_had(cast: Cast, as_: SignIn, ends: Any) -> None:
    """Whoever had the account for a while may have made it, and would read on."""
    other = reverse("calendar_feed", args=[feed_make(owner=cast.manager, at=timezone.now())])
    url = reverse("calendar_feed", args=[feed_make(owner=cast.member, at=timezone.now())])
    ends(cast.member, as_(cast.administrator))
    assert User.objects.get(pk=cast.member.pk).is_active
    assert Client().get(url).status_code == 404
    assert Client().get(other).status_code == 200


def test_a_calendar_is_read_only_and_its_reading_is_noted(cast: Cast) -> None:
    url = reverse("calendar_feed", args=[feed_make(owner=cast.member, at=timezone.now())])
    assert Client().post(url).status_code == 405
    assert Client().head(url).status_code == 200
    assert CalendarFeed.objects.get().last_read_on is None
    Client().get(url)
    assert CalendarFeed.objects.get().last_read_on == timezone.localdate()


# ---- the manager ------------------------------------------------------------------------------------------------


def told_to_managers() -> list[tuple[User, str]]:
    escalate(today=timezone.localdate(), at=timezone.now())
    return [(note.user, note.text) for note in Notification.objects.filter(kind="deadline_late")]


def test_what_is_late_for_days_is_told_to_the_manager_once(shop: World, cast: Cast) -> None:
    opened(4, owner=cast.member)  # due three days ago: not yet
    assert told_to_managers() == []
    found = opened(5, owner=cast.member)
    opened(5, owner=cast.director)  # whom nobody manages
    opened(5)
    ((person, text),) = told_to_managers()
    assert person == cast.manager
    assert text.startswith("Lea Petit is late: cancelled_value, ")
    assert Notification.objects.get().url == page_of(found)
    assert len(told_to_managers()) == 1


def test_what_the_manager_may_not_see_is_not_told(shop: World, cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(role=Role.ADMINISTRATOR)
    Indicator.objects.update(right="manage_settings")
    opened(5, owner=cast.member)
    assert told_to_managers() == []


@pytest.mark.parametrize(("days", "count"), [(0, 0), (1, 1), (10, 0)])
def test_after_how_many_days_is_a_setting(
    days: int, count: int, shop: World, cast: Cast, settings: Any
) -> None:
    settings.ESCALATE_AFTER_DAYS = days
    opened(5, owner=cast.member)
    assert len(told_to_managers()) == count
