"""The description of the API for programs (OpenAPI 3.1), from the operations themselves."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.utils.translation import gettext_noop as said
from ninja.operation import Operation
from ninja.responses import NinjaJSONEncoder

from api.door import need_of
from api.problems import failures
from api.router import router
from api.v1 import api

PREFIX = "/api/v1/"
TOKEN = "token"
ABOUT = said(
    "Figures, gaps, deviations and targets for your programs, and the door by which they send figures. Every answer is "
    "what the owner of the token may read at that moment."
)
_ALWAYS = (400, 401, 403, 406, 429, 503)
_ERROR = {
    "type": "object",
    "properties": {"where": {"type": "string"}, "detail": {"type": "string"}},
    "required": ["where", "detail"],
}
PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": _ERROR},
    },
    "required": ["type", "title", "status", "detail"],
}


@cache
def document() -> dict[str, Any]:
    """The whole description: nothing in it depends on who asks, nor on the instance."""
    found = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX), cls=NinjaJSONEncoder))
    found["info"]["description"] = ABOUT
    found["servers"] = [{"url": "/"}]
    parts = found["components"]
    parts["schemas"]["Problem"] = PROBLEM
    parts["securitySchemes"] = {TOKEN: {"type": "http", "scheme": "bearer"}}
    for address, method, operation in _operations():
        _complete(found["paths"][address][method], operation)
    return dict(found)


def _operations() -> Iterator[tuple[str, str, Operation]]:
    for address, view in router.path_operations.items():
        for operation in view.operations:
            for method in operation.methods:
                yield _plain(address), method.lower(), operation


def _plain(address: str) -> str:
    """``/targets/{int:pk}`` as OpenAPI writes it: ``/api/v1/targets/{pk}``."""
    parts = [f"{{{part.rpartition(':')[2]}" if part.startswith("{") else part for part in address.split("/")]
    return PREFIX.rstrip("/") + "/".join(parts)


def _complete(described: dict[str, Any], operation: Operation) -> None:
    """What ninja cannot know: the scope, the ways of failing, and that what is left out is left out, not null."""
    need = need_of(operation)
    assert need is not None  # or the system check says so
    described["operationId"] = operation.view_func.__name__
    described["security"] = [{TOKEN: [str(need.scope)]}]
    described["tags"] = [str(operation.view_func.__module__).rpartition(".")[2]]
    for parameter in described["parameters"]:
        _not_null(parameter)
    described["responses"] = dict(sorted((described["responses"] | failures(*_usual(described))).items()))


def _usual(described: dict[str, Any]) -> set[int]:
    """How any operation of its form may fail; what else may happen to one, it says itself (``openapi_extra``)."""
    found = {*_ALWAYS, 422}
    if any(parameter["in"] == "path" for parameter in described["parameters"]):
        found.add(404)
    if "requestBody" in described:
        found |= {413, 415}
    return found


def _not_null(parameter: dict[str, Any]) -> None:
    # OpenAPI names each of a parameter's examples; those of its schema are a list.
    parameter.pop("examples", None)
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    if kinds:
        schema |= kinds[0]
