"""What people do with an object, on its first user, deviations: who is told, who is offered, and what is remembered."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from base.handling import actions
from base.handling.actions import mentioned, unknown_names
from base.models import Comment, HandlingEvent, Notification
from kpis.models import Deviation, Indicator
from tests.cast import Cast, person
from tests.kpis.shop import deviation, open_shop
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]


@pytest.fixture
def shop(db: None, tmp_path: Path) -> World:
    return open_shop(tmp_path)


def url(act: str, found: Deviation) -> str:
    return reverse(f"deviation_{act}", args=[found.pk])


def said(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# ---- names in a text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Anne Le see this", ["Anne Le"]),
        ("@anne le roux, see this", ["Anne Le Roux"]),
        ("@Anne  Le\nRoux", ["Anne Le Roux"]),
        ("(@Zoé Ésaü) and @ANNE LE.", ["Zoé Ésaü", "Anne Le"]),
        ("@Anne Lecomte", []),
        ("@zoe esau, et @Zoe\u0301 E\u0301sau\u0308", ["Zoé Ésaü"]),
        ("@Anne\u00a0Le\u202f: vu", ["Anne Le"]),
        ("ask anne@le.example", []),
        ("@anne@le.example knows", ["Anne Le"]),
        ("Anne Le", []),
        ("@", []),
        ("@Anne Le @Anne Le", ["Anne Le"]),
        ("100 @Zoé Ésaü's", ["Zoé Ésaü"]),
    ],
)
def test_who_is_named(text: str, names: list[str]) -> None:
    people = [
        User(pk=1, full_name="Anne Le", email="anne@le.example"),
        User(pk=2, full_name="Anne Le Roux", email="roux@x.example"),
        User(pk=3, full_name="Zoé Ésaü", email="zoe@x.example"),
        User(pk=4, full_name="", email="nobody@x.example"),
    ]
    assert [person.full_name for person in mentioned(text, people)] == names


def test_two_people_of_one_name_are_both_meant() -> None:
    twins = [User(pk=n, full_name="Anne Le", email=f"{n}@x.example") for n in (1, 2)]
    assert mentioned("@Anne Le", twins) == twins
    assert mentioned("@2@x.example", twins) == twins[1:]


def test_a_name_that_fits_nobody_is_told_back() -> None:
    people = [User(pk=1, full_name="Anne Le Roux", email="anne@le.example")]
    assert unknown_names("@Anne, @Anne Le Roux, @Jean-Luc! @Anne x@y.example 100 @ 3", people) == [
        "Anne",
        "Jean-Luc",
    ]
    assert unknown_names("@anne le roux", people) == []


# ---- mentions ---------------------------------------------------------------------------------------------------


def test_who_is_named_and_may_see_it_is_told(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()
    text = "@Lea Petit and @Jean Tiers, and myself @Claire Martel: a typing error"
    page = said(as_(cast.director).post(url("comment", found), {"text": text}, follow=True))
    assert "told of it: Lea Petit. Nobody was found for @Jean: write the whole name." in page
    (note,) = Notification.objects.all()  # neither who may not see it, nor oneself
    assert (note.user, note.url) == (cast.member, url("detail", found))
    assert Comment.objects.get().text == text


def test_only_those_who_may_see_it_are_offered(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()

    def offered() -> list[str]:
        page = as_(cast.director).get(url("detail", found))
        return list(page.context["comment_form"].fields["text"].widget.attrs["data-mentions"].split("\n"))

    assert "Lea Petit" in offered()
    assert "Jean Tiers" not in offered()
    Indicator.objects.filter(code="cancelled_value").update(right="handle_deviations")
    assert "Lea Petit" not in offered()
    assert "Sophie Roux" in offered()
    as_(cast.director).post(url("comment", found), {"text": "@Lea Petit"})
    assert not Notification.objects.exists()


def test_who_left_is_not_offered(shop: World, cast: Cast, as_: SignIn) -> None:
    left = person("Gone Long", Role.MANAGER)
    User.objects.filter(pk=left.pk).update(is_active=False)
    page = as_(cast.director).get(url("detail", deviation()))
    assert "Gone Long" not in page.content.decode()


# ---- history ----------------------------------------------------------------------------------------------------


def steps(client: Client, found: Deviation) -> list[tuple[str, str]]:
    return [(step["title"], step["detail"]) for step in client.get(url("detail", found)).context["history"]]


def test_what_people_did_is_remembered_in_order(shop: World, cast: Cast, as_: SignIn) -> None:
    found, now = deviation(), timezone.now()
    by: dict[str, Any] = {"item": found, "by": cast.manager}
    actions.acknowledge(**by, at=now)
    actions.acknowledge(item=found, by=cast.director, at=now)  # the first stands, and nothing happened
    actions.give(**by, owner=cast.analyst, at=now + timedelta(seconds=1))
    actions.give(**by, owner=cast.analyst, at=now + timedelta(seconds=2))
    actions.give(**by, owner=None, at=now + timedelta(seconds=3))
    until = timezone.localdate() + timedelta(days=9)
    actions.snooze(**by, until=until, reason="a fee", at=now + timedelta(seconds=4))
    found.refresh_from_db()
    actions.wake(item=found, by=cast.director, at=now + timedelta(seconds=5))
    shown = steps(as_(cast.director), found)
    assert [title for title, _detail in shown] == [
        *("Opened", "Acknowledged", "Given to Ines Leroy", "Given to nobody", "Snoozed", "Opened again"),
        "Open",
    ]
    assert shown[1][1] == "Sophie Roux"
    assert shown[4][1].startswith("Sophie Roux, until ")
    assert shown[4][1].endswith(": a fee")
    HandlingEvent.objects.update(by=None)
    assert steps(as_(cast.director), found)[1][1] == "somebody who left"


def test_what_is_done_to_an_incident_is_told_once(shop: World, cast: Cast, as_: SignIn) -> None:
    lead = deviation()
    part = deviation("orders", part_of=lead)
    actions.acknowledge(item=lead, by=cast.manager, at=timezone.now())
    assert HandlingEvent.objects.count() == 2
    for found in (lead, part):
        assert [title for title, _ in steps(as_(cast.director), found)].count("Acknowledged") == 1


def test_history_of_what_one_may_not_see_stays_closed(shop: World, cast: Cast, as_: SignIn) -> None:
    lead = deviation()
    part = deviation("orders", part_of=lead)
    Indicator.objects.filter(code="cancelled_value").update(right="handle_deviations")
    until = timezone.localdate() + timedelta(days=9)
    actions.acknowledge(item=part, by=cast.director, at=timezone.now())
    HandlingEvent.objects.filter(object_id=part.pk).delete()  # as an event of the lead alone
    actions.snooze(item=lead, by=cast.director, until=until, reason="hush", at=timezone.now())
    HandlingEvent.objects.filter(object_id=part.pk).delete()
    page = said(as_(cast.member).get(url("detail", part)))
    assert "Claire Martel, until" not in page


def test_a_past_view_takes_no_act_at_all(shop: World, cast: Cast, as_: SignIn) -> None:
    past = deviation(view=timezone.localdate())
    for act in ("acknowledge", "assign", "snooze", "wake", "comment"):
        answer = as_(cast.director).post(url(act, past), {"text": "x", "owner": cast.manager.pk})
        assert answer.status_code == 404
    assert not HandlingEvent.objects.exists()
    assert not Comment.objects.exists()


def test_the_database_keeps_no_snooze_without_a_day(shop: World, cast: Cast) -> None:
    found = deviation()
    with pytest.raises(IntegrityError), transaction.atomic():
        HandlingEvent.objects.create(target=found, act="snoozed", by=cast.manager, at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        HandlingEvent.objects.create(target=found, act="burnt", by=cast.manager, at=timezone.now())


def test_a_comment_sent_by_two_clicks_is_said_once(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation(owner=cast.director)
    for text in ("A fee, @Claire Martel", "A fee, @Claire Martel", "Another"):
        page = said(as_(cast.manager).post(url("comment", found), {"text": text}, follow=True))
        assert "Your comment is added" in page
    as_(cast.analyst).post(url("comment", found), {"text": "Another"})
    assert [(row.author, row.text) for row in Comment.objects.all()] == [
        (cast.manager, "A fee, @Claire Martel"),
        (cast.manager, "Another"),
        (cast.analyst, "Another"),
    ]
    assert Notification.objects.filter(user=cast.director).count() == 3
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    as_(cast.manager).post(url("comment", found), {"text": "Another"})
    assert Comment.objects.count() == 4


@pytest.mark.parametrize(
    ("act", "sent", "told"),
    [
        ("snooze", {"until": "2099-01-01", "reason": "a fee"}, "It is closed by now: nothing was changed."),
        ("wake", {}, "It is not snoozed by now: nothing was changed."),
    ],
)
def test_what_was_not_done_is_not_said_to_be(
    act: str, sent: dict[str, str], told: str, shop: World, cast: Cast, as_: SignIn
) -> None:
    """The night closed it while its page was open."""
    found = deviation(state="closed", closed_on=timezone.localdate())
    sent = sent | ({"until": str(timezone.localdate() + timedelta(days=3))} if sent else {})
    page = said(as_(cast.manager).post(url(act, found), sent, follow=True))
    assert told in page
    found.refresh_from_db()
    assert (found.state, HandlingEvent.objects.count()) == ("closed", 0)
