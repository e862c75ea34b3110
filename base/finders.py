"""Plotly's browser build, served from the installed package, which is not imported for it."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

SERVED = "plotly.min.js"


class _Prefixed(FileSystemStorage):
    prefix = "plotly"


def package_folder() -> Path:
    """Where the wheel keeps ``plotly.min.js``; a top-level ``find_spec`` imports nothing."""
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package plotly is not installed.")
    return Path(spec.submodule_search_locations[0]) / "package_data"


class PlotlyFinder(BaseFinder):
    """Static files finder for ``plotly/plotly.min.js``."""

    def check(self, **_options: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        found = str(package_folder() / SERVED) if path == f"plotly/{SERVED}" else None
        return ([found] if found else []) if find_all else (found or [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:  # noqa: ARG002  # nothing to ignore
        yield SERVED, _Prefixed(location=package_folder())
