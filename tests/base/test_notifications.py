"""One's own notifications: read by following them, one by one or all at once; nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from base.models import Notification
from tests.cast import Cast

SignIn = Callable[[User | None], Client]
LIST = "/notifications/"


@pytest.fixture
def director(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.director)


def note(user: User, key: str = "k", url: str = "/preferences/") -> Notification:
    return Notification.objects.create(user=user, key=key, plain=f"Told {key}", url=url)


def opened(found: Notification) -> str:
    return reverse("notification_open", args=[found.pk])


def unread(user: User) -> set[str]:
    return set(Notification.objects.visible_to(user).unread().values_list("key", flat=True))


def test_the_list_holds_one_s_own(cast: Cast, director: Client) -> None:
    note(cast.director, "mine")
    note(cast.manager, "theirs")
    page = director.get(LIST).content.decode()
    assert "Told mine" in page
    assert "Told theirs" not in page


def test_following_one_is_reading_it(cast: Cast, director: Client) -> None:
    first, _second = note(cast.director, "a"), note(cast.director, "b")
    response = director.get(opened(first))
    assert response["Location"] == "/preferences/"
    assert unread(cast.director) == {"b"}
    first.refresh_from_db()
    read_at = first.read_at
    director.get(opened(first))
    first.refresh_from_db()
    assert first.read_at == read_at  # the first reading stands


@pytest.mark.parametrize("url", ["", "https://elsewhere.example/", "//elsewhere.example/"])
def test_it_leads_nowhere_else(url: str, cast: Cast, director: Client) -> None:
    assert director.get(opened(note(cast.director, url=url)))["Location"] == LIST


def test_marking_read_without_following(cast: Cast, director: Client) -> None:
    first, _second = note(cast.director, "a"), note(cast.director, "b")
    assert director.post(opened(first))["Location"] == LIST
    assert unread(cast.director) == {"b"}


def test_marking_all_read_leaves_others_alone(cast: Cast, director: Client) -> None:
    note(cast.director, "a"), note(cast.director, "b"), note(cast.manager, "c")
    director.post(reverse("notification_read_all"))
    assert unread(cast.director) == set()
    assert unread(cast.manager) == {"c"}


def test_somebody_else_s_is_not_there(cast: Cast, director: Client) -> None:
    theirs = note(cast.manager)
    assert director.get(opened(theirs)).status_code == 404
    assert director.post(opened(theirs)).status_code == 404
    assert unread(cast.manager) == {"k"}


def test_only_the_unread_ones(cast: Cast, director: Client) -> None:
    read = note(cast.director, "old")
    director.post(opened(read))
    note(cast.director, "new")
    page = director.get(LIST, {"unread": "1"}).content.decode()
    assert "Told new" in page
    assert "Told old" not in page


def test_an_empty_list_teaches(director: Client) -> None:
    assert "No notification yet" in director.get(LIST).content.decode()
    assert "You have read everything" in director.get(LIST, {"unread": "1"}).content.decode()


def test_constant_queries_and_pages(cast: Cast, director: Client, django_assert_num_queries: Any) -> None:
    note(cast.director)
    director.get(LIST)  # content types are kept
    with django_assert_num_queries(8):
        director.get(LIST)
    for n in range(40):
        note(cast.director, str(n))
    with django_assert_num_queries(8):
        page = director.get(LIST).content.decode()
    assert page.count("<strong>Told") == 30
    assert "Told 9" in director.get(LIST, {"page": "2"}).content.decode()
