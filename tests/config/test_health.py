from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from intake.models import State
from intake.runs import queue_import
from intake.tasks import run_import

pytestmark = pytest.mark.django_db


def test_health_says_the_process_is_up(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"up": True})


def test_ready_asks_database_and_queue(client: Client) -> None:
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"database": True, "queue": True, "schema": "current"},
    )
    assert "no-store" in answer["Cache-Control"]


def test_ready_names_what_does_not_answer(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        503,
        {"database": True, "queue": False, "schema": "current"},
    )


@pytest.mark.parametrize("state", ["ahead", "behind"])
def test_ready_says_when_the_tables_are_of_another_version(client: Client, state: str) -> None:
    recorder = MigrationRecorder(connection)
    if state == "ahead":
        recorder.record_applied("kpis", "0999_of_a_newer_version")
    else:
        recorder.record_unapplied("kpis", "0001_figures")
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["schema"]) == (503, state)


def test_a_worker_older_than_the_tables_leaves_the_work_to_others(tmp_path: Path) -> None:
    file = tmp_path / "audience.csv"
    file.write_text("date,sessions\n2026-10-01,7\n")
    run = queue_import(file, filename="audience.csv")
    recorder = MigrationRecorder(connection)
    recorder.record_applied("kpis", "0999_of_a_newer_version")
    run_import.apply((run.pk,))
    run.refresh_from_db()
    assert run.state == State.QUEUED
    recorder.record_unapplied("kpis", "0999_of_a_newer_version")
    run_import.apply((run.pk,))
    run.refresh_from_db()
    assert run.state != State.QUEUED


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health").status_code == client.post("/ready").status_code == 405


def test_answers_carry_a_strict_policy(client: Client) -> None:
    answer = client.get("/health")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
