"""What every test may ask for: the shared cast, and passwords that hash fast."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from config.instance import ROOT
from config.translations import compile_translations
from tests.cast import as_, cast

__all__ = ["as_", "cast"]


def pytest_configure() -> None:
    """French is compiled, also where tests run without ``./run``, and read anew by the Django that has started."""
    compile_translations(ROOT / "locale")
    translation_file_changed(sender=None, file_path=ROOT / "django.mo")


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> Iterator[None]:
    """Each test begins in the language of the settings: requests leave the visitor's behind in their thread."""
    translation.deactivate()
    yield
    translation.deactivate()
