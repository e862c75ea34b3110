"""What a hostile or broken program sends, on every parameter and in every part of every body: refused in one shape."""

import os
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.openapi import document
from tests.api.conftest import Program, type_of_programs
from tests.cast import Cast
from tests.guards.hostile import VALUES
from tests.kpis.world import World, taken_back

pytestmark = pytest.mark.django_db
MOST_QUERIES = 60
EVERY = 1 if "API_EXAMPLES" in os.environ else 5  # of the values, each address meets others; all in a drill
FIRST = {"indicator": "sessions", "grain": "day"}  # without which nothing else is looked at
BODIES: dict[str, dict[str, Any]] = {
    "/targets": {"indicator": "sessions", "start": "2028-01-01", "end": "2028-01-31", "value": "1"},
    "/facts": {"source": "web", "rows": [{"date": "2028-01-03", "measure": "sessions", "value": "1"}]},
}
OTHERS: tuple[Any, ...] = (None, True, 0.5, -1, 2**63, [], [[]], {}, {"a": {"b": []}})


@pytest.fixture
def script(world: World, cast: Cast, programs: type_of_programs) -> Program:
    world.facts("date,sessions,channel", "2028-01-03,120,SEA")
    return programs(cast.director)


def fault(answer: Any, queries: int) -> str:
    """What is wrong with an answer, in words; empty where it is sound."""
    kind = "application/json" if answer.status_code < 400 else "application/problem+json"
    if answer.status_code >= 500 or not answer["Content-Type"].startswith(kind) or queries > MOST_QUERIES:
        return f"{answer.status_code} {answer['Content-Type']} {queries}"
    return ""


def some(path: str, values: Sequence[Any]) -> Sequence[Any]:
    return values[len(path) % EVERY :: EVERY]


def reading() -> list[tuple[str, list[str]]]:
    return [
        (
            path,
            [parameter["name"] for parameter in methods["get"]["parameters"] if parameter["in"] == "query"],
        )
        for path, methods in document()["paths"].items()
        if "get" in methods
    ]


@pytest.mark.parametrize(("path", "names"), [(path, names) for path, names in reading() if names])
def test_every_parameter(path: str, names: list[str], script: Program) -> None:
    faults = []
    for place, value in enumerate(some(path, VALUES)):
        name = names[place % len(names)]  # in its turn each value comes to another parameter
        for one in {name, names[(place + 3) % len(names)]}:
            given = {key: value for key, value in FIRST.items() if key in names} | {one: value}
            with CaptureQueriesContext(connection) as queries:
                answer = script.client.get(path, given, headers=script.headers())
            faults += [f"{one}={value[:60]!r}: {found}" for found in [fault(answer, len(queries))] if found]
    assert faults == []


@pytest.mark.parametrize("path", [path for path, methods in document()["paths"].items() if "{" in path])
def test_every_part_of_an_address(path: str, script: Program) -> None:
    start, _brace, rest = path.partition("{")
    faults = []
    for value in (
        "0",
        "-1",
        "9223372036854775808",
        "9" * 400,
        "%00",
        "%ff",
        "..",
        "a b",
        "é",
        "x" * 3_000,
        "1.5",
    ):
        url = start + value + rest.partition("}")[2]
        for method in ("GET", "POST"):
            answer = script.client.generic(
                method, url, headers=script.headers(), content_type="application/json"
            )
            faults += [f"{method} {url[:60]}: {found}" for found in [fault(answer, 0)] if found]
    assert faults == []


@pytest.mark.parametrize("path", BODIES)
def test_every_part_of_a_body(path: str, script: Program) -> None:
    faults = []
    names = [*BODIES[path], "low", "high", "segment", "reason", "covers", "more"]
    inner = ["date", "measure", "value", "segment", "more"] if "rows" in BODIES[path] else []
    for place, value in enumerate([*some(path, VALUES), *OTHERS]):
        bodies = [BODIES[path] | {names[(place + shift) % len(names)]: value} for shift in (0, 4)]
        if inner:
            row = BODIES[path]["rows"][0] | {inner[place % len(inner)]: value}
            bodies.append(BODIES[path] | {"rows": [row]})
        for body in bodies:
            with taken_back(), CaptureQueriesContext(connection) as queries:
                answer = script.post(path, body, Idempotency_Key=f"k{place}")
            faults += [f"{body!r:.200}: {found}" for found in [fault(answer, len(queries))] if found]
    assert faults == []
