"""What every test may ask for: the shared cast, and passwords that hash fast."""

from typing import Any

import pytest

from tests.cast import as_, cast

__all__ = ["as_", "cast"]


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
