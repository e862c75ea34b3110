"""Inviting, changing and closing people; the roles that take two; what history keeps."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.access import Right, has_right, people_with
from accounts.granting import role_request_decide
from accounts.invitations import invitation_accept, invitation_issue, invitation_of, invitation_token
from accounts.models import Department, Invitation, Membership, Role, RoleRequest, Team, TeamLead, User
from accounts.people import PersonDetails, person_add, person_change
from accounts.person_history import history_of_person
from accounts.tables import state_of
from tests.cast import BEGAN, Cast, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def admin(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.administrator)


def details(person: User, **changes: Any) -> PersonDetails:
    now = {name: getattr(person, name) for name in PersonDetails.__dataclass_fields__ if name != "start"}
    return PersonDetails(**{**now, **changes})


def posted(person: User, **changes: Any) -> dict[str, Any]:
    sent = {
        "email": person.email,
        "full_name": person.full_name,
        "role": person.role,
        "language": person.language,
    }
    return {**sent, **changes}


INVITED = {
    "email": "New.Person@martel.example",
    "full_name": "New Person",
    "role": "member",
    "language": "en",
}


def invite(admin: Client, **changes: Any) -> User:
    admin.post(reverse("person_invite"), {**INVITED, **changes})
    return User.objects.get(email="new.person@martel.example")


# Invitations


def test_an_invitation_is_sent_shown_and_opens_the_account_once(admin: Client) -> None:
    person = invite(admin)
    assert state_of(person) == "invited"
    (message,) = mail.outbox
    (link,) = re.findall(r"http://127.0.0.1:8000\S+", str(message.body))
    page = admin.get(reverse("person_detail", args=[person.pk])).content.decode()
    assert invitation_token(person.invitation) in page
    assert link not in page  # following the mailed one proves the address
    guest = Client()
    new = "tout-autre-chose-42"
    assert "new.person@martel.example" in guest.get(link).content.decode()
    assert guest.post(link, {"password1": new, "password2": new})["Location"] == "/"
    assert guest.get(reverse("preferences")).status_code == 200
    assert state_of(User.objects.get(pk=person.pk)) == "active"
    assert Client().get(link).status_code == 410
    assert (
        Client().post(link, {"password1": "another-one-57", "password2": "another-one-57"}).status_code == 410
    )


def test_an_invitation_is_written_in_the_language_of_the_invited(admin: Client) -> None:
    invite(admin, language="fr")
    assert mail.outbox[0].subject.startswith("[Vigie] ")


def test_an_invitation_expires(admin: Client, settings: Any) -> None:
    person = invite(admin)
    token = invitation_token(person.invitation)
    valid = timedelta(days=settings.INVITATION_DAYS)
    assert invitation_of(token, at=person.invitation.sent_at + valid - timedelta(seconds=1)) is not None
    assert invitation_of(token, at=person.invitation.sent_at + valid) is None


def test_a_new_invitation_stops_the_earlier_link(admin: Client) -> None:
    person = invite(admin)
    first = invitation_token(person.invitation)
    admin.post(reverse("person_invite_again", args=[person.pk]))
    assert invitation_of(first, at=timezone.now()) is None
    assert len(mail.outbox) == 2


def test_a_forged_link_opens_nothing(admin: Client) -> None:
    token = invitation_token(invite(admin).invitation)
    for forged in (token[:-1], f"1-{'x' * 32}:{token.split(':')[1]}", "nonsense", "1-2:3"):
        assert Client().get(reverse("invitation_accept", args=[forged])).status_code == 410


def test_a_closed_person_cannot_accept(admin: Client) -> None:
    person = invite(admin)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert invitation_of(invitation_token(person.invitation), at=timezone.now()) is None


def test_two_acceptances_of_one_link_leave_the_first_password(admin: Client) -> None:
    invitation = invitation_of(invitation_token(invite(admin).invitation), at=timezone.now())
    assert invitation is not None
    assert (
        invitation_accept(invitation=invitation, password="first-password-1", at=timezone.now()) is not None
    )
    assert invitation_accept(invitation=invitation, password="second-password-2", at=timezone.now()) is None
    assert User.objects.get(pk=invitation.person.pk).check_password("first-password-1")


def test_somebody_with_a_password_is_not_invited_again(cast: Cast, admin: Client) -> None:
    with pytest.raises(ValueError, match="already has a password"):
        invitation_issue(person=cast.member, by=cast.administrator, at=timezone.now())
    page = admin.post(reverse("person_invite_again", args=[cast.member.pk]), follow=True)
    assert "already has a password" in page.content.decode()
    assert mail.outbox == []


def test_a_mail_server_that_is_down_leaves_the_link_to_copy(admin: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    page = admin.post(reverse("person_invite"), INVITED, follow=True)
    assert "could not be sent" in page.content.decode()
    person = User.objects.get(email="new.person@martel.example")
    assert invitation_token(person.invitation) in page.content.decode()


def test_a_first_password_must_be_a_good_one(admin: Client) -> None:
    link = reverse("invitation_accept", args=[invitation_token(invite(admin).invitation)])
    for bad in ("short", "0123456789012", "new.person@martel.example"):
        assert Client().post(link, {"password1": bad, "password2": bad}).status_code == 200
    assert (
        Client().post(link, {"password1": "tout-autre-chose-42", "password2": "different-42-a"}).status_code
        == 200
    )
    assert Invitation.objects.get().accepted_at is None


# Changing people


def test_an_address_belongs_to_one_person(cast: Cast, admin: Client) -> None:
    page = admin.post(reverse("person_invite"), {**INVITED, "email": cast.member.email.upper()})
    assert page.context["form"].errors.keys() == {"email"}
    assert "Somebody already has this address" in page.content.decode()


def test_a_team_brings_its_department(cast: Cast, admin: Client) -> None:
    TeamLead.objects.filter(team=cast.other_team).delete()  # nobody new reads them: one person moves them
    admin.post(
        reverse("person_edit", args=[cast.contributor.pk]), posted(cast.contributor, team=cast.other_team.pk)
    )
    saved = User.objects.get(pk=cast.contributor.pk)
    assert (saved.team, saved.department) == (cast.other_team, cast.other_team.department)


def test_nobody_changes_their_own_role_nor_closes_their_own_access(cast: Cast, admin: Client) -> None:
    own = cast.administrator
    page = admin.post(reverse("person_edit", args=[own.pk]), posted(own, role="director"))
    assert page.context["form"].errors.keys() == {"role"}
    admin.post(reverse("person_access", args=[own.pk]), {"answer": "close"})
    saved = User.objects.get(pk=own.pk)
    assert (saved.role, saved.is_active) == ("administrator", True)


def test_somebody_can_always_manage_people(cast: Cast) -> None:
    second = User.objects.create_user("second@martel.example", full_name="Second", role=Role.ADMINISTRATOR)
    demoted = details(cast.administrator, role=Role.MEMBER)
    person_change(person=cast.administrator, details=demoted, by=second, at=timezone.now())
    with pytest.raises(ValidationError, match="last person who can manage people"):
        person_change(
            person=second, details=details(second, role=Role.MEMBER), by=cast.director, at=timezone.now()
        )
    assert User.objects.get(pk=second.pk).role == Role.ADMINISTRATOR


def test_a_closed_access_is_opened_again(cast: Cast, admin: Client) -> None:
    url = reverse("person_access", args=[cast.member.pk])
    admin.post(url, {"answer": "close"})
    assert state_of(User.objects.get(pk=cast.member.pk)) == "closed"
    admin.post(url, {"answer": "reopen"})
    assert state_of(User.objects.get(pk=cast.member.pk)) == "active"


def test_an_access_closed_by_two_clicks_is_closed(cast: Cast, admin: Client) -> None:
    """The button says what it does: sent twice, or by two administrators, it does no more."""
    url = reverse("person_access", args=[cast.manager.pk])
    admin.post(url)  # of no button
    assert state_of(User.objects.get(pk=cast.manager.pk)) == "active"
    admin.post(url, {"answer": "reopen"})  # of a page from before
    assert User.objects.get(pk=cast.manager.pk).role == "manager"
    for _click in range(2):
        admin.post(url, {"answer": "close"})
        assert state_of(User.objects.get(pk=cast.manager.pk)) == "closed"
    for _click in range(2):
        admin.post(url, {"answer": "reopen"})
        assert state_of(User.objects.get(pk=cast.manager.pk)) == "active"
    assert cast.manager.access_acts.filter(kind="reopened").count() == 1


def test_a_changed_address_stops_resets_to_the_old_one(cast: Cast, admin: Client) -> None:
    old = cast.member.email
    Client().post(reverse("account_reset_password"), {"email": old})
    admin.post(reverse("person_edit", args=[cast.member.pk]), posted(cast.member, email="lea@martel.example"))
    Client().post(reverse("account_reset_password"), {"email": old})
    told = [(message.to, message.subject) for message in mail.outbox]
    assert [to for to, _subject in told] == [[old], [old], ["lea@martel.example"]]
    assert told[1][1] == "[Vigie] Your address at Vigie was changed"
    assert "Marc Dubois changed the address" in str(mail.outbox[1].body)


# Roles that take two people


def test_hr_is_granted_by_a_second_person_only(cast: Cast, admin: Client, as_: SignIn) -> None:
    admin.post(reverse("person_edit", args=[cast.member.pk]), posted(cast.member, role="hr"))
    asked = RoleRequest.objects.pending().get()
    assert User.objects.get(pk=cast.member.pk).role == Role.MEMBER
    (message,) = mail.outbox  # to those who may answer, without the one who asked
    assert message.to == [cast.director.email]
    assert f"http://127.0.0.1:8000{reverse('role_request_list')}" in str(message.body)
    answer = reverse("role_request_answer", args=[asked.pk])
    admin.post(answer, {"answer": "grant"})
    assert User.objects.get(pk=cast.member.pk).role == Role.MEMBER
    page = as_(cast.director).get(reverse("role_request_list")).content.decode()
    assert "Lea Petit" in page
    as_(cast.director).post(answer, {"answer": "grant"})
    assert User.objects.get(pk=cast.member.pk).role == Role.HR


def test_the_person_concerned_does_not_answer(cast: Cast, as_: SignIn) -> None:
    second = User.objects.create_user("second@martel.example", full_name="Second", role=Role.ADMINISTRATOR)
    person_change(
        person=second, details=details(second, role=Role.HR), by=cast.administrator, at=timezone.now()
    )
    asked = RoleRequest.objects.pending().get()
    as_(second).post(reverse("role_request_answer", args=[asked.pk]), {"answer": "grant"})
    assert User.objects.get(pk=second.pk).role == Role.ADMINISTRATOR
    with pytest.raises(ValidationError):
        role_request_decide(request=asked, grant=True, by=second, at=timezone.now())


@pytest.mark.parametrize("answer", ["refuse", "", "anything"])
def test_a_refused_role_is_not_given(cast: Cast, admin: Client, as_: SignIn, answer: str) -> None:
    admin.post(reverse("person_edit", args=[cast.member.pk]), posted(cast.member, role="hr"))
    asked = RoleRequest.objects.pending().get()
    as_(cast.director).post(reverse("role_request_answer", args=[asked.pk]), {"answer": answer})
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("refused", cast.director)
    assert User.objects.get(pk=cast.member.pk).role == Role.MEMBER


def test_a_request_is_withdrawn_by_whoever_asked_or_by_another_role(cast: Cast, admin: Client) -> None:
    edit = reverse("person_edit", args=[cast.member.pk])
    admin.post(edit, posted(cast.member, role="hr"))
    admin.post(edit, posted(cast.member, role="analyst"))
    assert RoleRequest.objects.get().state == "withdrawn"
    admin.post(edit, posted(cast.member, role="hr"))
    asked = RoleRequest.objects.pending().get()
    admin.post(reverse("role_request_answer", args=[asked.pk]), {"answer": "withdraw"})
    assert not RoleRequest.objects.pending().exists()
    assert User.objects.get(pk=cast.member.pk).role == Role.ANALYST


def test_an_invited_hr_waits_and_their_link_is_not_shown(cast: Cast, admin: Client) -> None:
    person = invite(admin, role="hr")
    assert person.role == Role.NONE
    page = admin.get(reverse("person_detail", args=[person.pk])).content.decode()
    assert invitation_token(person.invitation) not in page
    assert [message.to for message in mail.outbox] == [[person.email], [cast.director.email]]


def test_the_address_of_hr_cannot_be_changed_to_take_the_account_over(cast: Cast, admin: Client) -> None:
    page = admin.post(reverse("person_edit", args=[cast.hr.pk]), posted(cast.hr, email="mine@martel.example"))
    assert page.context["form"].errors.keys() == {"email"}
    assert User.objects.get(pk=cast.hr.pk).email == cast.hr.email


def test_letting_hr_in_again_takes_two_again(cast: Cast, admin: Client) -> None:
    for _close_then_open in range(2):
        toggle_access(admin, cast.hr)
    saved = User.objects.get(pk=cast.hr.pk)
    assert (saved.is_active, saved.role) == (True, Role.NONE)


def test_the_database_refuses_a_role_granted_by_one_person(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="granted_by_a_second_person"), transaction.atomic():
        RoleRequest.objects.create(
            person=cast.member,
            role=Role.HR,
            state="granted",
            requested_by=cast.administrator,
            requested_at=timezone.now(),
            decided_by=cast.administrator,
            decided_at=timezone.now(),
        )


# History


def test_history_says_what_changed_who_did_it_and_when(cast: Cast, admin: Client) -> None:
    moment = timezone.now()
    admin.post(reverse("person_edit", args=[cast.member.pk]), posted(cast.member, role="analyst"))
    last, *earlier = history_of_person(User.objects.get(pk=cast.member.pk))
    assert last.by == str(cast.administrator)
    assert [(f.before, f.after) for f in last.fields if f.label == "Role"] == [
        ("Team member", "Data analyst")
    ]
    assert abs(last.at - moment) < timedelta(minutes=1)
    assert earlier[-1].title == "Added as Team member"
    assert "Data analyst" in admin.get(reverse("person_detail", args=[cast.member.pk])).content.decode()


def test_signing_in_or_choosing_a_theme_is_not_history(cast: Cast, as_: SignIn) -> None:
    before = len(history_of_person(cast.member))
    as_(cast.member).post(reverse("set_theme"), {"theme": "dark"})
    assert len(history_of_person(cast.member)) == before


def test_a_change_beside_the_pages_is_history_too(cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(role=Role.ADMINISTRATOR)
    last = history_of_person(cast.member)[0]
    assert (last.by, last.fields[0].after) == ("", "Administrator")


def test_history_cannot_be_rewritten(cast: Cast) -> None:
    from django.apps import apps

    events = apps.get_model("accounts", "UserEvent").objects
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        events.update(role="hr")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        events.all().delete()


# Lists


def test_the_list_filters_sorts_pages_and_exports_what_it_shows(cast: Cast, admin: Client) -> None:
    url = reverse("people_list")
    shown = admin.get(url, {"role": "manager", "sort": "-full_name"}).content.decode()
    assert shown.index("Sophie Roux") < shown.index("Karim Benali")
    assert "Lea Petit" not in shown
    assert "Lea Petit" in admin.get(url, {"q": "lea.pet"}).content.decode()
    exported = admin.get(url, {"role": "manager", "_export": "csv"}).content.decode()
    assert "Sophie Roux" in exported
    assert "Lea Petit" not in exported
    assert len(exported.strip().splitlines()) == 3
    assert admin.get(url, {"_export": "xlsx"}).content[:2] == b"PK"


@pytest.mark.parametrize(("state", "count"), [("active", 10), ("invited", 1), ("closed", 1)])
def test_the_list_tells_active_invited_and_closed_apart(
    cast: Cast, admin: Client, state: str, count: int
) -> None:
    invite(admin)
    User.objects.create_user("gone@martel.example", "x", full_name="Gone", is_active=False)
    assert admin.get(reverse("people_list"), {"state": state}).context["table"].paginator.count == count


def test_the_list_asks_the_same_queries_for_one_and_for_many(
    cast: Cast, admin: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        someone = User.objects.create_user(f"p{number}@martel.example", full_name=f"P {number}")
        Membership.objects.create(
            person=someone, department=cast.team.department, team=cast.team, start=BEGAN
        )
    with django_assert_max_num_queries(12):
        admin.get(reverse("people_list"))


def test_departments_and_teams_are_added_changed_and_removed(cast: Cast, admin: Client) -> None:
    admin.post(reverse("department_add"), {"name": "Logistics", "code": "logistics"})
    logistics = Department.objects.get(code="logistics")
    admin.post(
        reverse("team_add"), {"name": "Parcels", "department": logistics.pk, "leader": cast.manager.pk}
    )
    parcels = Team.objects.get(name="Parcels")
    admin.post(reverse("department_remove", args=[logistics.pk]))
    assert Department.objects.filter(pk=logistics.pk).exists()  # it still has a team
    admin.post(reverse("team_remove", args=[parcels.pk]))
    admin.post(reverse("department_remove", args=[logistics.pk]))
    assert not Department.objects.filter(pk=logistics.pk).exists()
    page = admin.get(reverse("department_list"))
    assert {str(team) for team in page.context["teams"]} == {"Traffic", "Advisers"}
    assert "Traffic" in page.content.decode()


# Rights


def test_a_closed_person_has_no_right(cast: Cast) -> None:
    assert has_right(cast.director, Right.SET_TARGETS)
    cast.director.is_active = False
    assert not has_right(cast.director, Right.SET_TARGETS)
    assert not has_right(None, Right.SIGNED_IN)


def test_people_with_a_right_are_those_whose_role_carries_it(cast: Cast) -> None:
    found = set(people_with(Right.HANDLE_DEVIATIONS))
    assert found == {cast.director, cast.manager, cast.other_manager, cast.analyst}


def test_an_added_person_without_anybody_behind_gets_the_role_at_once(db: None) -> None:
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False):
        person = person_add(
            details=PersonDetails("HR@martel.example", "HR", Role.HR, None, None, "fr"),
            by=None,
            at=timezone.now(),
        )
    assert (person.email, person.role, person.has_usable_password()) == ("hr@martel.example", Role.HR, False)


def test_the_way_back_in_from_the_command_line(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "invite_person", "Back@martel.example", name="Back", role="administrator", site="https://v.example/"
    )
    link = capsys.readouterr().out.strip()
    assert link.startswith("https://v.example/invitation/")
    assert Client().get(link.removeprefix("https://v.example")).status_code == 200
    assert User.objects.get().role == Role.ADMINISTRATOR
    with translation.override("en"), pytest.raises(CommandError, match="address"):
        call_command("invite_person", "back@martel.example", name="Again")


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.ADMINISTRATOR])
def test_nobody_makes_up_their_own_second_person(cast: Cast, role: Role) -> None:
    """Who may grant what takes two is named by two, once there are two to do it."""
    person = person_add(details=someone(role), by=cast.administrator, at=timezone.now())
    assert (person.role, person.role_requests.get().role) == (Role.NONE, role)


def test_an_administrator_alone_names_the_first_director(db: None) -> None:
    alone = User.objects.create_user("a@example.org", full_name="A", role=Role.ADMINISTRATOR)
    assert person_add(details=someone(Role.DIRECTOR), by=alone, at=timezone.now()).role == Role.DIRECTOR


def someone(role: Role) -> PersonDetails:
    return PersonDetails("new@example.org", "New", role, None, None, "fr")


def test_the_address_of_the_second_person_is_not_changed_to_take_the_account_over(cast: Cast) -> None:
    taken = details(cast.director, email="mine@example.org")
    with pytest.raises(ValidationError):
        person_change(person=cast.director, details=taken, by=cast.administrator, at=timezone.now())
