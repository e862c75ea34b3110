"""What a monitoring system is told, and that nobody else is."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from intake.models import ImportRun
from kpis import tasks
from kpis.models import NightlyRun, NightlyStep, Publication
from kpis.nightly import run_night
from runtime.environment import long_secret
from tests.accounts.test_url_by_role import SignIn
from tests.cast import Cast
from tests.kpis.shop import LAST, open_shop

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests-7"


@pytest.fixture(autouse=True)
def token(settings: LazySettings, tmp_path: Path) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.VIGIE_HOME = tmp_path


def scrape(client: Client) -> dict[str, float]:
    """Every sample by its name and, in braces, its label."""
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        assert family.documentation
        for sample in family.samples:
            (label,) = sample.labels.values() or [""]
            found[sample.name.removeprefix("vigie_") + (f"{{{label}}}" if label else "")] = sample.value
    return found


@pytest.mark.parametrize("given", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", "Bearer é"])
def test_without_its_token_the_address_does_not_exist(client: Client, given: str) -> None:
    assert client.get("/metrics", headers={"authorization": given}).status_code == 404
    assert client.post("/metrics", headers={"authorization": given}).status_code == 404


def test_no_role_opens_it(cast: Cast, as_: SignIn) -> None:
    assert as_(cast.administrator).get("/metrics").status_code == 404


def test_without_the_setting_no_token_opens_it(client: Client, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = ""
    for given in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"authorization": given}).status_code == 404


def test_a_token_one_could_guess_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "secret")
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN must have 16 characters or more"):
        long_secret("METRICS_TOKEN")
    monkeypatch.delenv("METRICS_TOKEN")
    assert long_secret("METRICS_TOKEN") == ""


def test_a_new_instance_says_what_there_is(client: Client) -> None:
    found = scrape(client)
    assert (found["answers{database}"], found["answers{queue}"]) == (1, 1)
    assert sorted(found[f"schema{{{state}}}"] for state in ("current", "ahead", "behind")) == [0, 0, 1]
    assert found["imports{failed}"] == found["nights{running}"] == found["import_longest_wait_seconds"] == 0
    assert 0 < found["disk_free_bytes"] < found["disk_bytes"]
    assert found["database_bytes"] > 1_000_000
    assert not {"night_published_timestamp_seconds", "backup_timestamp_seconds"} & set(found)


def test_a_night_is_told_with_its_age_and_what_failed(client: Client, tmp_path: Path) -> None:
    open_shop(tmp_path)
    run = run_night(as_of=LAST)
    NightlyStep.objects.filter(run=run, name="gaps:orders").update(state="failed")
    NightlyRun.objects.create(as_of=date(2026, 9, 30), state="failed")
    found = scrape(client)
    assert (found["nights{done}"], found["nights{failed}"], found["night_failed_steps"]) == (1, 1, 1)
    assert found["night_published_timestamp_seconds"] == pytest.approx(timezone.now().timestamp(), abs=60)
    assert found["night_as_of_timestamp_seconds"] == pytest.approx(1793404800)  # 31 October 2026 at 0:00 UTC
    assert 0 < found["night_seconds"] < 60


def test_a_night_that_did_not_come_is_told(client: Client, tmp_path: Path) -> None:
    world = open_shop(tmp_path)
    days = [timezone.localdate() - timedelta(days=n) for n in range(1, 9)]
    world.orders(*[f"N{day},{day} 10:00,chair,1,7,zoe,SEO,mobile" for day in days])
    run_night(as_of=days[4])
    assert scrape(client)["night_overdue"] == 1
    Publication.objects.all().delete()
    run_night(as_of=days[0])
    assert scrape(client)["night_overdue"] == 0


def an_import(**more: Any) -> ImportRun:
    return ImportRun.objects.create(filename="f.csv", path="imports/f", sha256="0" * 64, size=1, **more)


def test_imports_are_told_by_state_and_the_oldest_by_its_age(client: Client) -> None:
    an_import(state="failed", finished_at=timezone.now())
    waiting = an_import()
    ImportRun.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=10))
    an_import(state="reading")
    found = scrape(client)
    assert (found["imports{failed}"], found["imports{queued}"], found["imports{reading}"]) == (1, 1, 1)
    assert found["import_longest_wait_seconds"] == pytest.approx(600, abs=30)


@pytest.fixture
def messages() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    yield client
    client.delete("vigie:done")


def test_what_waits_in_the_queue_and_the_last_sweep_are_told(client: Client, messages: redis.Redis) -> None:
    before = scrape(client)["queue_messages"]
    messages.lpush("celery", "a message nobody takes")
    assert scrape(client)["queue_messages"] == before + 1
    messages.lpop("celery")
    tasks.sweep()
    at = scrape(client)["task_done_timestamp_seconds{kpis.tasks.sweep}"]
    assert at == pytest.approx(timezone.now().timestamp(), abs=30)


def test_a_server_that_is_away_is_told_and_the_rest_stays(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = scrape(client)
    assert (found["answers{database}"], found["answers{queue}"]) == (1, 0)
    assert "queue_messages" not in found
    assert found["nights{done}"] == 0


def test_it_costs_as_many_questions_whatever_there_is(
    client: Client, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    open_shop(tmp_path)
    run_night(as_of=LAST)
    scrape(client)
    with django_assert_num_queries(QUERIES, connection=connection):
        scrape(client)
    for _n in range(3):
        an_import()
        run_night(as_of=LAST)
    with django_assert_num_queries(QUERIES, connection=connection):
        scrape(client)


QUERIES = 9
