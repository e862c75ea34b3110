"""One shared cast: a person of each role, and how each of them signs in.

``cast`` gives the people, ``as_(person)`` a client signed in as one of them. ``ROLES`` names all eleven kinds
of visitor that the URL × role table replays.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Department, Membership, Role, Team, TeamLead, User

BEGAN = date(2026, 1, 1)  # when the people of the cast came to their teams
PASSWORD = "un-mot-de-passe-de-test-7"  # as long as the validators ask

ROLES = (
    "anonymous",
    "outsider",
    "member",
    "contributor",
    "other_manager",
    "manager",
    "hr",
    "top_management",
    "director",
    "analyst",
    "administrator",
)


@dataclass(frozen=True)
class Cast:
    """A small company: ``manager`` leads ``member``'s team, ``other_manager`` another one."""

    director: User
    top_management: User
    manager: User
    other_manager: User
    member: User
    hr: User
    contributor: User
    analyst: User
    administrator: User
    outsider: User
    team: Team
    other_team: Team

    def person(self, role: str) -> User | None:
        """The person of one of ROLES; None for the anonymous one."""
        return None if role == "anonymous" else getattr(self, role)


@cache
def hashed() -> str:
    return make_password(PASSWORD)


def person(name: str, role: Role, team: Team | None = None) -> User:
    """A person who signs in with PASSWORD, without paying for the hash each time."""
    found = User.objects.create(
        email=f"{name.lower().replace(' ', '.')}@martel.example",
        full_name=name,
        role=role,
        password=hashed(),
        language="en",
        address_proven_at=timezone.now(),
    )
    if team:
        Membership.objects.create(person=found, department=team.department, team=team, start=BEGAN)
    return found


def gather() -> Cast:
    commerce = Department.objects.create(code="e-commerce", name="E-commerce")
    service = Department.objects.create(code="customer-service", name="Customer service")
    team = Team.objects.create(name="Traffic", department=commerce)
    other_team = Team.objects.create(name="Advisers", department=service)
    cast = Cast(
        director=person("Claire Martel", Role.DIRECTOR),
        top_management=person("Henri Martel", Role.TOP_MANAGEMENT),
        manager=person("Sophie Roux", Role.MANAGER, team),
        other_manager=person("Karim Benali", Role.MANAGER, other_team),
        member=person("Lea Petit", Role.MEMBER, team),
        hr=person("Nadia Fournier", Role.HR),
        contributor=person("Paul Girard", Role.CONTRIBUTOR),
        analyst=person("Ines Leroy", Role.ANALYST),
        administrator=person("Marc Dubois", Role.ADMINISTRATOR),
        outsider=person("Jean Tiers", Role.NONE),
        team=team,
        other_team=other_team,
    )
    TeamLead.objects.create(team=team, person=cast.manager, start=BEGAN)
    TeamLead.objects.create(team=other_team, person=cast.other_manager, start=BEGAN)
    return cast


@pytest.fixture
def cast(db: None) -> Cast:
    return gather()


@pytest.fixture
def as_() -> Callable[[User | None], Client]:
    """``as_(cast.director)`` is a client signed in as them; ``as_(None)`` an anonymous one."""

    def sign_in(who: User | None) -> Client:
        client = Client()
        if who is not None:
            client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


def toggle_access(client: Client, person: User) -> None:
    """Close somebody's access or open it again, by the button that its page shows now."""
    url = reverse("person_access", args=[person.pk])
    answer = re.search(r'name="answer" value="(\w+)"', client.get(url).content.decode())
    client.post(url, {"answer": answer[1] if answer else ""})
