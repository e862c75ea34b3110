"""Every URL asked by hostile and broken clients: a malformed question is refused or corrected, and never a failure.

Each URL of the table is replayed by somebody it lets in, with each parameter it knows (as its page names them) and some
nobody knows. Each request is taken back, so they do not hinder each other. The suite tries all parameters together,
each with another hostile value, and each parameter alone with one of the worst; ``./run drill hostile`` each value on
each parameter alone too, for half an hour.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.accounts.url_table import ROWS, who_may
from tests.cast import Cast
from tests.guards.hostile import BODIES, EVERYWHERE, FORM, HEADERS, QUERIES, VALUES, WORST

SignIn = Callable[[User | None], Client]

MOST_NAMES = 20  # of one page; that of the components names all there are
MOST_QUERIES = 100  # of one answer, whatever is asked; a change of who answers for whom asks most
ALL = os.environ.get("HOSTILE") == "all"
SPARING = (
    1 if ALL else 9
)  # every how many of the values, queries and bodies one URL meets; the next URL meets others
_NAMED = re.compile(r'\bname="([^"]+)"|[?&;]([\w-]+)=')
METHODS = ("HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "FOO", "get")


class Visit:
    """One URL and somebody who may open it; ``faults`` are the requests that went wrong, in words."""

    def __init__(self, name: str, method: str, cast: Cast, as_: SignIn) -> None:
        row = ROWS[name]
        self.client = as_(cast.person(who_may(row, method)))
        self.client.raise_request_exception = False
        self.cookies = self.client.cookies.copy()
        self.url = reverse(name, kwargs=dict(row.kwargs(cast)))
        self.data = dict(row.data)
        self.faults: list[str] = []

    def ask(self, method: str, said: str, url: str = "", **request: Any) -> None:
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            answer: Any = self.client.generic(method, url or self.url, **request)
            content = b"".join(answer) if answer.streaming else answer.content
            transaction.set_rollback(True)
        self.client.cookies = SimpleCookie(self.cookies)  # as before: what signed out is taken back
        if answer.status_code >= 500:
            raised = answer.exc_info[1] if answer.exc_info else ""
            self.faults.append(f"{answer.status_code} {method} {self.url} {said[:160]!r}: {raised!r:.300}")
        if len(asked) > MOST_QUERIES:
            self.faults.append(f"{len(asked)} queries: {method} {self.url} {said[:160]!r}")
        if len(content) > 2_000_000:
            self.faults.append(f"{len(content)} bytes: {method} {self.url} {said[:160]!r}")

    def get(self, query: str) -> None:
        self.ask("GET", query, QUERY_STRING=query)

    def post(self, data: Mapping[str, Any]) -> None:
        body = urlencode(data, doseq=True)
        self.ask("POST", body, data=body, content_type=FORM)

    def names(self) -> list[str]:
        """The parameters the page names, in its forms and links, beside those of ``EVERYWHERE``."""
        with transaction.atomic():
            answer: Any = self.client.get(self.url)
            page = "" if answer.streaming else answer.content.decode(errors="replace")
            transaction.set_rollback(True)
        found = {unescape(a or b) for a, b in _NAMED.findall(page)} - {
            "viewport",
            "color-scheme",
            "htmx-config",
        }
        return sorted(found - set(EVERYWHERE))[: None if ALL else MOST_NAMES]


def some(things: Sequence[Any], name: str, more: int = 1) -> Sequence[Any]:
    """All of them, or those whose turn it is at this URL."""
    every = max(1, SPARING // more)
    return things[sorted(ROWS).index(name) % every :: every]


def together(names: list[str], name: str) -> Iterator[dict[str, str]]:
    """All parameters filled, each with another value; in its turn each value comes to each."""
    for turn in some(range(len(VALUES)), name):
        yield {one: VALUES[(turn + 7 * n) % len(VALUES)] for n, one in enumerate(names)}


def alone(names: list[str], name: str) -> Iterator[tuple[str, str]]:
    """One parameter at a time: each value in a drill, else one of the worst, another for the next parameter and URL."""
    turn = sorted(ROWS).index(name)
    for place, one in enumerate(names):
        yield from ((one, value) for value in (VALUES if ALL else [WORST[(turn + 5 * place) % len(WORST)]]))


@pytest.fixture(params=sorted(ROWS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.django_db
def test_questions(name: str, cast: Cast, as_: SignIn) -> None:
    visit = Visit(name, "get", cast, as_)
    own = visit.names()
    for query in some(QUERIES, name, 2):
        visit.get(query)
    if visit.client.get(visit.url).status_code != 405:
        for given in together([*own, *EVERYWHERE], name):
            visit.get(urlencode(given))
        for one, value in alone(own, name):
            visit.get(urlencode({one: value}))
    assert visit.faults == []


@pytest.mark.django_db
def test_forms(name: str, cast: Cast, as_: SignIn) -> None:
    visit = Visit(name, "post", cast, as_)
    own = sorted({*visit.names(), *visit.data})
    for given in together([*own, "next"], name):
        visit.post(given)
    for one, value in alone(own, name):
        visit.post({**visit.data, one: [value, "1"]})
        visit.post({**visit.data, one: value})
    assert visit.faults == []


@pytest.mark.django_db
def test_bodies_headers_and_methods(name: str, cast: Cast, as_: SignIn) -> None:
    visit = Visit(name, "post", cast, as_)
    for body in BODIES if name == "import_add" else some(BODIES, name, 2):
        visit.ask("POST", repr(body)[:300], data=body.content, content_type=body.content_type)
    for headers in some(HEADERS, name, 2):
        given = dict(headers)
        visit.ask("GET", str(given), headers=given)
        visit.ask("POST", str(given), headers=given, data="", content_type=FORM)
    for method in METHODS:
        visit.ask(method, "")
    assert visit.faults == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in sorted(ROWS) if name.endswith("_list")])
def test_lists(name: str, cast: Cast, as_: SignIn) -> None:
    """Each list, as it was found to fail: ``?per_page=-1``."""
    visit = Visit(name, "get", cast, as_)
    for parameter in ("page", "per_page", "sort", "_export"):
        for value in WORST:
            visit.get(urlencode({parameter: value}))
    assert visit.faults == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/people/99999999999999999999/",
            f"/people/{'9' * 5000}/",
            "/people/-1/",
            "/people/0/",
            "/people/%D9%A3/",
        ),
        *(
            "/imports/99999999999999999999/",
            "/deviations/9223372036854775808/",
            "/nights/9223372036854775807/",
        ),
        *(
            "/indicators/%00/",
            "/indicators/" + "x" * 5000 + "/",
            "/indicators/..%2f..%2f/",
            "/imports/example/%00/",
        ),
        *("/invitation/%00/", "/invitation/" + "x" * 5000 + "/", "/invitation/:::/", "/invitation/%ff%fe/"),
        *(
            "/password/reset/zzzzzzzzzzzzzzzzzzzzz-x/",
            "/password/reset/1-%00/",
            "/password/reset/0-set-password/",
        ),
        *(
            "/%ff/",
            "/%00",
            "//evil.example/",
            "/" + "a/" * 2000,
            "/%2e%2e/",
            "/static/../../x",
            "/static/%00",
            "/static/%ff",
        ),
        *("/;/", "/\u202e/", "/targets/\\..\\/", "/notifications/99999999999999999999/"),
    ],
)
def test_paths(path: str, cast: Cast, as_: SignIn) -> None:
    client = as_(cast.administrator)
    client.raise_request_exception = False
    for visitor in (client, Client(raise_request_exception=False)):
        for method in ("GET", "POST"):
            with transaction.atomic():
                status = visitor.generic(method, path).status_code
                transaction.set_rollback(True)
            assert status < 500


def test_the_guard_sees_a_failure(cast: Cast, as_: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = Visit("people_list", "get", cast, as_)
    visit.get("q=x")
    assert visit.faults == []
    monkeypatch.setattr("accounts.tables.PeopleFilter.search", lambda *_: 1 / 0)
    visit.get("q=x")
    assert len(visit.faults) == 1
    assert "ZeroDivisionError" in visit.faults[0]
