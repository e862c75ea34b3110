"""What every answer says of itself, replayed over every URL: nobody keeps it, frames it or guesses its type."""

import re
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from accounts.checks import url_patterns
from accounts.models import User
from config.response_headers import SECRET_ARGUMENTS, PrivateAnswersMiddleware
from tests.accounts.url_table import ROWS, who_may
from tests.cast import Cast
from tests.kpis.world import taken_back

SignIn = Callable[[User | None], Client]

EXACTLY = {
    "Cache-Control": "no-store, private",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
VARIES_ON = {"Cookie", "HX-Request", "Accept-Language"}
DIRECTIVES = ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
TYPES = re.compile(
    r"(text/(html|plain|csv|calendar)|application/(octet-stream|(problem\+)?json|vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet))"
    r"(; ?charset=utf-8)?"
)
# A name that needs no quoting and can hold no line end, quote or path.
FILE_NAME = re.compile(r'attachment; filename="[a-z0-9_-]+\.(csv|xlsx|txt|pdf)"')
# Route arguments that open nothing to who knows them; any other is a secret, by a name of SECRET_ARGUMENTS.
HARMLESS_ARGUMENTS = {"pk", "code", "kind", "uidb36", "attachment"}


def faults(response: Any, *, secret: bool = False) -> Iterator[str]:
    """What is wrong with the headers of an answer, in words."""
    for name, value in EXACTLY.items():
        if response.headers.get(name) != value:
            yield f"{name}: {response.headers.get(name)}"
    missing = VARIES_ON - set(response.headers.get("Vary", "").split(", "))
    if missing:
        yield f"Vary lacks {sorted(missing)}"
    policy = response.headers.get("Content-Security-Policy", "")
    yield from (f"no {directive}" for directive in DIRECTIVES if directive not in policy)
    if response.headers.get("Referrer-Policy") != ("strict-origin" if secret else "same-origin"):
        yield f"Referrer-Policy: {response.headers.get('Referrer-Policy')}"
    yield from _content_faults(response)


def _content_faults(response: Any) -> Iterator[str]:
    if not TYPES.fullmatch(response.headers.get("Content-Type", "")):
        yield f"Content-Type: {response.headers.get('Content-Type')}"
    disposition = response.headers.get("Content-Disposition")
    if disposition and not FILE_NAME.fullmatch(disposition):
        yield f"Content-Disposition: {disposition}"


@pytest.mark.django_db
@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_answer_is_private(name: str, htmx: bool, cast: Cast, as_: SignIn) -> None:
    row = ROWS[name]
    url = reverse(name, kwargs=dict(row.kwargs(cast)))
    headers = {"HX-Request": "true"} if htmx else {}
    secret = any(argument in SECRET_ARGUMENTS for argument in resolve(url).kwargs)
    asked = {method: ("anonymous", "outsider", who_may(row, method)) for method in ("get", "post", "put")}
    clients = {role: as_(cast.person(role)) for role in {role for roles in asked.values() for role in roles}}
    for role, client in clients.items():
        signed_in = client.cookies.copy()
        for method in (method for method, roles in asked.items() if role in roles):
            with taken_back():
                data = row.data if method == "post" else None
                answer = getattr(client, method)(url, data, headers=headers)
                found = list(faults(answer, secret=secret))
            client.cookies = SimpleCookie(signed_in)  # as before: what signed out is taken back
            assert found == [], f"{role} {method} {url} {answer.status_code}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["people_list", "import_list", "deviation_list", "night_list", "target_list"]
)
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_exports_are_private(name: str, extension: str, cast: Cast, as_: SignIn) -> None:
    answer = as_(cast.person(who_may(ROWS[name], "get"))).get(reverse(name), {"_export": extension})
    assert answer["Content-Disposition"].startswith("attachment")
    assert list(faults(answer)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere/", 404), ("/targets/new/?indicator=%00", 400), ("/imports", 301)]
)
def test_refusals_are_private(path: str, status: int, cast: Cast, as_: SignIn) -> None:
    answer = as_(cast.analyst).get(path)
    assert (answer.status_code, list(faults(answer))) == (status, [])


@pytest.mark.django_db
def test_failures_are_private(cast: Cast, as_: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("base.models.Company.current", lambda: 1 / 0)
    client = as_(cast.analyst)
    client.raise_request_exception = False
    answer = client.get("/")
    assert (answer.status_code, list(faults(answer))) == (500, [])


def test_static_files_are_kept(client: Client) -> None:
    answer = client.get(f"{settings.STATIC_URL}css/base.css")
    assert answer.status_code == 200
    assert re.fullmatch(r"max-age=[1-9][0-9]*, public(, immutable)?", answer["Cache-Control"])
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_each_text_in_an_address_is_known_to_be_harmless_or_secret() -> None:
    patterns = [pattern.pattern for _route, pattern in url_patterns(get_resolver().url_patterns)]
    names = {name for pattern in patterns for name in (*pattern.converters, *pattern.regex.groupindex)}
    assert names - HARMLESS_ARGUMENTS - SECRET_ARGUMENTS == set()


def test_the_guard_fails_on_an_answer_that_says_nothing(rf: Any) -> None:
    assert len(list(faults(HttpResponse()))) == 11
    bare = PrivateAnswersMiddleware(lambda _request: HttpResponse(headers={"Vary": "Accept"}))(rf.get("/"))
    assert "Vary" not in " ".join(faults(bare))
    assert "Cache-Control" not in " ".join(faults(bare))
    named = HttpResponse(headers={"Content-Disposition": 'attachment; filename="a".exe"'})
    assert 'Content-Disposition: attachment; filename="a".exe"' in list(faults(named))
