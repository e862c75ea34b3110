"""Every object × every relation: the query behind all, the page, POST, the list, searched and sorted, and the file."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.object_table import ROWS, VISITORS, Row, gather_visitors
from tests.accounts.test_url_by_role import verdict, writes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


def name(row: Row) -> str:
    return row.model.__name__


@pytest.fixture
def visitors(cast: Cast) -> dict[str, User | None]:
    found = gather_visitors(cast)
    assert found.keys() == VISITORS
    return {key: User.objects.get(pk=who.pk) if who else None for key, who in found.items()}


def test_every_model_that_belongs_to_somebody_has_a_row() -> None:
    kept = {m.__name__ for m in apps.get_models() if hasattr(m._default_manager, "visible_to")}
    assert kept == {name(row) for row in ROWS}, "add a row to tests/accounts/object_table.py"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_object_by_relation(row: Row, cast: Cast, visitors: dict[str, User | None], as_: SignIn) -> None:
    found = row.make(cast)
    manager: Any = row.model._default_manager
    wrong = []
    for visitor, who in sorted(visitors.items()):
        expected, client = visitor in row.seen_by, as_(who)
        shown = dict(places(row, found, client))
        if who is not None:
            shown["visible_to"] = manager.visible_to(who).filter(pk=found.pk).exists()
        listed = expected and visitor not in row.not_listed_to
        wrong += [
            f"{visitor}: {place}"
            for place, seen in shown.items()
            if seen != (listed if place.startswith("list") else expected)
        ]
        if not expected and row.detail:
            before = writes()
            posted = client.post(row.detail(found))
            if verdict(posted) == "in":
                wrong.append(f"{visitor}: POST {posted.status_code}")
            if {table for table, count in writes().items() if count != before.get(table)} - SIGNED_OUT:
                wrong.append(f"{visitor}: wrote something")
    assert wrong == []


SEARCH = "/search/"
SIGNED_OUT = {"django_session"}  # a closed person's session ends


def places(row: Row, found: Any, client: Client) -> Iterator[tuple[str, bool]]:
    """Where the object would show, and whether it does: its page, its list, the list searched and sorted, the file."""
    if row.detail:
        # An address that only takes a POST answers 405 to whom it does not hide.
        yield "page", verdict(client.get(row.detail(found))) in ("in", "no method")
    if row.found and row.detail:
        yield "search", f'href="{row.detail(found)}"' in client.get(SEARCH, {"q": row.found}).content.decode()
        part = client.get(
            SEARCH, {"q": row.found}, headers={"HX-Request": "true", "HX-Target": "suggestions"}
        )
        yield "suggested", f'href="{row.detail(found)}"' in part.content.decode()
    if not row.listed:
        return
    marker = row.marker.format(pk=found.pk)
    file = () if "{" in row.marker else ("_export=csv",)  # a file holds no address
    for query in ("", *row.searches, *file):
        page = client.get(f"{reverse(row.listed)}?{query}")
        yield f"list ?{query}", page.status_code == 200 and marker in page.content.decode()
