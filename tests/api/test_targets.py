"""Targets read, set by who may and proposed by others: the rule of the pages."""

from decimal import Decimal
from typing import Any

import pytest

from kpis.models import Indicator, Segment, Target, TargetProposal
from tests.api.conftest import type_of_programs
from tests.api.test_door import problem
from tests.cast import Cast
from tests.kpis.world import World

pytestmark = pytest.mark.django_db
JANUARY = {"indicator": "sessions", "start": "2028-01-01", "end": "2028-01-31", "value": "3100.50"}


@pytest.fixture(autouse=True)
def known(world: World) -> None:
    world.facts("date,sessions,channel", "2028-01-03,120,SEA", "2028-01-04,80,SEA")


@pytest.mark.parametrize("role", ["director", "analyst"])
def test_who_may_set_targets_sets_them(role: str, cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.person(role))
    answer = script.post("/targets", JANUARY)
    assert answer.status_code == 201, answer.content
    target = Target.objects.get()
    assert answer.json() == {"target": target.pk, "state": "set"}
    assert (target.value, target.created_by) == (Decimal("3100.5"), cast.person(role))
    assert sum(day.value for day in target.days.all()) == Decimal("3100.5")
    found = script.client.get(answer["Location"], headers=script.headers()).json()
    assert found == {
        "id": target.pk, "indicator": "sessions", "segment": {}, "start": "2028-01-01", "end": "2028-01-31",
        "value": "3100.5", "low": None, "high": None, "unit": "count", "currency": None, "version": 1, "state": "live",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["manager", "member"])
def test_others_propose_them(role: str, cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.person(role))
    answer = script.post("/targets", {**JANUARY, "reason": " A campaign "})
    assert answer.status_code == 202, answer.content
    proposal = TargetProposal.objects.get()
    assert answer.json() == {
        "proposal": proposal.pk,
        "state": "proposed",
        "page": f"/targets/proposals/{proposal.pk}/",
    }
    assert (proposal.begun_by, proposal.state) == (cast.person(role), "proposed")
    assert not Target.objects.exists()
    assert script.post("/targets", JANUARY).json()["proposal"] == proposal.pk  # it waits already


def test_a_program_that_asks_again_after_it_heard_nothing_changes_nothing(
    cast: Cast, programs: type_of_programs
) -> None:
    script = programs(cast.director)
    first = script.post("/targets", JANUARY)
    again = script.post("/targets", {**JANUARY, "value": "3100.5"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert [(target.version, target.replaced_at) for target in Target.objects.all()] == [(1, None)]
    member = programs(cast.member).post("/targets", JANUARY)  # what is in force is not proposed either
    assert (member.status_code, member.json()) == (200, first.json())
    assert not TargetProposal.objects.exists()


@pytest.mark.parametrize("role", ["hr", "contributor", "top_management", "administrator", "outsider"])
def test_those_who_may_not_propose_change_nothing(role: str, cast: Cast, programs: type_of_programs) -> None:
    problem(programs(cast.person(role)).post("/targets", JANUARY), 403)
    assert not Target.objects.exists()
    assert not TargetProposal.objects.exists()


def test_the_list_holds_those_in_force_unless_asked(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.director)
    for value in ("1", "2"):
        script.post("/targets", {**JANUARY, "value": value})
    script.post("/targets", {**JANUARY, "indicator": "orders"})
    assert {row["value"] for row in script.read("/targets")["targets"]} == {"2", "3100.5"}
    assert [row["value"] for row in script.read("/targets", state="past")["targets"]] == ["1"]
    assert script.read("/targets", state="all", indicator="sessions")["count"] == 2
    (found,) = script.read("/targets", indicator="orders")["targets"]
    assert found["indicator"] == "orders"
    assert script.read("/targets", indicator="none")["targets"] == []


def test_a_target_of_a_segment_and_one_within_bounds(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.director)
    assert script.post("/targets", {**JANUARY, "segment": {"channel": "SEA"}}).status_code == 201
    Indicator.objects.filter(code="sessions").update(direction="range")
    bounds = {**JANUARY, "value": None, "low": "1", "high": "2.5"}
    assert script.post("/targets", bounds).status_code == 201
    kept = Target.objects.get(low=1)
    assert (kept.high, kept.value) == (Decimal("2.5"), None)
    problem(script.post("/targets", {**bounds, "high": "0.5"}), 422)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"indicator": "none"}, 422),
        ({"start": "2028-02-01"}, 422),
        ({"start": "1980-01-01"}, 422),
        ({"segment": {"channel": "nowhere"}}, 422),
        ({"segment": {"none": "x"}}, 422),
        ({"value": None}, 422),
        ({"low": "1", "high": "2"}, 422),
        ({"value": None, "low": "1", "high": "2"}, 422),
        ({"value": "nan"}, 400),
        ({"value": "1e30"}, 400),
        ({"value": "1.1234567"}, 400),
        ({"value": "1 000,50"}, 400),
        ({"start": "tomorrow"}, 400),
        ({"start": None}, 400),
        ({"segment": {"channel": "a\0"}}, 400),
        ({"segment": {"channel": None}}, 400),
        ({"segment": []}, 400),
        ({"vaule": "1"}, 400),
        ({"reason": "x" * 5_000}, 400),
        ({"reason": "a\0b"}, 400),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["director", "member"])
def test_targets_that_cannot_be(
    wrong: dict[str, Any], status: int, role: str, cast: Cast, programs: type_of_programs
) -> None:
    problem(programs(cast.person(role)).post("/targets", {**JANUARY, **wrong}), status)
    assert not Target.objects.exists()
    assert not TargetProposal.objects.exists()
    assert Segment.objects.filter(values={"channel": "nowhere"}).count() == 0


def test_a_closed_indicator_is_none(cast: Cast, programs: type_of_programs) -> None:
    script = programs(cast.director)
    made = script.post("/targets", JANUARY).json()["target"]
    Indicator.objects.filter(code="sessions").update(right="manage_people")
    problem(script.post("/targets", JANUARY), 422)
    problem(script.get(f"/targets/{made}"), 404)
    assert script.read("/targets", state="all")["targets"] == []
