"""Who is let in with a token, to what, how often; and that every refusal is the same JSON."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone
from ninja import NinjaAPI, Router

from accounts import limits
from accounts.access import Right
from accounts.checks import a_scope_carries_what_its_views_ask, urls_without_policy
from accounts.limits import Limit
from accounts.models import ApiToken, Scope, User
from api.door import door, needs, policy_of_operations
from tests.api.conftest import type_of_programs
from tests.cast import Cast, toggle_access

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
READ = "/indicators"


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The document of a refusal, which is of one shape whatever refused."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert {*found} - {"errors"} == {"type", "title", "status", "detail"}
    assert (found["status"], found["type"]) == (status, "about:blank")
    assert found["detail"]
    assert int(answer["Content-Length"]) == len(answer.content)
    return found


def revoked(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    as_(token.owner).post(reverse("token_end", args=[token.pk]))


def expired(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    past = timezone.now() - timedelta(days=60)
    ApiToken.objects.filter(pk=token.pk).update(created_at=past, expires_at=past + timedelta(days=30))


def closed(token: ApiToken, cast: Cast, as_: SignIn) -> None:
    toggle_access(as_(cast.administrator), token.owner)


@pytest.mark.parametrize("end", [revoked, expired, closed])
def test_a_token_that_ended_meanwhile_is_401(
    end: Callable[[ApiToken, Cast, SignIn], None], cast: Cast, as_: SignIn, programs: type_of_programs
) -> None:
    script = programs(cast.member)
    assert script.get(READ).status_code == 200
    end(ApiToken.objects.get(), cast, as_)
    answer = script.get(READ)
    problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_no_cookie_and_no_address_lets_in(cast: Cast, as_: SignIn, programs: type_of_programs) -> None:
    signed_in = as_(cast.director)
    assert problem(signed_in.get("/api/v1/indicators"), 401)["title"] == "Unauthorized"
    secret = programs(cast.director).secret
    problem(Client().get("/api/v1/indicators", {"token": secret, "access_token": secret}), 401)
    problem(Client().get("/api/v1/indicators", headers={"Authorization": f"Basic {secret}"}), 401)


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["figures:read"], "/values", 400),  # let in: what it asks is not whole
        (["facts:write"], "/values", 403),
        (["targets:write"], "/targets", 403),
        (["figures:read"], "/facts/1", 403),
        (["facts:write"], "/facts/1", 404),
    ],
)
def test_a_token_opens_what_its_scopes_name(
    scopes: list[str], path: str, status: int, cast: Cast, programs: type_of_programs
) -> None:
    problem(programs(cast.director, *scopes).get(path), status)


def test_writing_takes_its_own_scope(cast: Cast, programs: type_of_programs) -> None:
    reader, writer = programs(cast.director, "figures:read"), programs(cast.director, "targets:write")
    assert reader.get("/targets").status_code == 200
    problem(reader.post("/targets", {}), 403)
    problem(writer.post("/targets", {}), 400)


def test_a_token_is_no_wider_than_its_owners_role_now(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.analyst)
    problem(script.get("/facts/1"), 404)
    User.objects.filter(pk=cast.analyst.pk).update(role="member")
    problem(script.get("/facts/1"), 403)
    assert script.get(READ).status_code == 200


def test_a_token_is_slowed_down_and_others_are_not(
    cast: Cast, programs: type_of_programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", Limit("requests: token", 3, timedelta(minutes=1)))
    script, other = programs(cast.member), programs(cast.member)
    assert [script.get(READ).status_code for _again in range(4)] == [200, 200, 200, 429]
    answer = script.get(READ)
    problem(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert other.get(READ).status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/indicators", "/api/v1/targets", "/deviations/"])
def test_wrong_tokens_are_counted_and_a_right_one_is_never_stopped_for_them(
    address: str, cast: Cast, programs: type_of_programs
) -> None:
    script, client = programs(cast.director), Client(REMOTE_ADDR="198.51.100.1")

    def status(secret: str) -> Any:
        return client.get(address, headers={"Authorization": f"Bearer {secret}"})

    answers = [status(f"vigie_wrong{n}") for n in range(32)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 1
    assert answers[-1]["Content-Type"].endswith("json")
    assert status(script.secret).status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.9").get(address).status_code in (302, 401)  # none is no wrong one


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/html"}, 406),
        ({"Accept": "application/xml;q=0.9, image/*"}, 406),
        ({"Accept": "text/html, */*;q=0.1"}, 200),
        ({"Accept": "application/problem+json"}, 200),
        ({}, 200),
    ],
)
def test_what_a_program_accepts(
    headers: dict[str, str], status: int, cast: Cast, programs: type_of_programs
) -> None:
    script = programs(cast.member)
    answer = script.client.get("/api/v1/indicators", headers={**script.headers(), **headers})
    assert answer.status_code == status
    if status == 406:
        problem(answer, 406)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"", "", 415),
        (b"[]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"9" * 5_000, "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"NaN", "application/json", 400),
        (b" " * 2_600_000, "application/json", 413),
    ],
)
def test_bodies_nobody_can_read(
    body: bytes, content_type: str, status: int, cast: Cast, programs: type_of_programs
) -> None:
    script = programs(cast.director)
    headers = {**script.headers(), "Idempotency-Key": "k"}
    for address in ("/api/v1/targets", "/api/v1/facts"):
        problem(script.client.post(address, body, content_type=content_type, headers=headers), status)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
def test_other_methods_are_405(method: str, cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.director)
    answer = script.client.generic(method, "/api/v1/targets", headers=script.headers())
    problem(answer, 405)
    assert {*answer["Allow"].split(", ")} == {"GET", "HEAD", "POST"}


def test_head_says_what_get_says(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.member)
    asked = script.client.head("/api/v1/indicators", headers=script.headers())
    assert (asked.status_code, asked["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert asked.content == b""


@pytest.mark.parametrize(
    "address",
    ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/values", "/api/v1/values/", "/api/v1/deviations/x"],
)
def test_addresses_that_are_none(address: str, cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.member)
    problem(script.client.get(address, headers=script.headers()), 404)


def test_a_foreign_host_is_refused_in_json_too(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.member)
    problem(
        script.client.get("/api/v1/indicators", headers={**script.headers(), "Host": "evil.example"}), 400
    )


def test_a_fault_of_ours_and_a_database_away(
    cast: Cast, programs: type_of_programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = programs(cast.member)
    monkeypatch.setattr("api.indicators.catalogue_for", lambda _user: 1 / 0)
    problem(script.get(READ), 500)

    def away(_user: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("api.indicators.catalogue_for", away)
    answer = script.get(READ)
    problem(answer, 503)
    assert answer["Retry-After"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, "There is nothing here, or nothing that the owner of the token may see."),
        ("de", "There is nothing here, or nothing that the owner of the token may see."),
        ("fr-CA, en;q=0.5", "Rien ici, ou rien que la personne à qui est le jeton ait le droit de voir."),
    ],
)
def test_sentences_are_in_english_or_as_asked(
    asked: str | None, said: str, cast: Cast, programs: type_of_programs
) -> None:
    User.objects.update(language="fr")
    script = programs(cast.member)
    headers = {**script.headers(), **({"Accept-Language": asked} if asked else {})}
    assert problem(script.client.get("/api/v1/deviations/1", headers=headers), 404)["detail"] == said
    assert problem(script.client.get("/api/v1/none", headers=headers), 404)["detail"] == said


def test_the_page_of_the_description_is_a_page(cast: Cast, as_: SignIn) -> None:
    assert as_(cast.outsider).get("/api/v1/docs")["Content-Type"].startswith("text/html")


# ---- policies


def operations(*declared: bool) -> Any:
    """An API of its own: one operation at one address for each, with a policy or not."""
    router, api = Router(), NinjaAPI(urls_namespace=f"probe{declared}")
    for number, is_declared in enumerate(declared):

        def operation(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        decorated = needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)(operation) if is_declared else operation
        router.api_operation([("GET", "POST")[number]], "/probe")(decorated)
    api.add_router("", router)
    view: Any = next(p.callback for p in api.urls[0] if str(p.pattern) == "probe")
    return door(view, router.path_operations["/probe"].operations)


@pytest.mark.parametrize(
    ("declared", "found"), [((True, True), []), ((True, False), ["probe"]), ((False,), ["probe"])]
)
def test_the_check_sees_an_operation_without_a_policy(declared: tuple[bool, ...], found: list[str]) -> None:
    assert urls_without_policy([path("probe", operations(*declared))]) == found


def test_a_scope_that_does_not_carry_the_right_to_write_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert a_scope_carries_what_its_views_ask() == []
    monkeypatch.setattr(
        "accounts.checks.SCOPES", {**dict.fromkeys(Scope, frozenset({Right.VIEW_FIGURES, Right.IMPORT_DATA}))}
    )
    assert [error.msg for error in a_scope_carries_what_its_views_ask()] == [
        "The URL /api/v1/targets takes tokens of a scope without the right it asks for."
    ]


def test_no_operation_at_an_address_is_no_policy() -> None:
    assert policy_of_operations([]) is None
