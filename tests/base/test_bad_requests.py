"""What no form sends is refused in words, not by a failure."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import Cast

SignIn = Callable[[User | None], Client]


@pytest.fixture
def analyst(cast: Cast, as_: SignIn) -> Client:
    User.objects.filter(pk=cast.analyst.pk).update(language="fr")
    return as_(User.objects.get(pk=cast.analyst.pk))


@pytest.mark.parametrize(
    "address", ["/targets/new/?indicator=%00", "/deviations/?indicator=1%00", "/?grain=a%00b"]
)
def test_a_nul_in_an_address_is_a_bad_request(analyst: Client, address: str) -> None:
    answer = analyst.get(address)
    assert answer.status_code == 400
    assert "Rien n'a été modifié" in answer.content.decode()


def test_a_nul_in_a_form_is_a_bad_request(analyst: Client) -> None:
    answer = analyst.post(
        reverse("target_new"), "indicator=orders%00&value=1", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(("start", "end"), [("0001-01-01", "9999-12-31"), ("9999-12-01", "9999-12-31")])
def test_days_no_calendar_reaches_are_refused_beside_their_field(
    analyst: Client, start: str, end: str
) -> None:
    answer = analyst.post(
        reverse("target_new"), {"start": start, "end": end, "segment": "{}", "indicator": "x"}
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors["end"]
