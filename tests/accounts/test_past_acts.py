"""What migration 0005 reads out of an instance in use is what the code keeps as it happens.

The story is played through the pages, what the code kept is emptied, and the statements of the migration fill it again.
Each page has a transaction of its own, for the triggers date what they keep by its beginning.
"""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.granting import hands_in
from accounts.invitations import invitation_token
from accounts.models import AccessAct, Invitation, RoleRequest, User
from tests.accounts.test_granting import Boss, answered, pending
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User | None], Client]
Acts = list[tuple[int, int | None, str]]


def acts() -> Acts:
    return list(AccessAct.objects.order_by("person", "pk").values_list("person", "by", "kind"))


def upgrade() -> None:
    """As if the instance were one of before: its history is all it has."""
    AccessAct.objects.all().delete()
    User.objects.get_queryset().update(address_proven_at=None)
    for model in (Invitation, RoleRequest):
        model.objects.update(email="")
    migration = import_module("accounts.migrations.0005_granting_takes_two_data")
    with connection.cursor() as cursor:
        for statements in (migration.ADDRESSES, migration.PROVEN, migration.ACTS):
            cursor.execute(statements)


@pytest.fixture
def boss(cast: Cast, as_: SignIn) -> Boss:
    return Boss(cast.administrator, as_)


def named(boss: Boss, name: str, role: str = "member", *, comes: bool = True) -> User:
    """Invited, and come by the mailed link unless said."""
    person = boss.invite(f"{name}@martel.example", role)
    if comes:
        boss.accept(reverse("invitation_accept", args=[invitation_token(person.invitation, mailed=True)]))
    return User.objects.get(pk=person.pk)


def granted(boss: Boss, name: str, role: str, by: Client) -> User:
    person = named(boss, name, role)
    answered(by, pending(person))
    return User.objects.get(pk=person.pk)


def play(boss: Boss, director: Client, as_: SignIn) -> dict[str, User]:
    """Everybody whose account was acted on in one of the ways there are."""
    people = {name: named(boss, name) for name in ("plain", "moved", "shut", "again", "changed")}
    people["waits"] = named(boss, "waits", "hr", comes=False)
    people["granted"] = granted(boss, "granted", "hr", director)
    people["demoted"] = granted(boss, "demoted", "administrator", director)
    second = Boss(people["demoted"], as_)
    people["of_second"] = named(second, "of_second")
    people["twice"] = granted(boss, "twice", "hr", second.client)
    second.edit(people["twice"], role="member")  # within the minute in which the same one granted it
    boss.edit(people["demoted"], role="member")
    people["refused"] = named(boss, "refused", "hr")
    answered(director, pending(people["refused"]), "refuse")
    boss.edit(people["moved"], email="elsewhere@martel.example")
    boss.toggle(people["shut"])
    boss.toggle(people["again"])
    boss.toggle(people["again"])
    boss.edit(people["changed"], role="analyst")
    return people


def test_past_acts_are_those_the_code_would_have_kept(cast: Cast, boss: Boss, as_: SignIn) -> None:
    people = play(boss, as_(cast.director), as_)
    kept = acts()
    hands = {name: hands_in(person) for name, person in people.items()}
    assert {kind for _person, _by, kind in kept} >= {"added", "address", "role", "reopened", "granted"}
    upgrade()
    assert acts() == kept
    assert {name: hands_in(person) for name, person in people.items()} == hands


def test_addresses_count_where_an_invitation_was_accepted_and_the_address_stayed(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    people = play(boss, as_(cast.director), as_)
    upgrade()
    proven = {name for name, who in people.items() if User.objects.get(pk=who.pk).address_proven_at}
    assert proven == set(people) - {"moved", "waits"}
    assert User.objects.get(pk=cast.member.pk).address_proven_at  # older than invitations
    for model in (Invitation, RoleRequest):
        assert not model.objects.exclude(email=F("person__email")).exists()


def test_what_was_open_stays_open(cast: Cast, boss: Boss, as_: SignIn) -> None:
    person = play(boss, as_(cast.director), as_)["waits"]
    upgrade()
    boss.accept(reverse("invitation_accept", args=[invitation_token(person.invitation, mailed=True)]))
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)
    answered(as_(cast.director), pending(person))
    assert User.objects.get(pk=person.pk).role == "hr"
