"""Version 1 of the API: its operations, each behind the door its policy asks for."""

from collections.abc import Iterator

from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.utils import replace_path_param_notation

from api import deviations, facts, gaps, indicators, targets, values  # noqa: F401  # they add their operations
from api.door import door
from api.problems import on_exceptions
from api.router import router

NAME = "Vigie"
api = NinjaAPI(title=NAME, version="1", openapi_url=None, docs_url=None, urls_namespace="api_v1")
api.add_router("", router)
on_exceptions(api)


def url_patterns() -> Iterator[URLPattern]:
    """One pattern for each address, whatever the number of its operations; named as the first of them is."""
    operations = {_route(address): view.operations for address, view in router.path_operations.items()}
    views = {
        str(pattern.pattern): pattern.callback for pattern in api.urls[0] if isinstance(pattern, URLPattern)
    }
    for route, found in operations.items():
        yield path(route, door(views[route], found), name=found[0].url_name)


def _route(address: str) -> str:
    return replace_path_param_notation(address).lstrip("/")
