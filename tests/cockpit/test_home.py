"""The cockpit, through the real client: what it tells, what it says before there is anything, what it asks for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, RoleRequest, User
from kpis.models import NightlyRun
from tests.cast import Cast
from tests.kpis import shop

SignIn = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def test_the_cockpit_asks_as_much_for_much_as_for_little(
    cast: Cast, as_: SignIn, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    shop.open_shop(tmp_path)
    shop.night(shop.days_before(1))
    shop.night()
    director = as_(cast.director)
    director.get("/")  # the catalogue is loaded once
    with django_assert_num_queries(19):
        assert "deviation" in director.get("/").content.decode()
    for n in range(20):
        shop.deviation(start=shop.days_before(n), end=shop.days_before(n), rule="target")
        shop.deviation("orders", start=shop.days_before(n), end=shop.days_before(n))
    with django_assert_num_queries(19):
        director.get("/")


def test_the_running_week_ends_with_its_last_known_day(cast: Cast, as_: SignIn, tmp_path: Path) -> None:
    shop.open_shop(tmp_path)
    shop.night()
    monday, sunday = date(2026, 10, 26), date(2026, 11, 1)
    shop.deviation(grain="week", start=monday, end=sunday, evidence={"until": "2026-10-31"})
    page = as_(cast.director).get("/").content.decode()
    assert "26–31 Oct" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "1 Nov" not in page


def test_without_a_file_who_may_import_is_led_there_and_others_are_not(cast: Cast, as_: SignIn) -> None:
    assert b'href="/imports/new/"' in as_(cast.analyst).get("/").content
    page = as_(cast.member).get("/").content
    assert b"waiting for its first figures" in page
    assert b'href="/imports/new/"' not in page


def test_files_without_a_night_lead_to_the_night(cast: Cast, as_: SignIn, tmp_path: Path) -> None:
    shop.open_shop(tmp_path)
    page = as_(cast.analyst).get("/").content
    assert b"imported, and not compared yet" in page
    assert b"waiting for its first figures" not in page
    assert b"Run the night" in page
    assert b"Run the night" not in as_(cast.member).get("/").content


@pytest.mark.parametrize(("state", "said"), [("running", b"is under way"), ("failed", b"run failed")])
def test_the_first_night_is_followed_from_the_cockpit(
    cast: Cast, as_: SignIn, tmp_path: Path, state: str, said: bytes
) -> None:
    shop.open_shop(tmp_path)
    night = NightlyRun.objects.create(as_of=shop.LAST, state=state)
    page = as_(cast.member).get("/").content
    assert said in page
    assert f'href="/nights/{night.pk}/"'.encode() in page


def test_who_waits_for_a_role_reads_what_for(cast: Cast, as_: SignIn) -> None:
    person = User.objects.create_user("new@example.com", full_name="Nina New", role=Role.NONE, language="en")
    assert b"Ask yours to give you a role" in as_(person).get("/").content
    RoleRequest.objects.create(
        person=person,
        role=Role.MANAGER,
        email=person.email,
        requested_by=cast.administrator,
        requested_at=timezone.now(),
    )
    page = as_(person).get("/").content.decode()
    assert "Confirm your address" in page
    assert 'href="/preferences/"' in page
    User.objects.filter(pk=person.pk).update(address_proven_at=timezone.now())
    page = as_(User.objects.get(pk=person.pk)).get("/").content.decode()
    assert "as soon as a second person grants it" in page
