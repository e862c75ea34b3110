"""Figures sent by a program: an import like any other, stored once whatever is sent twice."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from api.batches import Batch, KeyTaken, Row, push
from api.models import FactBatch
from intake import tasks
from intake.models import ImportRun
from intake.work import perform
from kpis.models import FactRow, Measure
from tests.api.conftest import Program, type_of_programs
from tests.api.test_door import problem
from tests.cast import Cast, person
from tests.kpis.world import World, furnish

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
DAY = "2028-01-03"


def batch(*rows: tuple[str, str, str], source: str = "web", **more: Any) -> dict[str, Any]:
    """Rows of (channel, measure, value) on one day; an empty channel is the whole."""
    found = [
        {"date": DAY, "measure": measure, "value": value, "segment": {"channel": channel} if channel else {}}
        for channel, measure, value in rows
    ]
    return {"source": source, "rows": found, **more}


SEA = batch(("SEA", "sessions", "120"), ("SEO", "sessions", "80.5"))


@pytest.fixture
def script(world: World, cast: Cast, programs: type_of_programs) -> Program:
    return programs(cast.analyst)


def sent(script: Program, document: Any, key: str = "k1") -> dict[str, Any]:
    answer = script.post("/facts", document, Idempotency_Key=key)
    assert answer.status_code == 202, answer.content
    found: dict[str, Any] = answer.json()
    assert answer["Location"] == f"/api/v1/facts/{found['run']}"
    return found


def stored(script: Program, document: Any, key: str = "k1") -> dict[str, Any]:
    """The state once a worker has done it."""
    run = sent(script, document, key)["run"]
    perform(run)
    found: dict[str, Any] = script.read(f"/facts/{run}")
    return found


def test_figures_sent_are_those_of_a_file(script: Program, world: World) -> None:
    waiting = sent(script, SEA)
    assert (waiting["state"], waiting["kind"], waiting["source"]) == ("queued", "facts", "web")
    found = stored(script, SEA)
    assert found["run"] == waiting["run"]
    assert (found["state"], found["rows"]) == ("done", {"read": 2, "accepted": 2, "rejected": 0})
    assert (found["totals"], found["period"]) == ({"sessions": "200.5"}, {"start": DAY, "end": DAY})
    assert world.by("sessions", DAY, DAY, "channel") == {("SEA",): 120, ("SEO",): 80.5}
    run = ImportRun.objects.get(pk=found["run"])
    assert (run.filename, found["page"]) == ("web-api.csv", reverse("import_detail", args=[run.pk]))
    assert len(run.log) > 2


def test_a_full_batch_replaces_what_lies_between_its_days(script: Program, world: World) -> None:
    stored(script, SEA)
    stored(script, batch(("SEA", "sessions", "7")), "k2")  # changes: the other row stays
    assert world.by("sessions", DAY, DAY, "channel") == {("SEA",): 7, ("SEO",): 80.5}
    stored(script, batch(("SEA", "sessions", "9"), covers="full"), "k3")
    assert world.by("sessions", DAY, DAY, "channel") == {("SEA",): 9, ("SEO",): 0}


def test_a_batch_is_taken_back(script: Program, world: World, cast: Cast, as_: SignIn) -> None:
    stored(script, SEA)
    later = stored(script, batch(("SEA", "sessions", "7")), "k2")["run"]
    answer = script.post(f"/facts/{later}/undo")
    assert answer.status_code == 200, answer.content
    assert answer.json()["run"] == later
    assert world.by("sessions", DAY, DAY, "channel") == {("SEA",): 120, ("SEO",): 80.5}
    assert script.read(f"/facts/{later}")["state"] == "undone"
    problem(script.post(f"/facts/{later}/undo"), 409)
    assert as_(cast.analyst).get(reverse("import_detail", args=[later])).status_code == 200


def test_the_same_key_is_the_same_import(script: Program) -> None:
    first = stored(script, SEA)
    again = sent(script, SEA)
    assert again == first
    assert (ImportRun.objects.count(), FactRow.objects.count()) == (1, 2)
    answer = script.post("/facts", batch(("SEA", "sessions", "121")), Idempotency_Key="k1")
    assert "sent before" in problem(answer, 422)["detail"]
    for other in ({**SEA, "source": "shop"}, {**SEA, "covers": "full"}):
        problem(script.post("/facts", other, Idempotency_Key="k1"), 422)
    assert ImportRun.objects.count() == 1


def test_the_same_figures_written_otherwise_are_the_same(script: Program) -> None:
    first = sent(script, SEA)
    rows = [{**row, "value": {"120": 120, "80.5": "80.50"}[row["value"]]} for row in SEA["rows"]]
    assert sent(script, {"rows": rows, "source": "web", "covers": "changes"})["run"] == first["run"]


def test_keys_belong_to_people(script: Program, cast: Cast, programs: type_of_programs) -> None:
    first = sent(script, SEA)["run"]
    assert sent(programs(cast.analyst), SEA)["run"] == first  # another token of the same person
    assert sent(programs(cast.director), SEA)["run"] != first


def test_a_refused_batch_says_why(script: Program) -> None:
    found = stored(script, batch(("SEA", "nothing", "1")))
    assert (found["state"], found["rows"]["rejected"]) == ("refused", 1)
    assert found["rejects"] == [{"line": 2, "reason": "unknown measure “nothing”"}]


def test_a_measure_closed_to_the_sender_is_none(script: Program) -> None:
    Measure.objects.filter(code="stock").update(right="manage_people")
    found = stored(script, batch(("SEA", "sessions", "1"), ("SEA", "stock", "5")))
    assert found["rejects"] == [{"line": 3, "reason": "unknown measure “stock”"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": []},
        {"rows": None},
        {"sources": "web"},
        {"source": ""},
        {"source": "a b"},
        {"source": "x" * 51},
        {"source": "a\0"},
        {"covers": "all"},
        {"rows": [{"date": "2026-02-30", "measure": "sessions", "value": "1"}]},
        {"rows": [{"date": "03/01/2028", "measure": "sessions", "value": "1"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "NaN"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "Infinity"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1e400"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1,5"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": None}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": 0.1}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": True}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": 10**12}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1", "channel": "SEA"}]},
        {"rows": [{"date": DAY, "measure": "", "value": "1"}]},
        {"rows": [{"date": DAY, "measure": "a\0", "value": "1"}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1", "segment": {"channel": "a\nb"}}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1", "segment": {"channel": ""}}]},
        {"rows": [{"date": DAY, "measure": "sessions", "value": "1"}] * 10_001},
    ],
)
def test_batches_nobody_can_read(wrong: dict[str, Any], script: Program) -> None:
    found = problem(script.post("/facts", {**SEA, **wrong}, Idempotency_Key="k"), 400)
    assert found["errors"]
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "segments", [[{"channel": "SEA"}, {}], [{"none": "1"}, {"none": "2"}], [{"date": "x"}, {"date": "x"}]]
)
def test_rows_that_do_not_stand_side_by_side(segments: list[dict[str, str]], script: Program) -> None:
    rows = [{"date": DAY, "measure": "sessions", "value": "1", "segment": segment} for segment in segments]
    problem(script.post("/facts", {"source": "web", "rows": rows}, Idempotency_Key="k"), 422)


@pytest.mark.parametrize("key", [None, "", "x" * 201, "a\x01"])
def test_a_batch_needs_a_key(key: str | None, script: Program) -> None:
    named = {} if key is None else {"Idempotency_Key": key}
    problem(script.post("/facts", SEA, **named), 400)


@pytest.mark.parametrize("value", ["=1+1", '"; DROP', "  SEA  ", "a;b,c", "été ’ 😀", "-", "n/a", "null"])
def test_a_segment_is_kept_as_it_was_sent(value: str, script: Program, world: World) -> None:
    stored(script, batch((value, "sessions", "3")))
    assert world.by("sessions", DAY, DAY, "channel") == {(value.strip(),): 3}


def test_an_unknown_segment_stays_unknown(script: Program, world: World) -> None:
    rows = [{"date": DAY, "measure": "sessions", "value": "3", "segment": {"channel": None}}]
    stored(script, {"source": "web", "rows": rows})
    assert world.by("sessions", DAY, DAY, "channel") == {(None,): 3}


def test_only_figures_sent_are_found_here(
    script: Program, world: World, cast: Cast, programs: type_of_programs
) -> None:
    filed = world.facts("date,sessions", f"{DAY},1")
    problem(script.get(f"/facts/{filed.pk}"), 404)
    problem(script.post(f"/facts/{filed.pk}/undo"), 404)
    run = sent(script, SEA)["run"]
    assert programs(cast.director).get(f"/facts/{run}").status_code == 200  # as its page is open to them
    problem(programs(cast.member).get(f"/facts/{run}"), 403)


# ---- several at once, and workers that die


@pytest.fixture
def sender(transactional_db: None, tmp_path: Path) -> User:
    furnish(tmp_path)
    return person("Ines Leroy", Role.ANALYST)


def _batch(value: int = 1) -> Batch:
    return Batch("web", "changes", (), [Row(date(2028, 1, 3), "sessions", Decimal(value), {})])


@pytest.mark.django_db(transaction=True)
def test_posts_at_the_same_moment_are_one_import(sender: User) -> None:
    key = str(uuid.uuid4())

    def send(_number: int) -> int:
        try:
            return push(_batch(), key=key, by=sender).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(send, range(12)))
    assert len({*runs}) == 1
    assert [run.pk for run in ImportRun.objects.all()] == [runs[0]]
    assert FactBatch.objects.get().run_id == runs[0]


@pytest.mark.django_db(transaction=True)
def test_other_figures_at_the_same_moment_are_refused(sender: User) -> None:
    def send(value: int) -> int | None:
        try:
            return push(_batch(value), key="k", by=sender).pk
        except KeyTaken:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        runs = [run for run in pool.map(send, range(1, 9)) if run is not None]
    assert len(runs) == 1
    assert ImportRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_whose_worker_died_is_done_after_the_sweep(
    sender: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The queue lost the message, or its worker died with it.
    monkeypatch.setattr("intake.runs.wake", lambda *_about: None)
    run = push(_batch(), key="k", by=sender)
    ImportRun.objects.filter(pk=run.pk).update(state="reading", attempts=1)
    monkeypatch.setattr(tasks.run_import, "delay", tasks.run_import)
    tasks.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempts, FactRow.objects.count()) == ("done", 2, 1)
    assert push(_batch(), key="k", by=sender).pk == run.pk
