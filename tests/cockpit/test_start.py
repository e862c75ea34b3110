"""The first start of an instance without the demo."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from base.models import Company
from cockpit.start import StartForms, instance_start
from tests.cast import Cast

SignIn = Callable[[User | None], Client]
PASSWORD = "un-mot-de-passe-de-test-7"


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "company-name": "Maison Martel",
        "company-country": "FR",
        "company-currency": "EUR",
        "company-timezone": "Europe/Paris",
        "company-week_start": "1",
        "company-fiscal_year_start": "4",
        "company-open_weekdays": ["1", "2", "3", "4", "5", "6"],
        "administrator-full_name": "Marc Dubois",
        "administrator-email": "Marc@martel.example",
        "administrator-password1": PASSWORD,
        "administrator-password2": PASSWORD,
        "director-full_name": "",
        "director-email": "",
        **changes,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_login", "preferences", "people_list", "account_reset_password"])
def test_every_page_leads_to_the_first_start_while_nobody_exists(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert (response.status_code, response["Location"]) == (302, reverse("start"))


@pytest.mark.django_db
def test_the_first_start_makes_the_company_and_signs_its_administrator_in(client: Client) -> None:
    assert "Maison" not in client.get(reverse("start")).content.decode()
    english = {"Accept-Language": "en"}
    assert client.post(reverse("start"), answers(), headers=english)["Location"] == "/"
    company = Company.current()
    assert (company.name, company.fiscal_year_start) == ("Maison Martel", 4)
    assert company.open_weekdays == [1, 2, 3, 4, 5, 6]
    administrator = User.objects.get()
    assert (administrator.email, administrator.role) == ("marc@martel.example", Role.ADMINISTRATOR)
    assert administrator.language == "en"
    assert client.get(reverse("people_list")).status_code == 200


@pytest.mark.django_db
def test_a_director_may_be_invited_at_once(client: Client) -> None:
    director = {"director-full_name": "Claire Martel", "director-email": "claire@martel.example"}
    client.post(reverse("start"), answers(**director))
    invited = User.objects.get(email="claire@martel.example")
    assert (invited.role, invited.has_usable_password()) == (Role.DIRECTOR, False)
    assert invited.invitation.expires_at > timezone.now() + timedelta(days=1)
    assert [message.to for message in mail.outbox] == [["claire@martel.example"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"company-name": ""},
        {"company-currency": "XXXX"},
        {"company-week_start": "8"},
        {"company-open_weekdays": []},
        {"administrator-password2": "different-from-the-first-1"},
        {"administrator-password1": "short", "administrator-password2": "short"},
        {"director-email": "claire@martel.example"},
        {"director-full_name": "Marc", "director-email": "marc@martel.example"},
    ],
    ids="+".join,
)
def test_a_wrong_answer_is_told_and_makes_nothing(client: Client, wrong: dict[str, Any]) -> None:
    response = client.post(reverse("start"), answers(**wrong))
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert (User.objects.count(), Company.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_first_start_works_once(cast: Cast, client: Client) -> None:
    people = User.objects.count()
    assert client.get(reverse("start"))["Location"] == "/"
    assert client.post(reverse("start"), answers())["Location"] == "/"
    assert (User.objects.count(), Company.objects.count()) == (people, 0)


@pytest.mark.django_db
def test_signed_in_pages_pay_nothing_for_the_first_start(
    cast: Cast, as_: SignIn, django_assert_num_queries: Any
) -> None:
    client = as_(cast.outsider)
    with django_assert_num_queries(2):  # the session and its person
        client.get(reverse("people_list"))


@pytest.mark.django_db(transaction=True)
def test_two_first_starts_at_the_same_moment_make_one_administrator() -> None:
    barrier, made = threading.Barrier(4), []

    def attempt(number: int) -> None:
        forms = StartForms(answers(**{"administrator-email": f"a{number}@martel.example"}))
        assert forms.are_valid()
        barrier.wait(timeout=10)
        made.append(instance_start(forms))
        connection.close()

    threads = [threading.Thread(target=attempt, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len([pair for pair in made if pair is not None]) == 1
    assert User.objects.count() == 1
