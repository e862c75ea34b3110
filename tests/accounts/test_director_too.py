"""Only an administrator who has always been alone is director too, and it ends with what it was given for."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timezone import localdate

from accounts.access import RIGHTS, Right, people_with, rights_of
from accounts.director_too import director_too_give_up, director_too_take
from accounts.granting import lock_company
from accounts.history import history_of
from accounts.models import Department, Role, Team, TeamLead, User
from accounts.people import PersonDetails, person_add, person_change, person_close, person_reopen, role_give
from tests.cast import Cast, person

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
BOTH = RIGHTS[Role.ADMINISTRATOR] | RIGHTS[Role.DIRECTOR]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def alone(db: None) -> User:
    return person("Marc Dubois", Role.ADMINISTRATOR)


def details(email: str = "x@martel.example", role: str = "member") -> PersonDetails:
    return PersonDetails(email, "Somebody", role, None, None, "en")


def added(by: User | None, **more: str) -> User:
    return person_add(details=details(**more), by=by, at=timezone.now())


def again(who: User) -> User:
    return User.objects.get(pk=who.pk)


def take(client: Client) -> str:
    page = client.post(reverse("director_too"), {"answer": "take"}, follow=True)
    return page.content.decode()


def test_who_is_alone_takes_it_on_their_own_page_and_it_is_kept_and_logged(
    alone: User, as_: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = as_(alone)
    assert "Be director too" in client.get(reverse("preferences")).content.decode()
    with caplog.at_level(logging.WARNING, "accounts.director_too"):
        assert "You are director too." in take(client)
    (logged,) = [record for record in caplog.records if record.name == "accounts.director_too"]
    assert vars(logged)["person"] == "marc.dubois@martel.example"
    assert rights_of(again(alone)) == BOTH
    assert client.get(reverse("target_new")).status_code == 200
    page = client.get(reverse("person_detail", args=[alone.pk])).content.decode()
    assert "Administrator, and e-commerce director" in page
    change = history_of(alone)[0]
    assert [(f.label, f.before, f.after) for f in change.fields] == [("Director too", "no", "yes")]
    assert (change.by, change.note) == (
        "Marc Dubois",
        "Given without a second person: there was no other account yet",
    )


def second(by: User) -> None:
    added(by)


def closed_since(by: User) -> None:
    person_close(person=added(by), by=by, at=timezone.now())


def deleted_since(by: User) -> None:
    added(by).delete()


def by_the_operator(by: User) -> None:
    added(None)


def not_administrator(by: User) -> None:
    User.objects.filter(pk=by.pk).update(role=Role.MEMBER)


def given_up_with_company(by: User) -> None:
    director_too_take(person=by)
    added(by)
    director_too_give_up(person=by, at=timezone.now())


@pytest.mark.parametrize(
    "past", [second, closed_since, deleted_since, by_the_operator, not_administrator, given_up_with_company]
)
def test_whoever_is_not_or_was_not_always_alone_cannot_take_it(
    alone: User, as_: SignIn, past: Callable[[User], None]
) -> None:
    past(alone)
    client = as_(again(alone))
    assert "Be director too" not in client.get(reverse("preferences")).content.decode()
    assert "You are director too." not in take(client)
    assert not again(alone).is_director_too
    with pytest.raises(ValidationError):
        director_too_take(person=alone)


def test_it_stays_when_others_come_and_is_given_up_by_oneself(alone: User, as_: SignIn) -> None:
    client = as_(alone)
    take(client)
    added(alone)
    assert again(alone).is_director_too
    assert "Give up being director" in client.get(reverse("preferences")).content.decode()
    client.post(reverse("director_too"), {"answer": "give_up"})
    assert rights_of(again(alone)) == RIGHTS[Role.ADMINISTRATOR]
    assert "You are director too." not in take(client)


def closed(who: User, other: User) -> None:
    person_close(person=who, by=other, at=timezone.now())


def closed_and_reopened(who: User, other: User) -> None:
    closed(who, other)
    person_reopen(person=who, by=other, at=timezone.now())


def demoted(who: User, other: User) -> None:
    person_change(person=who, details=details(who.email), by=other, at=timezone.now())


def demoted_and_given_back(who: User, other: User) -> None:
    demoted(who, other)
    role_give(person=who, role=Role.ADMINISTRATOR, at=timezone.now())


def made_director_by_the_operator(who: User, other: User) -> None:
    role_give(person=who, role=Role.DIRECTOR, at=timezone.now())
    role_give(person=who, role=Role.ADMINISTRATOR, at=timezone.now())


def demoted_and_moved(who: User, other: User) -> None:
    """The address of a role that takes two stays, so whoever moves it has taken the roles away before."""
    with pytest.raises(ValidationError):
        person_change(person=who, details=details(role="administrator"), by=other, at=timezone.now())
    demoted(who, other)
    person_change(person=who, details=details(), by=other, at=timezone.now())


@pytest.mark.parametrize(
    "act",
    [
        closed,
        closed_and_reopened,
        demoted,
        demoted_and_given_back,
        made_director_by_the_operator,
        demoted_and_moved,
    ],
)
def test_it_goes_with_the_role_and_the_access(alone: User, act: Callable[[User, User], None]) -> None:
    director_too_take(person=alone)
    other = added(None, email="b@martel.example", role="administrator")
    act(alone, other)
    assert not again(alone).is_director_too
    assert Right.SET_TARGETS not in rights_of(again(alone))
    with pytest.raises(ValidationError):
        director_too_take(person=alone)


@pytest.mark.parametrize("changes", [{"role": Role.MEMBER}, {"is_active": False}, {"role": Role.HR}])
def test_the_schema_refuses_it_beside_anything_else(alone: User, changes: dict[str, Any]) -> None:
    director_too_take(person=alone)
    with pytest.raises(IntegrityError, match="user_director_too_is_an_active_administrator"):
        User.objects.filter(pk=alone.pk).update(**changes)


def test_whatever_asks_for_a_director_finds_them(alone: User, as_: SignIn) -> None:
    director_too_take(person=alone)
    added(alone)
    assert list(User.objects.in_role(Role.DIRECTOR)) == [alone]
    assert list(people_with(Right.SET_TARGETS)) == [alone]
    assert list(people_with(Right.MANAGE_PEOPLE, Right.SET_TARGETS)) == [alone]
    listed = as_(alone).get(reverse("people_list"), {"role": "director"}).content.decode()
    assert "Administrator, and e-commerce director" in listed
    director_too_give_up(person=alone, at=timezone.now())
    assert not people_with(Right.SET_TARGETS).exists()
    assert not people_with(Right.MANAGE_PEOPLE, Right.SET_TARGETS).exists()


def test_they_lead_a_team_until_they_give_it_up(alone: User) -> None:
    team = Team.objects.create(name="T", department=Department.objects.create(code="d", name="D"))
    director_too_take(person=alone)
    TeamLead.objects.create(team=team, person=alone, start=localdate() - timedelta(days=3))
    assert list(people_with(Right.LEAD_PEOPLE)) == [alone]
    director_too_give_up(person=alone, at=timezone.now())
    assert not TeamLead.objects.in_force(localdate()).exists()


def test_both_roles_are_one_person_who_is_no_second_one(alone: User, as_: SignIn) -> None:
    director_too_take(person=alone)
    target = added(alone, role="hr")
    asked = target.role_requests.get()
    as_(alone).post(reverse("role_request_answer", args=[asked.pk]), {"answer": "grant"})
    assert again(target).role == "none"


@pytest.mark.parametrize("role", ["director", "hr", "member"])
def test_nobody_else_takes_it(cast: Cast, as_: SignIn, role: str) -> None:
    assert as_(cast.person(role)).post(reverse("director_too"), {"answer": "take"}).status_code == 403


def test_the_command_gives_an_administrator_nothing_more(cast: Cast) -> None:
    call_command("grant_role", cast.member.email, "administrator")
    assert not again(cast.member).is_director_too


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["invitation", "operator"])
def test_somebody_added_in_the_same_moment_is_waited_for(way: str) -> None:
    """The other's transaction has begun to add; this one waits for its end, and is refused."""
    alone, refused = person("Marc Dubois", Role.ADMINISTRATOR), []

    def attempt() -> None:
        try:
            director_too_take(person=alone)
        except ValidationError:
            refused.append(True)
        finally:
            connection.close()

    thread = threading.Thread(target=attempt)
    with transaction.atomic():
        added(alone if way == "invitation" else None)
        thread.start()
        while not waiting():
            assert thread.is_alive(), "it did not wait"
    thread.join()
    assert refused
    assert not again(alone).is_director_too


def waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_two_tabs_take_it_once() -> None:
    alone = person("Marc Dubois", Role.ADMINISTRATOR)

    def attempt() -> None:
        director_too_take(person=alone)
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    with transaction.atomic():
        lock_company()
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert again(alone).is_director_too
    assert len([change for change in history_of(alone) if change.note]) == 1
