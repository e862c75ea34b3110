"""Signing in through the real client: password, second factor, limits on guessing, reset."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


def browser(**headers: str) -> Client:
    """A fresh visitor whose browser asks for English."""
    return Client(HTTP_ACCEPT_LANGUAGE="en", **headers)  # type: ignore[arg-type]  # headers, by their WSGI names


@pytest.fixture
def client() -> Client:
    return browser()


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def who(client: Client) -> int | None:
    signed_in = client.session.get("_auth_user_id")
    return int(signed_in) if signed_in else None


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_app(person: User) -> str:
    """Give the person an authenticator app; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def test_the_right_password_signs_in_whatever_the_case_of_the_address(cast: Cast, client: Client) -> None:
    response = sign_in(client, cast.manager.email.upper())
    assert (response.status_code, response["Location"]) == (302, "/")
    assert who(client) == cast.manager.pk


def test_a_wrong_password_is_told_beside_the_form_and_keeps_the_address(cast: Cast, client: Client) -> None:
    response = sign_in(client, cast.manager.email, "wrong")
    assert response.status_code == 200
    assert cast.manager.email in response.content.decode()
    assert "not correct" in response.content.decode()
    assert who(client) is None


def test_a_closed_access_cannot_sign_in_and_an_open_session_stops(cast: Cast, client: Client) -> None:
    sign_in(client, cast.member.email)
    cast.member.is_active = False
    cast.member.save()
    assert client.get(reverse("preferences"))["Location"].startswith(reverse("account_login"))
    fresh = browser()
    sign_in(fresh, cast.member.email)
    assert who(fresh) is None


def test_nobody_signs_up(rf: Any) -> None:
    from accounts.adapter import AccountAdapter

    with pytest.raises(NoReverseMatch):
        reverse("account_signup")
    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False


def test_the_second_factor_is_asked_and_a_code_works_once(cast: Cast) -> None:
    secret = with_app(cast.analyst)
    client = browser()
    response = sign_in(client, cast.analyst.email)
    assert response["Location"] == reverse("mfa_authenticate")
    assert who(client) is None
    assert client.get(reverse("mfa_authenticate")).status_code == 200
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert (wrong.status_code, who(client)) == (200, None)
    code = code_now(secret)
    assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/"
    assert who(client) == cast.analyst.pk
    again = browser()
    sign_in(again, cast.analyst.email)
    again.post(reverse("mfa_authenticate"), {"code": code})
    assert who(again) is None


def test_a_recovery_code_replaces_the_telephone_once(cast: Cast) -> None:
    with_app(cast.analyst)
    code = RecoveryCodes.activate(cast.analyst).get_unused_codes()[0]
    for expected in (cast.analyst.pk, None):
        client = browser()
        sign_in(client, cast.analyst.email)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert who(client) == expected


def test_the_app_is_set_up_from_the_preferences_after_the_password_again(cast: Cast, client: Client) -> None:
    sign_in(client, cast.member.email)
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked["Location"], {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    done = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    codes = client.get(done["Location"])
    assert len(codes.context["unused_codes"]) == 10
    assert codes.context["unused_codes"][0] in codes.content.decode()
    assert (
        codes.context["unused_codes"][0]
        in client.get(reverse("mfa_download_recovery_codes")).content.decode()
    )
    assert client.get(reverse("mfa_index")).status_code == 200


def test_a_second_factor_can_be_required_of_everybody(cast: Cast, as_: SignIn, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    client = as_(cast.director)
    sent = client.get(reverse("preferences"))
    assert sent["Location"] == reverse("mfa_activate_totp")
    on_the_way = client.get(reverse("mfa_activate_totp"))
    assert on_the_way["Location"].startswith(reverse("account_reauthenticate"))
    assert client.get(on_the_way["Location"]).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302
    equipped = as_(cast.analyst)
    with_app(cast.analyst)
    assert equipped.get(reverse("preferences")).status_code == 200


def test_a_forgotten_password_is_reset_by_a_link_in_the_persons_language(cast: Cast, client: Client) -> None:
    cast.member.language = "fr"
    cast.member.save()
    client.post(reverse("account_reset_password"), {"email": cast.member.email})
    (message,) = mail.outbox
    assert message.to == [cast.member.email]
    assert "mot de passe" in message.body
    (link,) = re.findall(r"http://127.0.0.1:8000(\S+)", str(message.body))
    form = client.get(link, follow=True)
    new = "tout-autre-chose-42"
    path = form.redirect_chain[-1][0]
    assert client.post(path, {"password1": new, "password2": new}).status_code == 302
    fresh = browser()
    sign_in(fresh, cast.member.email, new)
    assert who(fresh) == cast.member.pk
    used = browser().get(link, follow=True)
    assert "no longer works" in used.content.decode()


def test_a_reset_does_not_tell_who_has_an_account(cast: Cast, client: Client) -> None:
    known = client.post(reverse("account_reset_password"), {"email": cast.member.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@martel.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in mail.outbox] == [[cast.member.email]]


def test_the_password_is_changed_from_the_preferences(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.member)
    new = "tout-autre-chose-42"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), data)["Location"] == reverse("preferences")
    fresh = browser()
    sign_in(fresh, cast.member.email, new)
    assert who(fresh) == cast.member.pk


def test_a_stranger_is_sent_to_sign_in_and_back(cast: Cast, client: Client) -> None:
    asked = client.get(reverse("preferences"))
    assert asked["Location"] == f"{reverse('account_login')}?next={reverse('preferences')}"
    data = {"login": cast.member.email, "password": PASSWORD, "next": reverse("preferences")}
    assert client.post(asked["Location"], data)["Location"] == reverse("preferences")


def test_a_fragment_asked_without_a_session_reloads_its_page(cast: Cast, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{reverse('preferences')}"}
    response = client.get(reverse("people_list"), headers=headers)
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next={reverse('preferences')}"


def test_a_redirect_elsewhere_is_not_followed(cast: Cast, client: Client) -> None:
    data = {"login": cast.member.email, "password": PASSWORD, "next": "https://elsewhere.example/"}
    response = client.post(reverse("account_login"), data)
    assert response["Location"] == "/"


@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_the_address_is_asked_for_by_the_word_of_all_other_pages(
    client: Client, cast: Cast, name: str
) -> None:
    page = client.get(reverse(name), headers={"accept-language": "fr"}).content.decode()
    assert ">E-mail</label>" in page
    assert "Courriel" not in page
