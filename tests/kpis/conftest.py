"""The small company of the figure tests, and the real one, imported once for all tests that ask for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from tests.cast import Cast
from tests.kpis.shop import open_shop
from tests.kpis.world import World, furnish


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are compared in English, whatever the language of the instance."""
    with translation.override("en"):
        yield


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    """An instance with the tests' own pack and no figures yet."""
    return furnish(tmp_path)


@pytest.fixture
def shop(db: None, tmp_path: Path) -> World:
    """A few weeks of orders, of which one carries the last month (``shop.py``)."""
    return open_shop(tmp_path)


@pytest.fixture
def director(cast: Cast, as_: Callable[[User | None], Client]) -> Client:
    return as_(cast.director)
