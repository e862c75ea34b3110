"""The description of the API holds: requests made from it, sound and broken ones, are answered as it says.

A few for each operation here, the same at each run; ``./run drill api`` makes many, others each time.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, settings
from schemathesis.core.failures import FailureGroup

from accounts import limits
from accounts.access import policy_of
from accounts.checks import url_patterns
from accounts.limits import Limit
from api.openapi import document
from api.reference import GROUPS, groups
from kpis.models import Indicator
from tests.accounts.url_table import ROWS
from tests.api.conftest import Program, type_of_programs
from tests.api.test_door import problem
from tests.cast import Cast
from tests.kpis.world import World, ask, taken_back

EXAMPLES = int(os.environ.get("API_EXAMPLES", "12"))  # for each operation
IS_DRILL = "API_EXAMPLES" in os.environ

JANUARY = ("--start", "2028-01-01", "--end", "2028-01-31")
BETWEEN_REQUESTS = (
    request_started,
    request_finished,
)  # what a server does there would end the test's transaction

described = schemathesis.openapi.from_dict(document())
# What names something that does not exist, or does not go together, is well formed all the same.
described.config.checks.positive_data_acceptance.expected_statuses += ["422"]
described.app = get_wsgi_application()


@pytest.fixture
def script(
    world: World, cast: Cast, programs: type_of_programs, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """Of somebody who may do everything, in a company with figures, and with room for many requests."""
    monkeypatch.setattr(limits, "REQUESTS", Limit("requests: token", 1_000_000, timedelta(days=1)))
    world.facts("date,sessions,channel", "2028-01-03,120,SEA", "2028-01-04,80,SEO")
    ask("set_target", "--indicator", "sessions", *JANUARY, "--value", "9")
    ask("recompute", "--as-of", "2028-01-04")
    for signal in BETWEEN_REQUESTS:
        signal.disconnect(close_old_connections)
    yield programs(cast.director)
    for signal in BETWEEN_REQUESTS:
        signal.connect(close_old_connections)


@described.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_DRILL,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.django_db
def test_every_operation_answers_as_described(case: Any, script: Program) -> None:
    with taken_back():
        case.call_and_validate(headers=script.headers())


# ---- the description itself


def test_every_operation_is_described_for_people_and_for_programs() -> None:
    told = {(one.method, one.address) for group in groups() for one in group.operations}
    written = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    assert told == written
    assert {name for name, row in ROWS.items() if row.by_token} == {
        str(pattern.name)
        for route, pattern in url_patterns(get_resolver().url_patterns)
        if route.startswith("api/v1/") and str(pattern.name) not in ("api_docs", "api_description")
    }
    assert {group.id for group in groups() if group.operations} == {*GROUPS}


def test_every_operation_names_the_scope_of_its_policy() -> None:
    views = {
        "/" + route.replace("<int:", "{").replace("<slug:", "{").replace(">", "}"): policy_of(
            pattern.callback
        )
        for route, pattern in url_patterns(get_resolver().url_patterns)
    }
    for path, methods in document()["paths"].items():
        for method, said in methods.items():
            policy = views[path]
            assert policy is not None
            assert said["security"] == [{"token": [policy.scope_for(method.upper())]}], (method, path)


@pytest.mark.django_db
def test_programs_read_the_description_with_a_token(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.member, "figures:read")
    found = script.read("/openapi.json")
    assert (found["openapi"], found["info"]["title"]) == ("3.1.0", "Vigie")
    assert problem(programs(cast.outsider).get("/openapi.json"), 403)


@pytest.mark.django_db
def test_people_read_it_on_a_page(cast: Cast, as_: Any) -> None:
    client: Client = as_(cast.member)
    page = client.get("/api/v1/docs").content.decode()
    for group in groups():
        for one in group.operations:
            assert f'id="{one.id}"' in page
            assert one.summary in page
    assert "/api/v1/docs" in client.get("/preferences/tokens/").content.decode()


@pytest.mark.django_db
def test_the_guard_can_fail(script: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is not as described is found."""
    monkeypatch.setattr("api.indicators._About.document", lambda _self, _found: 1 / 0)
    operation = described["/api/v1/indicators/{code}"]["GET"]
    case = operation.Case(path_parameters={"code": Indicator.objects.all()[0].code})
    with pytest.raises(FailureGroup):
        case.call_and_validate(headers=script.headers())
