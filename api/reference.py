"""The description of the API as people read it: each operation with what it takes and answers, in their language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from accounts.models import Scope
from api.openapi import TOKEN, document
from api.problems import PROBLEM_JSON

DEEPEST = 3  # how far into a document its fields are listed
METHODS = ("get", "post")
# Groups, in the order of the page.
GROUPS = {
    "indicators": gettext_noop("Indicators"),
    "values": gettext_noop("Values"),
    "gaps": gettext_noop("Gaps"),
    "deviations": gettext_noop("Deviations"),
    "targets": gettext_noop("Targets"),
    "facts": gettext_noop("Figures sent"),
}


@dataclass(frozen=True)
class Part:
    """A parameter or a field: ``kind`` is its type in short, ``about`` a sentence."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True)
class Described:
    id: str
    method: str
    address: str
    summary: str
    about: str
    scope: str
    allows: str
    parameters: list[Part]
    body: list[Part]
    answers: list[tuple[str, list[Part]]]
    failures: list[str]


@dataclass(frozen=True)
class Group:
    id: str
    name: str
    operations: list[Described]


def groups() -> list[Group]:
    """Every operation, in the active language."""
    found = list(_described())
    return [
        Group(code, gettext(name), [one for tag, one in found if tag == code])
        for code, name in GROUPS.items()
    ]


def _described() -> Iterator[tuple[str, Described]]:
    for address, methods in document()["paths"].items():
        for method in (method for method in METHODS if method in methods):
            said = methods[method]
            yield said["tags"][0], _operation(address, method, said)


def _operation(address: str, method: str, said: Mapping[str, Any]) -> Described:
    (scope,) = said["security"][0][TOKEN]
    answers = [(code, answer) for code, answer in said["responses"].items() if not _is_failure(answer)]
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Described(
        id=said["operationId"],
        method=method.upper(),
        address=address,
        summary=gettext(said["summary"]),
        about=gettext(said["description"]) if said.get("description") else "",
        scope=scope,
        allows=str(Scope(scope).label),
        parameters=[_parameter(one) for one in said["parameters"]],
        body=list(_fields(body)) if body else [],
        answers=[
            (code, list(_fields(answer["content"]["application/json"]["schema"]))) for code, answer in answers
        ],
        failures=[code for code, answer in said["responses"].items() if _is_failure(answer)],
    )


def _is_failure(answer: Mapping[str, Any]) -> bool:
    return PROBLEM_JSON in answer.get("content", {})


def _parameter(said: Mapping[str, Any]) -> Part:
    about = said.get("description", "")
    return Part(said["name"], _kind(said["schema"]), said["required"], gettext(about) if about else "")


def _fields(schema: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[Part]:
    """The fields of a document, those inside others under ``outer.inner``."""
    schema = _resolved(schema)
    required = set(schema.get("required", ()))
    for name, said in schema.get("properties", {}).items():
        about = said.get("description", "")
        yield Part(before + name, _kind(said), name in required, gettext(about) if about else "")
        inner, mark = _inside(said)
        if inner is not None and depth < DEEPEST:
            yield from _fields(inner, f"{before}{name}{mark}.", depth + 1)


def _inside(said: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    """The document inside a field, a list (``[]``) or a set of named ones (``{}``); None where there is none."""
    said = _resolved(said)
    if "properties" in said:
        return said, ""
    for part, mark in (("items", "[]"), ("additionalProperties", "{}")):
        inner = said.get(part)
        if isinstance(inner, Mapping) and "properties" in _resolved(inner):
            return inner, mark
    return None, ""


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document()["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in short: ``string``, ``integer or null``, ``day | week``, ``list of …``."""
    schema = _resolved(schema)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        kinds = list(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
        return " | ".join(kinds)
    kind = str(schema.get("const") or schema.get("format") or schema.get("type", "object"))
    return f"{kind} [{_kind(schema['items'])}]" if kind == "array" and "items" in schema else kind
