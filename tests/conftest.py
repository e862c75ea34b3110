"""What every test may ask for: the shared cast, and passwords that hash fast."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from whitenoise.middleware import WhiteNoiseMiddleware

from runtime.instance import ROOT
from runtime.translations import compile_translations
from tests.cast import as_, cast
from tests.runtime.helpers import furnish

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


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once() -> Iterator[None]:
    """Each test client loads the middleware anew, which would look for all static files on the disk each time."""
    look: Callable[[WhiteNoiseMiddleware], None] = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[object, dict[str, object]] = {}

    def look_once(self: WhiteNoiseMiddleware) -> None:
        kind = (self.static_prefix, self.max_age, self.allow_all_origins, self.charset)
        if kind not in found:
            look(self)
            found[kind] = dict(self.files)
        self.files.update(found[kind])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """``furnished(home)`` makes an instance there as a first start leaves it, but for the time that takes."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # one for all processes
    return partial(furnish, folder / "furnished" / "home")
