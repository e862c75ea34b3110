"""Programs of the cast: what they ask and send with a token, and the small company of the figure tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Scope, User
from accounts.tokens import token_issue
from tests.kpis.world import World, furnish

ROOT = "/api/v1"


@dataclass(frozen=True)
class Program:
    """A script with a token; ``get`` and ``post`` give the answer as a client does, ``read`` its document."""

    secret: str
    client: Client

    def get(self, path: str, query: Mapping[str, Any] | None = None, **more: Any) -> Any:
        return self.client.get(ROOT + path, query, headers=self.headers(), **more)

    def post(self, path: str, document: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            ROOT + path, document, content_type="application/json", headers={**self.headers(), **named}
        )

    def read(self, path: str, **query: Any) -> Any:
        answer = self.get(path, query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}


type_of_programs = Callable[..., Program]


def program_of(owner: User | None, *scopes: str) -> Program:
    """With every scope unless some are named."""
    if owner is None:
        return Program("", Client())
    allowed = scopes or tuple(Scope)
    _token, secret = token_issue(owner=owner, name="Script", scopes=allowed, days=30, at=timezone.now())
    return Program(secret, Client(raise_request_exception=False))


@pytest.fixture
def programs() -> type_of_programs:
    return program_of


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    """An instance with the tests' own pack and no figures yet."""
    return furnish(tmp_path)
