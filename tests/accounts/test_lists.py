"""What every list does alike: views that people keep, actions on many rows, questions put badly."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.lists.saved import kept_query
from accounts.models import SavedView, User
from accounts.tokens import token_issue
from base.models import Notification
from tests.cast import Cast

SignIn = Callable[[User | None], Client]
LIST, ADD = "/notifications/", "/lists/views/"
PEOPLE, UNREAD = "people_list", "unread=1"


@pytest.fixture
def member(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.member)


def keep(
    client: Client, name: str = "Mine", query: str = UNREAD, of: str = "notification_list", **more: str
) -> Any:
    return client.post(ADD, {"list": of, "name": name, "query": query, **more})


def shown(client: Client, url: str = LIST) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# ---- views that people keep -------------------------------------------------------------------------------------


def test_what_a_view_keeps_is_the_same_however_it_is_written() -> None:
    assert kept_query("b=2&a=1&page=4&per_page=9&empty=&_export=csv") == "a=1&b=2"
    assert kept_query("a=1&sort=-x&b=2", {"a"}) == "a=1&sort=-x"
    assert kept_query("a=%00&a=%C3%A9") == "a=%00&a=%C3%A9"


def test_a_view_is_kept_named_and_found_again(cast: Cast, member: Client) -> None:
    assert "Keep these filters" not in shown(member)
    assert "Keep these filters" in shown(member, f"{LIST}?{UNREAD}")
    assert keep(member)["Location"] == f"{LIST}?{UNREAD}"
    page = shown(member, f"{LIST}?{UNREAD}&page=1")
    assert 'aria-current="true"> <span>Mine' in page
    assert "Keep these filters" not in page  # kept already
    assert f'href="{LIST}?{UNREAD}"' in shown(member)


def test_the_one_seen_first_is_opened_by_the_bare_address_and_left_by_choice(
    cast: Cast, member: Client
) -> None:
    keep(member, is_default="on")
    assert member.get(LIST)["Location"] == f"{LIST}?{UNREAD}"
    assert member.get(f"{LIST}?_plain=1").status_code == 200
    assert f'href="{LIST}?_plain=1"' in shown(member, f"{LIST}?{UNREAD}")  # "clear", and "without a view"
    keep(member, "Other", "sort=-created_at", is_default="on")
    assert SavedView.objects.filter(is_default=True).get().name == "Other"
    assert member.get(LIST)["Location"] == f"{LIST}?sort=-created_at"


def test_programs_get_the_whole_list_whatever_their_owner_sees_first(cast: Cast, as_: SignIn) -> None:
    keep(as_(cast.director), query="severity=high", of="deviation_list", is_default="on")
    _token, secret = token_issue(
        owner=cast.director, name="x", scopes=["figures:read"], days=30, at=timezone.now()
    )
    asked = Client().get("/deviations/", headers={"Authorization": f"Bearer {secret}"})
    assert asked.status_code == 200


def test_a_shared_view_is_for_those_who_may_open_the_list(cast: Cast, as_: SignIn) -> None:
    manager = as_(cast.manager)
    keep(manager, "Ours", "role=member", PEOPLE, shared="on")
    keep(manager, "Private", "role=hr", PEOPLE)
    seen = {
        role: set(SavedView.objects.visible_to(getattr(cast, role)).values_list("name", flat=True))
        for role in ("manager", "director", "member", "outsider")
    }
    assert seen == {"manager": {"Ours", "Private"}, "director": {"Ours"}, "member": set(), "outsider": set()}
    page = shown(as_(cast.director), "/people/")
    assert "Ours" in page
    assert "Private" not in page
    ours = SavedView.objects.get(name="Ours")
    assert (
        as_(cast.director).post(reverse("saved_view_edit", args=[ours.pk]), {"name": "X"}).status_code == 403
    )
    assert as_(cast.member).get(reverse("saved_view_edit", args=[ours.pk])).status_code == 404
    User.objects.filter(pk=cast.manager.pk).update(role="member")  # who may no longer open the list
    assert not SavedView.objects.visible_to(User.objects.get(pk=cast.manager.pk)).exists()


def test_a_view_is_renamed_and_removed(cast: Cast, member: Client) -> None:
    keep(member)
    keep(member, "Other", "sort=created_at")
    url = reverse("saved_view_edit", args=[SavedView.objects.get(name="Mine").pk])
    assert "already" in member.post(url, {"name": "Other"}).content.decode()
    assert member.post(url, {"name": "Renamed", "is_default": "on"})["Location"] == f"{LIST}?{UNREAD}"
    assert SavedView.objects.get(is_default=True).name == "Renamed"
    assert member.post(url, {"remove": "1"})["Location"] == LIST
    assert [view.name for view in SavedView.objects.all()] == ["Other"]


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""}, {"name": "x" * 61}, {"name": "\0"}, {"query": "a=" + "x" * 2_000}, {"name": "Mine"},
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_told(cast: Cast, member: Client, given: dict[str, str]) -> None:
    keep(member)
    answer = member.post(ADD, {"list": "notification_list", "name": "New", "query": UNREAD, **given})
    assert answer.status_code == 302
    assert [str(m) for m in get_messages(answer.wsgi_request)] != []
    assert SavedView.objects.count() == 1


def test_views_are_of_lists_one_may_open(cast: Cast, member: Client) -> None:
    for name in (PEOPLE, "person_detail", "no_such_list", "\0", ""):
        assert keep(member, of=name).status_code == 404
    assert not SavedView.objects.exists()


def test_there_are_not_too_many(cast: Cast, member: Client) -> None:
    SavedView.objects.bulk_create(
        SavedView(owner=cast.member, list_name="notification_list", name=str(n)) for n in range(50)
    )
    keep(member)
    assert SavedView.objects.count() == 50


# ---- actions on many rows ---------------------------------------------------------------------------------------


def notes(user: User, count: int) -> list[Notification]:
    return [Notification.objects.create(user=user, key=str(n), plain=f"Told {n}") for n in range(count)]


def act(client: Client, rows: Any, action: str = "read", query: str = "") -> tuple[str, list[str]]:
    """Where it goes then, and what it says."""
    answer = client.post(f"{LIST}{query}", {"action": action, "row": rows})
    assert answer.status_code == 302
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    client.get(LIST)  # they are read
    return answer["Location"], said


def boxes(client: Client, url: str = LIST) -> list[str]:
    table = client.get(url).context["table"]
    return [table.bulk.value(row.record) for row in table.paginated_rows]


def test_the_rows_chosen_and_no_others(cast: Cast, member: Client) -> None:
    notes(cast.member, 3)
    third, second, first = boxes(member)
    where, said = act(member, [first, second], query="?unread=1")
    assert where == f"{LIST}?unread=1"
    assert said == ["Mark as read: done for 2 of 2."]
    assert boxes(member, f"{LIST}?unread=1") == [third]


def test_it_says_how_many_and_which_were_not_and_why(cast: Cast, member: Client) -> None:
    notes(cast.member, 3)
    theirs = notes(cast.manager, 1)[0]
    rows = boxes(member)
    act(member, rows[:1])
    _where, said = act(member, [*rows, f"{theirs.pk}:0"])
    assert said[0] == "Mark as read: done for 2 of 4."
    assert any("read already" in one and "Told 2" in one for one in said)
    assert any("no longer there" in one for one in said)
    assert not any("Told 0" in one and "no longer" in one for one in said)  # of another's, only its number
    theirs.refresh_from_db()
    assert theirs.read_at is None


@pytest.mark.parametrize(
    "rows", [[], [""], ["x"], ["-1:"], ["٣:"], ["9" * 30], [f"{2**63}:"], ["1\0:"], ["0:0"], ["1e3:"]]
)
def test_rows_that_are_none(cast: Cast, member: Client, rows: list[str]) -> None:
    notes(cast.member, 1)
    _where, said = act(member, rows)
    assert len(said) >= 1
    assert Notification.objects.unread().count() == 1


@pytest.mark.parametrize("action", ["", "no_such", "\0"])
def test_no_action_changes_nothing(cast: Cast, member: Client, action: str) -> None:
    notes(cast.member, 1)
    rows = boxes(member)
    assert act(member, rows, action)[1] == ["Choose at least one row, and what to do with it."]
    assert Notification.objects.unread().count() == 1


# ---- questions put badly ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["unread=7", "sort=no_such", "page=-1", "page=x", "per_page=0", "_plain=7", "&&&=;"]
)
def test_a_malformed_question_is_corrected(cast: Cast, member: Client, query: str) -> None:
    notes(cast.member, 2)
    assert shown(member, f"{LIST}?{query}").count('name="row"') >= 1
