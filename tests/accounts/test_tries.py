"""How often one may guess, through the door: nothing of a request buys more, nobody's owner is locked out."""

import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import letters
from accounts.letters import nobody_waits
from accounts.models import Role, SignInLink, TryCount, User
from accounts.sign_in_links import link_issue
from accounts.tasks import purge_tries
from tests.cast import PASSWORD, Cast, person

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
NEW = "tout-autre-chose-42"
LOCKED = 429
DOORS = ["sign_in_link_ask", "account_reset_password"]  # to letters


def browser(address: str = "198.51.100.1", **headers: str) -> Client:
    return Client(HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR=address, **headers)  # type: ignore[arg-type]  # WSGI names


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def who(client: Client) -> int | None:
    signed_in = client.session.get("_auth_user_id")
    return int(signed_in) if signed_in else None


def lock(email: str, addresses: int = 3) -> None:
    """Strangers guess until the account is closed to them: ten wrong tries from some addresses."""
    for guess in range(10):
        sign_in(browser(f"203.0.113.{guess % addresses}"), email, "wrong")


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def with_app(person: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


# What varies in a request and must not buy guesses: (login as typed, headers).
VARIED: dict[str, Callable[[int, str], tuple[str, dict[str, str]]]] = {
    "nothing": lambda _guess, email: (email, {}),
    "port of the host": lambda guess, email: (email, {"HTTP_HOST": f"localhost:{4000 + guess}"}),
    "host": lambda guess, email: (email, {"HTTP_HOST": ("localhost", "127.0.0.1", "[::1]")[guess % 3]}),
    "case of the host": lambda guess, email: (email, {"HTTP_HOST": "".join(
        letter.upper() if guess >> place & 1 else letter for place, letter in enumerate("localhost"))}),
    "X-Forwarded-Host": lambda guess, email: (email, {"HTTP_X_FORWARDED_HOST": f"h{guess}.example"}),
    "X-Forwarded-For": lambda guess, email: (email, {"HTTP_X_FORWARDED_FOR": f"192.0.2.{guess}"}),
    "X-Real-IP": lambda guess, email: (email, {"HTTP_X_REAL_IP": f"192.0.2.{guess}"}),
    "browser": lambda guess, email: (email, {"HTTP_USER_AGENT": f"Browser/{guess}"}),
    "scheme": lambda guess, email: (email, {"wsgi.url_scheme": ("http", "https")[guess % 2]}),
    "case": lambda guess, email: ("".join(
        letter.upper() if guess >> place & 1 else letter for place, letter in enumerate(email)), {}),
    "Kelvin sign and spaces": lambda guess, email: (
        " " * guess + (email.replace("k", "\u212a") if guess % 2 else email) + "\u2003", {}),
    "IPv6 of one client": lambda guess, email: (email, {"REMOTE_ADDR": f"2001:db8::{guess}:1"}),
    "a made-up device": lambda guess, email: (email, {"HTTP_COOKIE": f"device_{guess:016x}=x; sessionid={guess}"}),
}  # fmt: skip


@pytest.mark.parametrize("varied", VARIED)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_five_guesses_at_an_account_from_one_address_whatever_varies(
    cast: Cast, settings: Any, varied: str, known: bool
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
    email = "kirk@martel.example"
    if known:
        User.objects.create_user(email, PASSWORD, full_name="Kirk")
    answers = []
    for guess in range(12):
        login, headers = VARIED[varied](guess, email)
        client = browser()
        client.defaults |= headers
        answers.append(sign_in(client, login, "wrong").status_code)
    assert answers == [200] * 5 + [LOCKED] * 7
    client = browser("2001:db8::9" if "IPv6" in varied else "198.51.100.1")
    assert sign_in(client, email).status_code == LOCKED  # the right password too
    assert who(client) is None


def test_an_address_may_not_try_one_password_on_everybody(cast: Cast) -> None:
    answers = [sign_in(browser(), f"person{n}@martel.example", "spring2026").status_code for n in range(70)]
    assert answers == [200] * 60 + [LOCKED] * 10
    elsewhere = browser("198.51.100.2")
    sign_in(elsewhere, cast.member.email)
    assert who(elsewhere) == cast.member.pk


def test_many_addresses_share_the_guesses_at_one_account(cast: Cast) -> None:
    answers = [sign_in(browser(f"203.0.113.{n}"), cast.member.email, "wrong").status_code for n in range(14)]
    assert answers == [200] * 10 + [LOCKED] * 4


def test_a_day_of_patient_guessing_ends(cast: Cast) -> None:
    now, passed = timezone.now(), 0
    for quarter in range(20):
        with time_machine.travel(now + quarter * timedelta(minutes=16), tick=False):
            passed += sum(
                sign_in(browser(f"203.0.113.{n}"), cast.member.email, "wrong").status_code == 200
                for n in range(11)
            )
    assert passed == 100
    with time_machine.travel(now + timedelta(days=1, minutes=1), tick=False):
        client = browser()
        sign_in(client, cast.member.email)
        assert who(client) == cast.member.pk


def test_nothing_of_others_empties_the_counters(cast: Cast) -> None:
    lock(cast.member.email)
    for n in range(350):
        browser(f"192.0.2.{n // 25}").post(
            reverse("account_reset_password"), {"email": f"nobody{n}@martel.example"}
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache_entries")
        assert cursor.fetchone() == (0,)
    purge_tries()
    assert sign_in(browser(), cast.member.email).status_code == LOCKED


def test_a_right_password_does_not_renew_the_guesses(cast: Cast) -> None:
    for guess in range(12):
        sign_in(browser(), cast.analyst.email)
        answer = sign_in(browser(), cast.member.email, "wrong")
        assert answer.status_code == (200 if guess < 5 else LOCKED)


def test_right_passwords_are_never_counted(cast: Cast) -> None:
    for _time in range(12):
        client = browser()
        sign_in(client, cast.member.email)
        assert who(client) == cast.member.pk


def test_the_lock_ends_and_says_when(cast: Cast) -> None:
    lock(cast.member.email)
    answer = sign_in(browser(), cast.member.email)
    assert answer["Retry-After"] in {str(seconds) for seconds in range(890, 901)}
    assert "15 minutes" in answer.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        client = browser()
        sign_in(client, cast.member.email)
        assert who(client) == cast.member.pk


@pytest.mark.parametrize("what", ["locked", "wrong"])
def test_no_answer_tells_who_has_an_account(cast: Cast, what: str) -> None:
    """Known, unknown, closed and not yet accepted: the same words."""
    cast.member.is_active = False
    cast.member.save()
    invited = User.objects.create_user("invited@martel.example", None, full_name="Invited")
    emails = [cast.analyst.email, "nobody@martel.example", cast.member.email, invited.email]
    said = []
    for n, email in enumerate(emails):
        if what == "locked":
            lock(email, addresses=10)
        page = sign_in(browser(f"198.51.100.{n}"), email, "wrong")
        text = re.sub(r'[A-Za-z0-9]{64}|nonce="[^"]*"', "", page.content.decode()).replace(email, "")
        said.append((page.status_code, text))
    assert said == [said[0]] * 4


# --- the owner comes in all the same


def test_a_known_device_is_not_locked_by_strangers_and_has_its_own_count(cast: Cast) -> None:
    device = browser()
    sign_in(device, cast.member.email)
    device.post(reverse("account_logout"))
    lock(cast.member.email)
    for n in range(60):
        sign_in(browser(), f"n{n}@martel.example", "wrong")  # the address they share is locked too
    assert sign_in(browser(), cast.member.email).status_code == LOCKED
    sign_in(device, cast.member.email)
    assert who(device) == cast.member.pk
    device.post(reverse("account_logout"))
    answers = [sign_in(device, cast.member.email, "wrong").status_code for _guess in range(12)]
    assert answers == [200] * 10 + [LOCKED] * 2


def the_cookie(client: Client) -> tuple[str, Any]:
    ((name, cookie),) = [pair for pair in client.cookies.items() if pair[0].startswith("device_")]
    return name, cookie


def test_a_device_is_known_for_its_person_and_password_only(cast: Cast) -> None:
    device = browser()
    sign_in(device, cast.member.email)
    name, cookie = the_cookie(device)
    assert (cookie["httponly"], cookie["path"], cookie["samesite"]) == (True, "/sign-in/", "Lax")
    assert cast.member.email not in cookie.value
    lock(cast.member.email)
    lock(cast.analyst.email)
    other = browser()
    sign_in(other, cast.manager.email)
    for value in (cookie.value[:-2] + "xx", "", "x", the_cookie(other)[1].value):
        thief = browser()
        thief.cookies[name] = value
        assert sign_in(thief, cast.member.email).status_code == LOCKED
    thief = browser()
    thief.cookies[name] = cookie.value  # stolen whole, it still opens nobody else's account
    assert sign_in(thief, cast.analyst.email).status_code == LOCKED
    cast.member.set_password(NEW)
    cast.member.save()
    device.post(reverse("account_logout"))
    assert sign_in(device, cast.member.email, NEW).status_code == LOCKED


def test_a_password_alone_makes_no_device_known_where_a_code_is_asked(cast: Cast) -> None:
    with_app(cast.analyst)
    client = browser()
    sign_in(client, cast.analyst.email)
    assert not [name for name in client.cookies if name.startswith("device_")]


def test_changing_ones_password_keeps_this_device_and_forgets_the_others(cast: Cast) -> None:
    here, there = browser("198.51.100.1"), browser("198.51.100.2")
    for client in (here, there):
        sign_in(client, cast.member.email)
    here.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    lock(cast.member.email)
    for client, expected in ((here, cast.member.pk), (there, None)):
        client.post(reverse("account_logout"))
        sign_in(client, cast.member.email, NEW)
        assert who(client) == expected


def ask_link(client: Client, email: str) -> Any:
    return client.post(reverse("sign_in_link_ask"), {"email": email})


def the_link() -> str:
    (link,) = re.findall(rf"{SITE}(\S+)", str(mail.outbox[-1].body))
    return str(link)


def test_a_locked_person_comes_in_by_a_link_in_their_own_mail_once(cast: Cast) -> None:
    lock(cast.member.email)
    client = browser()
    page = sign_in(client, cast.member.email)
    assert reverse("sign_in_link_ask") in page.content.decode()
    assert ask_link(client, cast.member.email)["Location"] == reverse("sign_in_link_sent")
    assert [letter.to for letter in mail.outbox] == [[cast.member.email]]
    link = the_link()
    assert browser().get(link).status_code == 200  # a program that looks at letters opens it
    assert browser().head(link).status_code in (200, 405)
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == "/"
    assert who(client) == cast.member.pk
    again = browser()
    assert again.post(link).status_code == 410
    assert who(again) is None


def test_the_second_factor_is_still_asked_after_the_link_and_has_tries_of_its_own(cast: Cast) -> None:
    secret = with_app(cast.analyst)
    thief = browser()
    sign_in(thief, cast.analyst.email)  # who knows the password
    codes = [thief.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code for _guess in range(12)]
    assert codes == [200] * 10 + [LOCKED] * 2
    client = browser()
    ask_link(client, cast.analyst.email)
    assert client.post(the_link())["Location"] == reverse("mfa_authenticate")
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert who(client) == cast.analyst.pk


LINKS_THAT_ARE_NONE: dict[str, Callable[[Cast, str], str]] = {
    "forged": lambda _cast, token: token[:-1] + ("x" if token[-1] != "x" else "y"),
    "cut": lambda _cast, token: token[:20],
    "not signed": lambda _cast, _token: "1-x",
    "of another signature": lambda _cast, _token: "WzEsIngiXQ:1abc:xyz",
    "too old": lambda _cast, token: (SignInLink.objects.update(
        sent_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(seconds=1)), token)[1],
    "of a closed access": lambda cast, token: (
        User.objects.filter(pk=cast.member.pk).update(is_active=False), token)[1],
    "of another password": lambda cast, token: (User.objects.filter(pk=cast.member.pk).update(password="x"), token)[1],
    "of another address": lambda cast, token: (
        User.objects.filter(pk=cast.member.pk).update(email="z@martel.example"), token)[1],
}  # fmt: skip


@pytest.mark.parametrize("kind", LINKS_THAT_ARE_NONE)
def test_a_link_that_is_none_signs_nobody_in(cast: Cast, kind: str) -> None:
    token = LINKS_THAT_ARE_NONE[kind](cast, link_issue(person=cast.member, at=timezone.now()))
    client = browser()
    path = reverse("sign_in_link", args=[token])
    assert (client.get(path).status_code, client.post(path).status_code, who(client)) == (410, 410, None)


def test_nobody_takes_away_anothers_link_by_asking_for_many(cast: Cast) -> None:
    for n in range(20):
        assert ask_link(browser(f"203.0.113.{n}"), cast.member.email).status_code == 302
    assert len(mail.outbox) == 5
    first = re.findall(rf"{SITE}(\S+)", str(mail.outbox[0].body))[0]
    client = browser()
    client.post(first)
    assert who(client) == cast.member.pk
    assert browser().post(the_link()).status_code == 410  # one used, the others are void


@pytest.mark.parametrize("door", DOORS)
def test_letters_tell_nothing_and_go_to_those_who_have_a_password(cast: Cast, door: str) -> None:
    invited = User.objects.create_user("invited@martel.example", None, full_name="Invited")
    emails = [cast.member.email, "nobody@martel.example"] + ([invited.email] if "link" in door else [])
    said = []
    for email in emails:
        answer = browser().post(reverse(door), {"email": email})
        said.append((answer.status_code, answer["Location"]))
    assert said == [said[0]] * len(emails)
    assert [letter.to for letter in mail.outbox] == [[cast.member.email]]


@pytest.mark.parametrize("door", DOORS)
def test_an_address_may_not_have_letters_sent_without_end(cast: Cast, door: str) -> None:
    """Five to each account; past thirty asked for, one to each. The answer tells none of it."""
    people = [person(f"Somebody {n}", Role.MEMBER) for n in range(9)]
    answers = {
        browser().post(reverse(door), {"email": email}).status_code
        for email in [one.email for one in people for _time in range(8)]
    }
    assert answers == {302}
    sent = Counter(letter.to[0] for letter in mail.outbox)
    # Thirty are counted, of which those to the first three people; the fourth had six of their eight.
    assert [sent[one.email] for one in people] == [5, 5, 5, 5, 1, 1, 1, 1, 1]
    for n in range(8):
        browser(f"203.0.113.{n}").post(reverse(door), {"email": cast.member.email.upper()})
    assert Counter(letter.to[0] for letter in mail.outbox)[cast.member.email] == 5


@pytest.mark.parametrize("flood", DOORS)
@pytest.mark.parametrize("of", ["nobody", "a colleague", "everybody"])
def test_who_shares_an_address_with_a_flood_of_letters_still_comes_in(
    cast: Cast, flood: str, of: str
) -> None:
    """The flood is from the very address of the honest person, who is locked out by guesses as well."""
    emails = {
        "nobody": [f"n{n}@martel.example" for n in range(200)],
        "a colleague": [cast.analyst.email] * 200,
        "everybody": [one.email for one in (cast.analyst, cast.hr, cast.manager, cast.director)] * 50,
    }[of]
    for email in emails:
        assert browser().post(reverse(flood), {"email": email}).status_code == 302
    lock(cast.member.email)
    mail.outbox.clear()
    for door in DOORS:
        browser().post(reverse(door), {"email": cast.member.email})
    assert [letter.to for letter in mail.outbox] == [[cast.member.email]] * 2
    client = browser()
    client.post(re.findall(rf"{SITE}(\S+)", str(mail.outbox[0].body))[0])
    assert who(client) == cast.member.pk


def test_bogus_letters_leave_no_row_but_that_of_their_address(cast: Cast) -> None:
    for n in range(50):
        browser().post(reverse(DOORS[n % 2]), {"email": f"n{n}@martel.example"})
    assert [(row.limit, row.tries) for row in TryCount.objects.all()] == [("letters: address", 30)]


def test_a_mail_server_that_fails_changes_no_answer(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    for door in ("sign_in_link_ask", "account_reset_password"):
        for email in (cast.member.email, "nobody@martel.example"):
            assert browser().post(reverse(door), {"email": email}).status_code == 302


def test_letters_nobody_waits_for_leave_by_threads_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "accounts.letters.EmailBackend"
    settings.LETTER_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    mail.send_mail("Waited for", "x", None, ["a@martel.example"])
    assert len(list(tmp_path.iterdir())) == 1
    with nobody_waits():
        mail.send_mail("Not waited for", "x", None, ["a@martel.example"])
    letters._pool().shutdown(wait=True)
    letters._pool.cache_clear()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_reset_signs_in_although_the_account_is_locked(cast: Cast) -> None:
    lock(cast.member.email)
    client = browser()
    client.post(reverse("account_reset_password"), {"email": cast.member.email})
    form = client.get(the_link(), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert who(client) == cast.member.pk


def test_a_reset_still_asks_for_the_second_factor(cast: Cast) -> None:
    with_app(cast.analyst)
    client = browser()
    client.post(reverse("account_reset_password"), {"email": cast.analyst.email})
    form = client.get(the_link(), follow=True)
    answer = client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert (answer["Location"], who(client)) == (reverse("mfa_authenticate"), None)


# --- other secrets


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_codes_are_guessed_ten_times_in_any_session(cast: Cast, kind: str) -> None:
    with_app(cast.analyst)
    RecoveryCodes.activate(cast.analyst)
    answers = []
    for n in range(14):
        client = browser(f"198.51.100.{n}")
        sign_in(client, cast.analyst.email)
        code = f"{n:06}" if kind == "app" else f"{n:08x}"
        answers.append(client.post(reverse("mfa_authenticate"), {"code": code}).status_code)
    assert answers == [200] * 10 + [LOCKED] * 4


@pytest.mark.parametrize("later", [0, 31, 59])
def test_a_code_works_once_for_as_long_as_it_is_valid(cast: Cast, later: int) -> None:
    secret, now = with_app(cast.analyst), int(time.time()) // 30 * 30
    for at, expected in ((now, cast.analyst.pk), (now + later, None)):
        with time_machine.travel(at, tick=False):
            client = browser()
            sign_in(client, cast.analyst.email)
            client.post(
                reverse("mfa_authenticate"), {"code": format_hotp_value(hotp_value(secret, now // 30 + 1))}
            )
            assert who(client) == expected


def test_a_session_left_open_does_not_give_the_password_away(cast: Cast) -> None:
    """Confirming and changing it ask for the same secret, so they share a count."""
    client = browser()
    sign_in(client, cast.member.email)
    confirm, change = reverse("account_reauthenticate"), reverse("account_change_password")
    new = {"password1": NEW, "password2": NEW}
    answers = [
        client.post(confirm, {"password": f"wrong{n}"}).status_code
        if n % 2
        else client.post(change, {"oldpassword": f"wrong{n}", **new}).status_code
        for n in range(12)
    ]
    assert answers == [200] * 10 + [LOCKED] * 2
    assert client.post(change, {"oldpassword": PASSWORD, **new}).status_code == LOCKED
    fresh = browser("198.51.100.9")
    sign_in(fresh, cast.member.email)  # signing in is counted apart
    assert who(fresh) == cast.member.pk


def test_strangers_do_not_stop_someone_signed_in_from_confirming(cast: Cast) -> None:
    client = browser()
    sign_in(client, cast.member.email)
    lock(cast.member.email)
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def test_an_app_is_not_set_up_by_trying_codes(cast: Cast) -> None:
    client = browser()
    sign_in(client, cast.member.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    answers = [client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code for _n in range(12)]
    assert answers == [200] * 10 + [LOCKED] * 2


@pytest.mark.parametrize(
    ("path", "status"),
    [("/invitation/1-x{n}/", 410), ("/sign-in/link/x{n}/", 410), ("/password/reset/1-x{n}/", 200)],
)
def test_made_up_links_are_stopped(cast: Cast, path: str, status: int) -> None:
    answers = [browser().get(path.format(n=n)).status_code for n in range(35)]
    assert answers == [status] * 30 + [LOCKED] * 5
    client = browser()
    ask_link(client, cast.member.email)
    client.post(the_link())  # a right one works all the same
    assert who(client) == cast.member.pk


def test_wrong_tokens_are_stopped(settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-more-than-16"
    answers = [
        browser().get("/metrics", headers={"Authorization": f"Bearer wrong{n}"}).status_code
        for n in range(35)
    ]
    assert answers == [404] * 30 + [LOCKED] * 5
    assert (
        browser().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "login", ["a" * 5_000 + "@martel.example", "\u0130@martel.example", "%00", "'; --", "é" * 300]
)
def test_odd_logins_are_counted_like_others(cast: Cast, login: str) -> None:
    answers = [sign_in(browser(), login, "wrong").status_code for _guess in range(7)]
    assert (
        answers == [200] * 5 + [LOCKED] * 2 or answers == [200] * 7
    )  # what is no address is refused unlooked at
    assert User.objects.filter(email=login).count() == 0


def test_the_table_tells_neither_who_nor_whence_and_forgets(cast: Cast) -> None:
    sign_in(browser(), cast.member.email, "wrong")
    link_issue(person=cast.member, at=timezone.now())
    kept = str(list(TryCount.objects.values()))
    assert "198.51.100.1" not in kept
    assert cast.member.email not in kept
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        purge_tries()
    assert (TryCount.objects.count(), SignInLink.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_side_by_side_do_not_slip_past_the_count(cast: Cast) -> None:
    def guess(n: int) -> int:
        try:
            return int(sign_in(browser(f"203.0.113.{n % 4}"), cast.member.email, "wrong").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert (answers.count(200), answers.count(LOCKED)) == (10, 14)
