"""Every object the API shows × everybody of the object table: a token finds what its owner may see, and no more."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from accounts.models import User
from api.models import FactBatch
from intake.models import ImportRun
from kpis.models import Deviation, Gap, Indicator, Measure, Publication, Target
from tests.accounts.object_table import ROWS, VISITORS, gather_visitors
from tests.api.conftest import program_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db
IMPORTERS = frozenset({"director", "analyst", "administrator"})


def row(model: type[models.Model]) -> Any:
    return next(row for row in ROWS if row.model is model)


def published(gap: Any) -> str:
    Publication.objects.update_or_create(pk=1, defaults={"run": gap.run, "at": gap.run.created_at})
    return f"/gaps?indicator={gap.indicator.code}"


# By model, where its object shows: an address, and what shows it there.
PLACES: dict[type[models.Model], list[tuple[Callable[[Any], str], Callable[[Any], str]]]] = {
    Indicator: [
        (lambda found: f"/indicators/{found.code}", lambda found: f'"code": "{found.code}"'),
        (lambda _found: "/indicators", lambda found: f'"code": "{found.code}"'),
        (lambda found: f"/values?indicator={found.code}&grain=day", lambda found: f'"indicator": "{found.code}"'),
    ],
    Deviation: [
        (lambda found: f"/deviations/{found.pk}", lambda found: f'"id": {found.pk},'),
        (lambda _found: "/deviations?state=all", lambda found: f'"id": {found.pk},'),
    ],
    Target: [
        (lambda found: f"/targets/{found.pk}", lambda found: f'"id": {found.pk},'),
        (lambda _found: "/targets?state=all", lambda found: f'"id": {found.pk},'),
    ],
    Gap: [(published, lambda found: f'"indicator": "{found.indicator.code}"')],
}  # fmt: skip


@pytest.fixture
def visitors(cast: Cast) -> dict[str, User | None]:
    return {name: User.objects.get(pk=who.pk) if who else None for name, who in gather_visitors(cast).items()}


def seen(who: User | None, address: str, marker: str) -> bool:
    answer = program_of(who).get(address)
    assert answer.status_code in (200, 401, 403, 404, 422)
    return answer.status_code == 200 and marker in answer.content.decode()


@pytest.mark.parametrize("model", PLACES, ids=lambda model: model.__name__)
def test_object_by_token(model: type[models.Model], cast: Cast, visitors: dict[str, User | None]) -> None:
    found, expected = row(model).make(cast), row(model).seen_by
    places = [(address(found), marker(found)) for address, marker in PLACES[model]]
    wrong = [
        f"{name}: {address}"
        for name, who in sorted(visitors.items())
        for address, marker in places
        if seen(who, address, marker) != (name in expected)
    ]
    assert wrong == []


@pytest.mark.parametrize("model", PLACES, ids=lambda model: model.__name__)
def test_what_is_closed_is_hidden_from_everybody(model: type[models.Model], cast: Cast) -> None:
    """With a right that a director lacks and an administrator has."""
    found = row(model).make(cast)
    Measure.objects.update(right="manage_people")
    for address, marker in [(address(found), marker(found)) for address, marker in PLACES[model]]:
        assert not seen(cast.director, address, marker), address
        assert seen(cast.administrator, address, marker), address


def test_figures_sent_by_token(cast: Cast, visitors: dict[str, User | None]) -> None:
    run = ImportRun.objects.create(
        filename="web-api.csv", path="imports/none", sha256="0" * 64, size=1, asked={"kind": "facts", "source": "web"},
        kind="facts", state="done", finished_at="2026-11-28T10:00Z", by=cast.analyst,
    )  # fmt: skip
    FactBatch.objects.create(owner=cast.analyst, key="k", digest="0" * 64, run=run)
    assert {
        name for name, who in visitors.items() if seen(who, f"/facts/{run.pk}", f'"run": {run.pk},')
    } == IMPORTERS
    assert IMPORTERS < VISITORS
