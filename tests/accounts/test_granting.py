"""A role that opens people's records takes two people: the ways round it that were tried, and those that must work.

``boss`` is an administrator who tries alone; ``director`` an honest second person, who grants what is shown to be of
``@martel.example`` only. Mail to ``@evil.example`` is read by ``boss``.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.access import ROLES_OPENING_RECORDS, ROLES_TAKING_TWO
from accounts.granting import hands_in, role_request_decide
from accounts.history import history_of
from accounts.invitations import address_token, invitation_token
from accounts.models import AccessAct, Role, RoleRequest, User
from accounts.people import PersonDetails, person_add, person_change
from tests.cast import PASSWORD, Cast, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
EVIL = "mine@evil.example"


class Boss:
    """What one administrator can do with the pages, and with the mailboxes that are theirs."""

    def __init__(self, person: User, as_: SignIn) -> None:
        self.person, self.client, self.as_ = person, as_(person), as_

    def invite(self, email: str = EVIL, role: str = "member") -> User:
        sent = {"email": email, "full_name": "Somebody", "role": role, "language": "en"}
        self.client.post(reverse("person_invite"), sent)
        return User.objects.get(email=email)

    def edit(self, person: User, **changes: Any) -> Any:
        person.refresh_from_db()
        now = {name: getattr(person, name) for name in ("email", "full_name", "role", "language")}
        return self.client.post(reverse("person_edit", args=[person.pk]), {**now, **changes})

    def toggle(self, person: User) -> None:
        toggle_access(self.client, person)

    def again(self, person: User) -> None:
        self.client.post(reverse("person_invite_again", args=[person.pk]))

    def link_in_mail(self, email: str) -> str:
        return [found(str(message.body)) for message in mail.outbox if message.to == [email]][-1]

    def accept(self, link: str, password: str = PASSWORD) -> Client:
        client = Client()
        client.post(link, {"password1": password, "password2": password})
        return client

    def answer(self, asked: RoleRequest, answer: str = "grant") -> str:
        return answered(self.client, asked, answer)


def found(body: str) -> str:
    links: list[str] = re.findall(r"http://127.0.0.1:8000\S+", body)
    return links[0] if links else ""


def answered(client: Client, asked: RoleRequest, answer: str = "grant") -> str:
    page = client.post(reverse("role_request_answer", args=[asked.pk]), {"answer": answer}, follow=True)
    return page.content.decode()


def pending(person: User) -> RoleRequest:
    return RoleRequest.objects.pending().get(person=person)


def role_of(person: User) -> str:
    return User.objects.get(pk=person.pk).role


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def boss(cast: Cast, as_: SignIn) -> Boss:
    return Boss(cast.administrator, as_)


def a_second_administrator(boss: Boss, cast: Cast, as_: SignIn, email: str = "b@martel.example") -> User:
    """Invited by the boss, confirmed by mail, granted by the director."""
    second = boss.invite(email, "administrator")
    boss.accept(boss.link_in_mail(email))
    answered(as_(cast.director), pending(second))
    assert role_of(second) == "administrator"
    return User.objects.get(pk=second.pk)


# What must work


@pytest.mark.parametrize("role", sorted(ROLES_TAKING_TWO))
def test_each_role_that_opens_records_takes_two(cast: Cast, boss: Boss, as_: SignIn, role: str) -> None:
    boss.edit(cast.member, role=role)
    assert role_of(cast.member) == "member"
    boss.answer(pending(cast.member))
    assert role_of(cast.member) == "member"
    page = as_(cast.director).get(reverse("role_request_list")).content.decode()
    assert cast.member.email in page
    assert "Confirmed" in page
    answered(as_(cast.director), pending(cast.member))
    assert role_of(cast.member) == role


def test_an_invited_person_is_granted_the_role_once_they_confirmed_the_address(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    person = boss.invite("nadia@martel.example", "hr")
    director = as_(cast.director)
    assert "Not confirmed" in director.get(reverse("role_request_list")).content.decode()
    assert "has not confirmed this address yet" in answered(director, pending(person))
    assert role_of(person) == "none"
    boss.accept(boss.link_in_mail("nadia@martel.example"))
    answered(director, pending(person))
    assert role_of(person) == "hr"


def test_two_administrators_vouched_for_by_a_third_answer_each_other(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    second = a_second_administrator(boss, cast, as_)
    boss.toggle(cast.director)  # who leaves: the company still works
    boss.edit(cast.member, role="director")
    answered(as_(second), pending(cast.member))
    assert role_of(cast.member) == "director"


def test_the_operator_gives_a_role_and_it_is_kept(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("grant_role", cast.member.email, "hr")
    assert role_of(cast.member) == "hr"
    assert capsys.readouterr().out == ""
    assert "operator" in history_of(cast.member)[0].note


def test_the_operator_never_vouches_for_whoever_sits_in_an_account_without_its_mailbox(
    boss: Boss, capsys: pytest.CaptureFixture[str]
) -> None:
    person = boss.invite("nadia@martel.example")
    sitting = boss.accept(reverse("invitation_accept", args=[invitation_token(person.invitation)]))
    call_command("grant_role", person.email, "hr", site="http://127.0.0.1:8000")
    assert sitting.get(reverse("preferences")).status_code == 302
    assert not User.objects.get(pk=person.pk).has_usable_password()
    link = capsys.readouterr().out.strip()
    assert boss.accept(link, "tout-autre-chose-42").get(reverse("preferences")).status_code == 200


# The one exception


def alone() -> User:
    return User.objects.create_user(
        "a@martel.example",
        full_name="A",
        role=Role.ADMINISTRATOR,
        address_proven_at=timezone.now(),
        language="en",
    )


def details(role: str, email: str = EVIL) -> PersonDetails:
    return PersonDetails(email, "Somebody", role, None, None, "en")


def test_a_lone_administrator_names_the_director_and_history_says_alone(db: None) -> None:
    person = person_add(details=details("director"), by=alone(), at=timezone.now())
    assert person.role == "director"
    assert "without a second person" in history_of(person)[0].note


@pytest.mark.parametrize("role", sorted(ROLES_OPENING_RECORDS - {"director"}))
def test_a_lone_administrator_names_nobody_else_who_opens_records(db: None, role: str) -> None:
    assert person_add(details=details(role), by=alone(), at=timezone.now()).role == "none"


def test_who_was_named_alone_is_no_second_person_for_whoever_named_them(db: None, as_: SignIn) -> None:
    boss = Boss(alone(), as_)
    for role in ("director", "administrator"):
        made = boss.invite(f"{role}@evil.example", role)
        boss.accept(boss.link_in_mail(made.email))
    director = User.objects.get(email="director@evil.example")
    target = boss.invite()
    boss.accept(boss.link_in_mail(EVIL))
    boss.edit(target, role="hr")
    assert "do not count as two people" in answered(as_(director), pending(target))
    assert (role_of(target), role_of(User.objects.get(email="administrator@evil.example"))) == (
        "member",
        "none",
    )


def test_two_made_by_one_are_no_two_people(db: None, as_: SignIn) -> None:
    """An administrator named alone asks, the one who named them answers, and the other way round."""
    boss = Boss(alone(), as_)
    made = boss.invite(EVIL, "administrator")
    boss.accept(boss.link_in_mail(EVIL))
    assert role_of(made) == "administrator"
    hand = Boss(User.objects.get(pk=made.pk), as_)
    target = hand.invite("hr@evil.example", "hr")
    hand.accept(hand.link_in_mail("hr@evil.example"))
    assert "do not count as two people" in boss.answer(pending(target))
    third = hand.invite("third@evil.example", "administrator")
    hand.accept(hand.link_in_mail("third@evil.example"))
    assert "do not count as two people" in boss.answer(pending(third))
    assert hands_in(third) == {third.pk, made.pk, boss.person.pk}


# The ways round it


def test_the_address_changed_while_a_request_waits_voids_it(cast: Cast, boss: Boss, as_: SignIn) -> None:
    person = boss.invite("nadia@martel.example", "hr")
    asked = pending(person)
    page = boss.client.post(
        reverse("person_edit", args=[person.pk]),
        {"email": EVIL, "full_name": "Nadia", "role": "none", "language": "en"},
        follow=True,
    )
    assert "is void: ask again" in page.content.decode()
    asked.refresh_from_db()
    assert asked.state == "address_changed"
    assert as_(cast.director).post(
        reverse("role_request_answer", args=[asked.pk]), {"answer": "grant"}
    ).status_code in (302, 404)
    boss.edit(person, role="hr")
    boss.accept(boss.link_in_mail(EVIL))
    assert EVIL in as_(cast.director).get(reverse("role_request_list")).content.decode()
    assert role_of(person) == "none"


def test_a_change_of_address_and_role_at_once_asks_for_the_new_address(cast: Cast, boss: Boss) -> None:
    person = boss.invite("nadia@martel.example", "hr")
    boss.edit(person, email=EVIL, role="hr")
    states = set(RoleRequest.objects.filter(person=person).values_list("email", "state"))
    assert states == {("nadia@martel.example", "address_changed"), (EVIL, "pending")}


def test_closing_the_other_approver_makes_nobody_alone(cast: Cast, boss: Boss, as_: SignIn) -> None:
    boss.toggle(cast.director)
    made = boss.invite(EVIL, "administrator")
    boss.accept(boss.link_in_mail(EVIL))
    assert role_of(made) == "none"
    boss.toggle(cast.director)
    assert role_of(cast.director) == "none"
    answered(as_(User.objects.get(pk=made.pk)), pending(made))
    assert role_of(made) == "none"


def test_closing_everybody_else_makes_nobody_alone(db: None, as_: SignIn) -> None:
    boss = Boss(alone(), as_)
    director = boss.invite("claire@martel.example", "director")
    boss.toggle(director)
    made = boss.invite(EVIL, "administrator")
    boss.accept(boss.link_in_mail(EVIL))
    assert role_of(made) == "none"


def test_a_reopened_approver_is_asked_for_again_and_not_by_their_own_word(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    boss.toggle(cast.director)
    boss.toggle(cast.director)
    boss.edit(cast.director, role="director")
    answered(as_(cast.director), pending(cast.director))
    boss.answer(pending(cast.director))
    assert role_of(cast.director) == "none"


def test_the_link_shown_to_an_administrator_proves_no_address(cast: Cast, boss: Boss, as_: SignIn) -> None:
    """The boss sits in an account under another's address, and has the role asked for the address all know."""
    person = boss.invite("henri.durand@martel.example")
    boss.accept(reverse("invitation_accept", args=[invitation_token(person.invitation)]))
    boss.edit(person, role="hr")
    assert "has not confirmed this address yet" in answered(as_(cast.director), pending(person))
    assert role_of(person) == "member"


