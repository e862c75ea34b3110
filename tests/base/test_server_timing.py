"""How long an answer took is told to those who are signed in, and to nobody else."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import Cast

SignIn = Callable[[User | None], Client]


def test_a_person_signed_in_is_told_how_long_it_took(cast: Cast, as_: SignIn) -> None:
    told = as_(cast.member).get("/notifications/").headers["Server-Timing"]
    assert re.fullmatch(r"app;dur=\d+\.\d", told)


@pytest.mark.django_db
def test_nobody_is_told_how_long_a_refused_sign_in_took(cast: Cast) -> None:
    client = Client()
    assert "Server-Timing" not in client.get("/sign-in/").headers
    told = {"login": cast.member.email, "password": "wrong"}
    assert "Server-Timing" not in client.post("/sign-in/", told).headers
