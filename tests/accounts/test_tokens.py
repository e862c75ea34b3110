"""Tokens for programs: no wider than their owner, ended for good, and the only thing that counts in such a request."""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.tokens import token_issue
from tests.cast import PASSWORD, Cast, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
FIGURES = "/deviations/?_export=csv"


def issue(owner: User, **changes: Any) -> tuple[ApiToken, str]:
    made = {"name": "Sheet", "scopes": ["figures:read"], "days": 30, "at": timezone.now()}
    return token_issue(owner=owner, **{**made, **changes})


def asked(secret: str, url: str = FIGURES, method: str = "get", client: Client | None = None) -> int:
    client = client or Client(enforce_csrf_checks=True)
    answer = getattr(client, method)(url, headers={"Authorization": f"Bearer {secret}"})
    return int(answer.status_code)


def test_a_program_reads_figures_as_its_owner(cast: Cast) -> None:
    token, secret = issue(cast.member)
    answer = Client().get(FIGURES, headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert asked(secret, "/indicators/?_export=csv") == 200
    token.refresh_from_db()
    assert token.last_used_on == timezone.now().date()


def test_a_token_is_shown_once_and_kept_as_a_digest(cast: Cast, as_: SignIn) -> None:
    own = as_(cast.member)
    sent = {"name": "Sheet", "scopes": ["figures:read"], "days": "30"}
    page = own.post(reverse("token_list"), sent).content.decode()
    (secret,) = re.findall(r"vigie_[\w-]{43}", page)
    assert secret not in own.get(reverse("token_list")).content.decode()
    token = ApiToken.objects.get()
    assert token.digest == sha256(secret.encode()).hexdigest()
    assert asked(secret) == 200


def once_of(page: str) -> str:
    (found,) = re.findall(r'name="once" value="([\w-]+)"', page)
    return str(found)


def sheet(client: Client) -> dict[str, Any]:
    """What the form of a new token sends."""
    once = once_of(client.get(reverse("token_list")).content.decode())
    return {"name": "Sheet", "scopes": ["figures:read"], "days": "30", "once": once}


def test_four_clicks_make_one_token_and_the_last_answer_tells_its_secret(cast: Cast, as_: SignIn) -> None:
    own, url = as_(cast.member), reverse("token_list")
    sent = sheet(own)
    pages = [own.post(url, sent).content.decode() for _click in range(4)]
    secrets = {secret for page in pages for secret in re.findall(r"vigie_[\w-]{43}", page)}
    assert (ApiToken.objects.count(), len(secrets)) == (1, 1)
    assert asked(secrets.pop()) == 200
    own.post(url, {**sent, "scopes": ["figures:read"], "name": "Other", "once": once_of(pages[-1])})
    assert ApiToken.objects.count() == 2  # the next form is another


def test_a_form_sent_again_later_tells_nothing(cast: Cast, as_: SignIn) -> None:
    own, url = as_(cast.member), reverse("token_list")
    sent = sheet(own)
    (secret,) = re.findall(r"vigie_[\w-]{43}", own.post(url, sent).content.decode())
    ApiToken.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    again = own.post(url, sent, follow=True).content.decode()
    assert secret not in again
    assert "This form made its token before" in again
    assert ApiToken.objects.count() == 1
    as_(cast.director).post(url, sent)  # the same sheet in other hands is another token
    assert ApiToken.objects.count() == 2
    assert asked(secret) == 200


def test_what_a_token_allows_is_said_in_words(cast: Cast, as_: SignIn) -> None:
    issue(cast.analyst, scopes=["facts:write"])
    page = as_(cast.analyst).get(reverse("token_list")).content.decode()
    assert (
        page.count("Send figures by day, as imports you can look at and undo") == 2
    )  # of the form, and of the token
    member = as_(cast.member).get(reverse("token_list")).content.decode()
    assert "Send figures by day" not in member
    assert "Set targets, or propose them where your role may do no more" in member


def ended(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    as_(token.owner).post(reverse("token_end", args=[token.pk]))


def ended_by_an_administrator(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    as_(cast.administrator).post(reverse("token_end", args=[token.pk]))


def closed_and_reopened(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    for _close_then_open in range(2):
        toggle_access(as_(cast.administrator), token.owner)


def address_changed(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    sent = {"email": "new@martel.example", "full_name": "Lea", "role": "member", "language": "en"}
    as_(cast.administrator).post(reverse("person_edit", args=[token.owner.pk]), sent)


def password_changed(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    client, new = Client(), "tout-autre-chose-42"
    client.post(reverse("account_login"), {"login": token.owner.email, "password": PASSWORD})
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), sent)


def expired(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    past = timezone.now() - timedelta(days=60)
    ApiToken.objects.filter(pk=token.pk).update(created_at=past, expires_at=past + timedelta(days=30))


ENDS = [ended, ended_by_an_administrator, closed_and_reopened, address_changed, password_changed, expired]


@pytest.mark.parametrize("end", ENDS)
def test_a_token_ends_for_good(
    cast: Cast, as_: SignIn, end: Callable[[ApiToken, Cast, SignIn], None]
) -> None:
    token, secret = issue(cast.member)
    assert asked(secret) == 200
    end(token, cast, as_)
    assert asked(secret) == 401


def test_a_token_opens_no_more_than_its_owners_role_now(cast: Cast) -> None:
    _token, secret = issue(cast.member)
    User.objects.filter(pk=cast.member.pk).update(role="none")
    assert asked(secret) == 403


@pytest.mark.parametrize(
    "url", ["/people/", "/preferences/", "/preferences/tokens/", "/people/tokens/", "/imports/", "/"]
)
def test_a_token_opens_nothing_beside_its_scope(cast: Cast, url: str) -> None:
    assert asked(issue(cast.administrator)[1], url) == 403


@pytest.mark.parametrize("url", ["/preferences/", "/deviations/", "/people/"])
def test_no_cookie_counts_beside_a_token(cast: Cast, as_: SignIn, url: str) -> None:
    signed_in = as_(cast.administrator)
    assert asked("vigie_wrong", url, client=signed_in) == 401
    assert signed_in.get("/preferences/").status_code == 200  # and the session lives on


def test_a_program_writes_nothing_where_only_people_do(cast: Cast) -> None:
    _token, secret = issue(cast.director)
    assert asked(secret, "/preferences/tokens/", "post") == 403
    assert asked(secret, reverse("set_language"), "post") == 403  # public, yet not without a form's secret
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "vigie_", "\u00e9".encode().decode("latin-1"), "x" * 5000])
def test_a_wrong_token_is_401_and_says_how(wrong: str) -> None:
    User.objects.create_user("a@martel.example", full_name="A")
    answer = Client().get(FIGURES, headers={"Authorization": f"Bearer {wrong}"})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_another_persons_token_does_not_exist(cast: Cast, as_: SignIn) -> None:
    token, secret = issue(cast.member)
    assert as_(cast.director).post(reverse("token_end", args=[token.pk])).status_code == 404
    assert asked(secret) == 200
    assert "Sheet" in as_(cast.administrator).get(reverse("token_list_all")).content.decode()


def test_a_person_without_a_role_makes_no_token(cast: Cast, as_: SignIn) -> None:
    sent = {"name": "Sheet", "scopes": ["figures:read"], "days": "30"}
    page = as_(cast.outsider).post(reverse("token_list"), sent)
    assert page.context["form"].errors.keys() == {"scopes"}
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wrong", [{"days": 400}, {"days": 0}, {"scopes": []}, {"scopes": ["all"]}])
def test_the_database_refuses_tokens_without_end_or_scope(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        issue(cast.member, **wrong)