def test_the_owner_of_a_mailbox_confirms_no_account_another_sits_in(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    person = boss.invite("henri.durand@martel.example")
    sitting = boss.accept(reverse("invitation_accept", args=[invitation_token(person.invitation)]))
    sitting.post(reverse("address_proof_send"))
    link = boss.link_in_mail(person.email)
    assert Client().post(link)["Location"].startswith(reverse("account_login"))
    as_(cast.member).post(link)
    person.refresh_from_db()
    assert person.address_proven_at is None


def test_a_link_shown_before_does_not_open_an_account_confirmed_since(boss: Boss) -> None:
    person = boss.invite("henri.durand@martel.example")
    shown = reverse("invitation_accept", args=[invitation_token(person.invitation)])
    Client().post(reverse("account_reset_password"), {"email": person.email})
    owner = Client()
    form = owner.get(boss.link_in_mail(person.email), follow=True)
    new = {"password1": "tout-autre-chose-42", "password2": "tout-autre-chose-42"}
    owner.post(form.redirect_chain[-1][0], new)
    person.refresh_from_db()
    assert person.check_password("tout-autre-chose-42")
    assert person.address_proven_at is not None
    assert Client().get(shown).status_code == 410


def test_an_address_changed_after_the_invitation_stops_the_link_that_went_to_the_old_one(boss: Boss) -> None:
    person = boss.invite(EVIL)
    old = boss.link_in_mail(EVIL)
    assert Client().get(old).status_code == 200
    boss.edit(person, email="nadia@martel.example")
    assert Client().get(old).status_code == 410
    new = boss.link_in_mail("nadia@martel.example")
    assert Client().get(new).status_code == 200


def test_a_confirmation_is_of_one_address(cast: Cast, boss: Boss, as_: SignIn) -> None:
    token = address_token(cast.member)
    boss.edit(cast.member, email=EVIL)
    as_(cast.member).post(reverse("address_confirm", args=[token]))
    assert User.objects.get(pk=cast.member.pk).address_proven_at is None
    boss.edit(cast.member, role="manager")
    assert pending(cast.member).email == EVIL


@pytest.mark.parametrize("role", sorted(ROLES_TAKING_TWO))
def test_the_address_of_a_role_that_takes_two_stays(cast: Cast, boss: Boss, role: str) -> None:
    User.objects.filter(pk=cast.member.pk).update(role=role)
    assert boss.edit(cast.member, email=EVIL).context["form"].errors.keys() == {"email"}
    assert User.objects.get(pk=cast.member.pk).email != EVIL


def test_demoting_an_approver_and_promoting_again_takes_another_approver(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    second = a_second_administrator(boss, cast, as_)
    boss.edit(second, role="member")
    boss.edit(second, role="administrator")
    answered(as_(second), pending(second))
    assert role_of(second) == "member"
    boss.edit(cast.member, role="hr")
    answered(as_(second), pending(cast.member))
    assert role_of(cast.member) == "member"


def test_withdrawing_and_asking_again_makes_another_request(cast: Cast, boss: Boss, as_: SignIn) -> None:
    boss.edit(cast.member, role="hr")
    shown = pending(cast.member)
    boss.answer(shown, "withdraw")
    boss.edit(cast.member, email=EVIL)
    boss.edit(cast.member, role="hr")
    assert (
        as_(cast.director)
        .post(reverse("role_request_answer", args=[shown.pk]), {"answer": "grant"})
        .status_code
        == 404
    )
    assert role_of(cast.member) == "member"


def test_only_whoever_asked_withdraws(cast: Cast, boss: Boss, as_: SignIn) -> None:
    boss.edit(cast.member, role="hr")
    assert "Only the person who asked" in answered(as_(cast.director), pending(cast.member), "withdraw")
    assert RoleRequest.objects.pending().exists()


def test_closing_the_person_or_whoever_asked_voids_the_request(cast: Cast, boss: Boss, as_: SignIn) -> None:
    second = a_second_administrator(boss, cast, as_)
    boss.edit(cast.member, role="hr")
    Boss(second, as_).edit(cast.contributor, role="hr")
    boss.toggle(cast.member)
    boss.toggle(second)
    states = RoleRequest.objects.exclude(state="granted").values_list("state", flat=True)
    assert set(states) == {"access_closed"}


def test_no_role_is_asked_for_who_may_not_sign_in(cast: Cast, boss: Boss) -> None:
    """It would wait for nobody: until they are let in again, no second person could grant it."""
    boss.toggle(cast.member)
    page = boss.edit(cast.member, role="hr", full_name="Lea P").content.decode()
    assert "Reopen the access first" in page
    assert not RoleRequest.objects.exists()
    boss.toggle(cast.member)
    boss.edit(cast.member, role="hr")
    assert pending(cast.member).role == "hr"


def test_whoever_lost_the_right_to_ask_asked_for_nothing(cast: Cast, boss: Boss, as_: SignIn) -> None:
    second = a_second_administrator(boss, cast, as_)
    Boss(second, as_).edit(cast.member, role="hr")
    boss.edit(second, role="member")
    assert "may no longer ask" in answered(as_(cast.director), pending(cast.member))


def test_an_administrator_changes_their_own_address_and_is_no_second_person_until_confirmed(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    second = a_second_administrator(boss, cast, as_)
    own = Boss(second, as_)
    own.edit(second, email="new@martel.example")
    boss.edit(cast.member, role="hr")
    assert "Confirm your own address" in answered(own.client, pending(cast.member))
    own.client.post(own.link_in_mail("new@martel.example"))
    answered(own.client, pending(cast.member))
    assert role_of(cast.member) == "hr"


def test_leading_a_team_is_for_those_whose_role_two_people_gave(cast: Cast, boss: Boss) -> None:
    for lead in (cast.member, cast.administrator):
        sent = {"name": "Traffic", "department": cast.team.department_id, "leader": lead.pk}
        page = boss.client.post(reverse("team_edit", args=[cast.team.pk]), sent)
        assert page.context["form"].errors.keys() == {"leader"}
    boss.edit(cast.manager, role="member")
    assert not cast.team.leads.in_force(timezone.localdate()).exists()
    boss.toggle(cast.other_manager)
    boss.toggle(cast.other_manager)
    assert not cast.other_team.leads.in_force(timezone.localdate()).exists()


def test_an_account_is_vouched_for_until_somebody_acts_on_it_alone(
    cast: Cast, boss: Boss, as_: SignIn
) -> None:
    second = a_second_administrator(boss, cast, as_)
    assert hands_in(second) == {second.pk}
    boss.edit(second, role="member")
    assert hands_in(second) == {second.pk, boss.person.pk}
    answered(as_(cast.director), pending_again(boss, second))
    assert hands_in(second) == {second.pk}


def pending_again(boss: Boss, person: User) -> RoleRequest:
    boss.edit(person, role="administrator")
    return pending(person)


def test_what_was_done_about_oneself_is_no_hand_of_another(cast: Cast) -> None:
    own = cast.administrator
    person_change(
        person=own, details=details("administrator", "new@martel.example"), by=own, at=timezone.now()
    )
    assert not AccessAct.objects.exists()


def test_a_refused_grant_changes_nothing(cast: Cast, boss: Boss) -> None:
    boss.edit(cast.member, role="hr")
    with pytest.raises(ValidationError):
        role_request_decide(request=pending(cast.member), grant=True, by=boss.person, at=timezone.now())
    assert role_of(cast.member) == "member"
