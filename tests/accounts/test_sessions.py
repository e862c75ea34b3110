"""Closing an access ends everything that was open, for good: it does not live again when the person is let in again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.sign_in_links import link_issue, link_of
from tests.cast import PASSWORD, Cast, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
NEW = "tout-autre-chose-42"


def signed_in(person: User, **more: Any) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD, **more})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("preferences")).status_code == 200


def close_and_reopen(cast: Cast, as_: SignIn, person: User) -> None:
    admin = as_(cast.administrator)
    for active in (False, True):
        toggle_access(admin, person)
        assert User.objects.get(pk=person.pk).is_active is active


@pytest.mark.parametrize("remember", [{}, {"remember": "on"}])
def test_a_session_does_not_live_again_when_the_person_is_let_in_again(
    cast: Cast, as_: SignIn, remember: dict[str, str]
) -> None:
    client = signed_in(cast.member, **remember)
    assert is_in(client)
    close_and_reopen(cast, as_, cast.member)
    assert not is_in(client)
    assert is_in(signed_in(cast.member))


def test_a_changed_password_ends_the_other_sessions(cast: Cast) -> None:
    here, there = signed_in(cast.member), signed_in(cast.member)
    here.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert is_in(here)
    assert not is_in(there)


def test_a_reset_ends_all_sessions(cast: Cast) -> None:
    before = signed_in(cast.member)
    assert reset(cast.member, link_for(cast.member))
    assert not is_in(before)


def link_for(person: User) -> str:
    Client().post(reverse("account_reset_password"), {"email": person.email})
    return str(re.findall(r"http://127.0.0.1:8000\S+", str(mail.outbox[-1].body))[0])


def reset(person: User, link: str) -> bool:
    client = Client()
    page = client.get(link, follow=True)
    client.post(
        page.redirect_chain[-1][0] if page.redirect_chain else link, {"password1": NEW, "password2": NEW}
    )
    return User.objects.get(pk=person.pk).check_password(NEW)


def test_a_reset_asked_before_closing_opens_nothing_after(cast: Cast, as_: SignIn) -> None:
    link = link_for(cast.member)
    close_and_reopen(cast, as_, cast.member)
    assert not reset(cast.member, link)
    assert reset(cast.member, link_for(cast.member))


def test_a_reset_sent_to_the_old_address_opens_nothing_after_the_change(cast: Cast, as_: SignIn) -> None:
    link = link_for(cast.member)
    sent = {"email": "lea@martel.example", "full_name": "Lea Petit", "role": "member", "language": "en"}
    as_(cast.administrator).post(reverse("person_edit", args=[cast.member.pk]), sent)
    assert not reset(cast.member, link)


def test_an_invitation_sent_before_closing_opens_nothing_after(cast: Cast, as_: SignIn) -> None:
    sent = {"email": "new@martel.example", "full_name": "New", "role": "member", "language": "en"}
    as_(cast.administrator).post(reverse("person_invite"), sent)
    link = re.findall(r"http://127.0.0.1:8000\S+", str(mail.outbox[-1].body))[0]
    close_and_reopen(cast, as_, User.objects.get(email="new@martel.example"))
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize("between", ["close", "password"])
def test_a_sign_in_stopped_before_the_second_factor_does_not_go_on_after(
    cast: Cast, as_: SignIn, between: str
) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.member, secret)
    half = signed_in(cast.member)
    assert not is_in(half)
    if between == "close":
        close_and_reopen(cast, as_, cast.member)
    else:
        cast.member.set_password(NEW)
        cast.member.save()
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    half.post(reverse("mfa_authenticate"), {"code": code})
    assert not is_in(half)


def test_a_sign_in_with_the_second_factor_goes_through(cast: Cast) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.member, secret)
    half = signed_in(cast.member)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    half.post(reverse("mfa_authenticate"), {"code": code})
    assert is_in(half)


def test_a_sign_in_link_sent_before_closing_opens_nothing_after(cast: Cast, as_: SignIn) -> None:
    token = link_issue(person=cast.member, at=timezone.now())
    assert link_of(token, at=timezone.now()) is not None
    close_and_reopen(cast, as_, cast.member)
    assert link_of(token, at=timezone.now()) is None
