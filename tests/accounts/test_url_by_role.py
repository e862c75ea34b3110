"""Every URL × every kind of visitor × GET and POST, held against the table written by hand."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.access import policy_of, public, requires
from accounts.checks import url_patterns
from accounts.models import Scope, User
from accounts.tokens import token_issue
from tests.accounts.url_table import ROWS, Row
from tests.cast import ROLES, Cast
from tests.kpis.world import taken_back

SignIn = Callable[[User | None], Client]


def named_urls() -> list[str | None]:
    return [pattern.name for _route, pattern in url_patterns(get_resolver().url_patterns)]


def writes() -> dict[str, int]:
    """Rows inserted, updated and deleted so far in this transaction, by table (PostgreSQL's own count)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return {table: count for table, count in cursor.fetchall() if count}


def verdict(response: Any) -> str:
    """What the door answered: ``in``, ``no token`` (401), ``refused`` (403), ``hidden`` (404), ``no method`` (405) or
    ``sign in``.
    """
    if response.status_code in (401, 403, 405):
        return {401: "no token", 403: "refused", 405: "no method"}[response.status_code]
    if response.status_code == 302 and response.url.startswith(f"{reverse('account_login')}?next="):
        return "sign in"
    return "hidden" if response.status_code == 404 else "in"


def expected(row: Row, role: str, method: str) -> set[str]:
    if role in row.hidden_from:
        return {"hidden", "no method"}  # which methods an address has tells nothing of what is there
    if role in (row.read if method == "get" else row.write):
        return {
            "in",
            "hidden",
            "no method",
        }  # an object that is not there is 404 for those who may look for it
    if role == "anonymous":
        return {"no token", "no method"} if row.by_token else {"sign in"}
    return {"refused", "no method"} if row.by_token else {"refused"}


# What is kept of every request of a program, refused ones too: how many, and the day of the last.
OF_TOKENS = {"accounts_trycount": 0, "accounts_apitoken": 0}


def visitor(row: Row, who: User | None, as_: SignIn) -> Client:
    """Signed in, or with a token of every scope where only programs come."""
    if not row.by_token or who is None:
        return as_(who)
    _token, secret = token_issue(owner=who, name="all", scopes=list(Scope), days=30, at=timezone.now())
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_every_url_has_one_row() -> None:
    urls = named_urls()
    assert None not in urls, "every URL needs a name"
    assert sorted(set(map(str, urls)) - set(ROWS)) == [], "add a row to tests/accounts/url_table.py"
    assert sorted(set(ROWS) - set(map(str, urls)) - {"health", "ready"}) == [], (
        "rows of URLs that do not exist"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted({str(name) for name in named_urls()} & set(ROWS)))
def test_url_by_role(name: str, method: str, cast: Cast, as_: SignIn) -> None:
    row = ROWS[name]
    url = reverse(name, kwargs=dict(row.kwargs(cast)))
    clients = {role: visitor(row, cast.person(role), as_) for role in ROLES}
    sent_as = {"content_type": "application/json"} if row.by_token and method == "post" else {}
    # Refused first: a visitor who is let in may remove what the others look for.
    for role in sorted(ROLES, key=lambda role: "in" in expected(row, role, method)):
        before, sent = writes(), len(mail.outbox)
        response = getattr(clients[role], method)(url, row.data if method == "post" else None, **sent_as)
        answer = verdict(response)
        assert answer in expected(row, role, method), f"{role} {method.upper()} {url}: {response.status_code}"
        assert response.status_code < 500
        if answer != "in":
            kept = OF_TOKENS if row.by_token else {}
            assert {**writes(), **kept} == {**before, **kept}, f"{role} changed something at {url}"
            assert len(mail.outbox) == sent


@pytest.mark.django_db
def test_writes_are_seen(cast: Cast) -> None:
    """The guard above can fail: an update, an insert and a delete all change what it counts."""
    before = writes()
    cast.member.save()
    after_update = writes()
    cast.outsider.delete()
    assert before != after_update != writes()


def test_verdict_tells_the_door_apart(rf: Any) -> None:
    @requires("view_figures")  # type: ignore[arg-type]  # any right will do
    def closed(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @public
    def open_(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert policy_of(closed) is not None
    assert policy_of(open_) is not None
    assert verdict(HttpResponse(status=403)) == "refused"
    assert verdict(HttpResponse(status=404)) == "hidden"
    assert verdict(HttpResponse(status=405)) == "no method"
    assert verdict(HttpResponse()) == "in"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["administrator", "director", "manager", "hr"])
def test_head_does_no_more_than_get(role: str, cast: Cast, as_: SignIn) -> None:
    """It needs no token of a form: a view that takes all but GET for a write would let any page change something."""
    client = as_(cast.person(role))
    for name, row in ROWS.items():
        with taken_back():
            url = reverse(name, kwargs=dict(row.kwargs(cast)))
            before = writes()
            asked = client.get(url)
            between = writes()
            told = client.head(url)
            read = {table for table, count in between.items() if count != before.get(table, 0)}
            more = {table for table, count in writes().items() if count != between.get(table, 0)}
            assert more <= read, f"HEAD {url} wrote {sorted(more - read)}"
            assert asked.status_code in (told.status_code, 405), url


METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "administrator", "director"])
def test_no_url_answers_a_method_that_no_view_declares(role: str, cast: Cast, as_: SignIn) -> None:
    client, answered = as_(cast.person(role)), []
    for name, row in ROWS.items():
        with taken_back():
            url = reverse(name, kwargs=dict(row.kwargs(cast)))
            before = writes()
            said = {method: client.generic(method, url, b"x=1", FORM).status_code for method in METHODS}
            refused = {HIDDEN.get(name, 405), 302 if role not in row.read else 405}  # 302: to sign in
            answered += [(url, method, code) for method, code in said.items() if code not in refused]
            assert {**writes(), "django_session": 0} == {**before, "django_session": 0}, url
    assert answered == []


FORM = "application/x-www-form-urlencoded"
HIDDEN = {"metrics": 404}  # does not exist but for who brings its token


def declared(view: Any) -> list[tuple[str, ...]]:
    """The lists of methods down the decorators of a view: the first is that of the door."""
    found = []
    while view is not None:
        names = inspect.getclosurevars(view).nonlocals if inspect.isfunction(view) else {}
        if "request_method_list" in names:
            found.append(tuple(names["request_method_list"]))
        view = getattr(view, "__wrapped__", None)
    return found


def test_every_view_of_ours_says_which_methods_it_takes() -> None:
    """So that a page that only shows answers no POST; allauth's classes say so by their own methods."""
    patterns = [pattern for _route, pattern in url_patterns(get_resolver().url_patterns)]
    ours = [pattern for pattern in patterns if not pattern.callback.__module__.startswith("allauth.")]
    doors = {name for name, row in ROWS.items() if row.by_token}
    at_least = {"metrics": 1, **dict.fromkeys(doors, 1)}  # no door of a person before it; one for all methods
    assert [p.name for p in ours if len(declared(p.callback)) < at_least.get(str(p.name), 2)] == []
    assert len(ours) > 60


@pytest.mark.django_db
def test_a_page_that_only_shows_refuses_a_post(cast: Cast, as_: SignIn) -> None:
    url = reverse("person_detail", args=[cast.member.pk])
    assert as_(cast.administrator).post(url).status_code == 405
