import pytest
from django.conf import LazySettings
from django.test import Client

pytestmark = pytest.mark.django_db


def test_health_says_the_process_is_up(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"up": True})


def test_ready_asks_database_and_queue(client: Client) -> None:
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "queue": True})
    assert "no-store" in answer["Cache-Control"]


def test_ready_names_what_does_not_answer(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": True, "queue": False})


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health").status_code == client.post("/ready").status_code == 405


def test_answers_carry_a_strict_policy(client: Client) -> None:
    answer = client.get("/health")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
