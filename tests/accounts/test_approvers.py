"""Who takes away the only other approver is told before what follows, and those it concerns are told after."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Role, RoleRequest, User
from base.models import Notification
from tests.cast import Cast, person, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
TOO_FEW = "too few are left to grant roles"
LEFT = "Too few are left to grant them"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def form(who: User, role: str = "member", **more: str) -> dict[str, Any]:
    return {"email": who.email, "full_name": who.full_name, "role": role, "language": "en", **more}


def demote(client: Client, who: User, **more: str) -> str:
    page = client.post(reverse("person_edit", args=[who.pk]), form(who, **more), follow=True)
    return page.content.decode()


def close(client: Client, who: User) -> None:
    toggle_access(client, who)


def role_of(who: User) -> str:
    return User.objects.get(pk=who.pk).role


def told(who: User) -> list[str]:
    return [note.text for note in Notification.objects.filter(user=who)]


def letters(who: User) -> list[str]:
    return [str(letter.body) for letter in mail.outbox if letter.to == [who.email]]


def test_the_page_that_closes_says_what_follows(cast: Cast, as_: SignIn) -> None:
    admin, url = as_(cast.administrator), reverse("person_access", args=[cast.director.pk])
    assert TOO_FEW in admin.get(url).content.decode()
    assert TOO_FEW not in admin.get(reverse("person_access", args=[cast.member.pk])).content.decode()
    person("Third", Role.ADMINISTRATOR)
    assert TOO_FEW not in admin.get(url).content.decode()


def test_to_take_the_role_away_is_confirmed_first(cast: Cast, as_: SignIn) -> None:
    admin = as_(cast.administrator)
    page = demote(admin, cast.director)
    assert TOO_FEW in page
    assert page.index('name="role"') < page.index('name="confirmed"') < page.index('name="department"')
    assert role_of(cast.director) == "director"
    assert mail.outbox == []
    demote(admin, cast.director, confirmed="on")
    assert role_of(cast.director) == "member"


@pytest.mark.parametrize("role", ["administrator", "director"])
def test_a_role_that_approves_as_well_needs_no_word(cast: Cast, as_: SignIn, role: str) -> None:
    assert TOO_FEW not in demote(as_(cast.administrator), cast.director, role=role)


def test_where_enough_are_left_nothing_is_asked_and_they_are_told(cast: Cast, as_: SignIn) -> None:
    third = person("Third", Role.ADMINISTRATOR)
    assert TOO_FEW not in demote(as_(cast.administrator), cast.director)
    assert role_of(cast.director) == "member"
    assert "no longer grants roles" in told(third)[0]
    (letter,) = letters(third)
    assert str(cast.director) in letter
    assert LEFT not in letter
    assert "you no longer grant" in letters(cast.director)[0]


@pytest.mark.parametrize("how", ["closed", "demoted"])
def test_the_director_and_every_other_approver_are_told_by_mail_and_on_their_pages(
    cast: Cast, as_: SignIn, how: str
) -> None:
    other = person("Other", Role.ADMINISTRATOR)
    admin = as_(cast.administrator)
    close(admin, other) if how == "closed" else demote(admin, other)
    assert letters(other)
    assert str(other) in letters(cast.director)[0]
    assert told(cast.director) == [f"{other} no longer grants roles and changes with you."]
    assert Notification.objects.get(user=cast.director).url == reverse("role_request_list")
    assert told(cast.administrator) == []
    assert told(cast.member) == []
    page = as_(cast.director).get(reverse("notification_list")).content.decode()
    assert "no longer grants roles" in page
    mail.outbox.clear()
    close(admin, cast.director)
    assert LEFT in letters(cast.director)[0]


def test_who_never_approved_goes_without_a_word(cast: Cast, as_: SignIn) -> None:
    close(as_(cast.administrator), cast.manager)
    demote(as_(cast.administrator), cast.analyst)
    assert (mail.outbox, Notification.objects.count()) == ([], 0)


def test_a_mail_server_that_fails_is_said_and_the_change_stands(
    cast: Cast, as_: SignIn, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    admin = as_(cast.administrator)
    close(admin, cast.director)
    page = admin.get(reverse("person_detail", args=[cast.director.pk])).content.decode()
    assert "could not all be sent" in page
    assert not User.objects.get(pk=cast.director.pk).is_active


def test_the_operator_is_the_way_on(cast: Cast, as_: SignIn) -> None:
    admin = as_(cast.administrator)
    close(admin, cast.director)
    demote(admin, cast.member, role="hr")
    asked = RoleRequest.objects.get()
    admin.post(reverse("role_request_answer", args=[asked.pk]), {"answer": "grant"})
    assert role_of(cast.member) == "member"
    call_command("grant_role", cast.manager.email, "director")
    as_(User.objects.get(pk=cast.manager.pk)).post(
        reverse("role_request_answer", args=[asked.pk]), {"answer": "grant"}
    )
    assert role_of(cast.member) == "hr"
