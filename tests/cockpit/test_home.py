"""The cockpit, through the real client: what it asks the database does not grow with what there is to tell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
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
