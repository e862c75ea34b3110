"""The same sent twice, one after the other or at the same moment, is written once and answered in a sentence."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Department, DepartmentHead, OrganisationRequest, Role, Team, User
from base.models import CalendarEvent
from tests.beside import Beside, another_waits
from tests.cast import BEGAN, Cast, person
from tests.runtime.helpers import eventually

SignIn = Callable[[User | None], Client]
EVENT = {"code": "closure", "name": "", "start": "2026-11-20", "end": "2026-11-21"}
INVITED = {"email": "new@martel.example", "full_name": "New", "role": "member", "language": "en"}
TEAM_EXISTS = "This department has a team of this name already."


def a_department() -> None:
    Department.objects.create(code="logistics", name="Logistics")


def a_person() -> None:
    User.objects.create_user("new@martel.example", full_name="New")


def an_event() -> None:
    CalendarEvent.objects.create(code="closure", start="2026-11-20", end="2026-11-21")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "sent", "first", "told"),
    [
        ("department_add", {"name": "L", "code": "logistics"}, a_department, "already exists"),
        ("person_invite", INVITED, a_person, "Somebody already has this address."),
        ("event_new", EVENT, an_event, "already exists"),
    ],
)
def test_who_comes_second_is_told_what_is_there(
    name: str, sent: dict[str, str], first: Callable[[], None], told: str, as_: SignIn
) -> None:
    client = as_(person("Marc Dubois", Role.ADMINISTRATOR))
    with Beside() as other:
        with transaction.atomic():
            first()
            second = other.does(lambda: client.post(reverse(name), sent))
            eventually(another_waits)
        answer: Any = second.result()
    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_a_team_of_a_name_that_is_taken_is_refused_in_a_sentence(cast: Cast, as_: SignIn) -> None:
    admin, there = as_(cast.administrator), cast.team.department
    sent = {"name": cast.team.name, "department": there.pk, "leader": "", "start": ""}
    assert TEAM_EXISTS in admin.post(reverse("team_add"), sent).content.decode()
    other = Team.objects.create(name="Other", department=there)
    url = reverse("team_edit", args=[other.pk])
    assert TEAM_EXISTS in admin.post(url, sent).content.decode()
    assert admin.post(url, sent | {"name": "Other"}).status_code == 302
    Team.objects.filter(pk=cast.team.pk).update(closed_on=timezone.localdate())
    assert admin.post(url, sent).status_code == 302


def test_a_team_does_not_move_to_where_its_name_was_taken_meanwhile(cast: Cast, as_: SignIn) -> None:
    """It waited for a second person, and the name was free when it was asked."""
    there = cast.other_team.department
    DepartmentHead.objects.create(department=there, person=cast.top_management, start=BEGAN)
    sent = {"name": cast.team.name, "department": there.pk, "leader": cast.manager.pk, "start": ""}
    as_(cast.administrator).post(reverse("team_edit", args=[cast.team.pk]), sent)
    asked = OrganisationRequest.objects.get(change="team_move")
    Team.objects.create(name=cast.team.name, department=there)
    url = reverse("organisation_request_answer", args=[asked.pk])
    page = as_(cast.director).post(url, {"answer": "grant"}, follow=True)
    assert TEAM_EXISTS in page.content.decode()
    assert Team.objects.get(pk=cast.team.pk).department == cast.team.department
