"""What import-linter cannot see: relations between models, names of models and modules in strings, URLs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import get_resolver

from accounts.checks import url_patterns
from tests.guards.floors import FLOORS, ROOT, upward

Use = tuple[str, str, str]  # place, package, used package

NAMING = {"get_model", "import_module", "import_string", "get_app_config"}
REVERSING = {"reverse", "reverse_lazy", "redirect", "resolve_url"}
URL_TAG = re.compile(r"""{%\s*url\s+['"]([\w:.-]+)['"]""")
# Templates of a third-party app that accounts wears, and those any page is made of.
TEMPLATE_OWNER = {"account": "accounts", "mfa": "accounts", "layouts": "base", "components": "base"}


@cache
def url_owner() -> dict[str, str]:
    """URL name → the package whose view answers; third-party views are worn by accounts."""
    owners = {}
    for _route, pattern in url_patterns(get_resolver().url_patterns):
        package = pattern.callback.__module__.partition(".")[0]
        owners[str(pattern.name)] = package if package in FLOORS else "accounts"
    return owners


def relations() -> Iterator[Use]:
    for model in apps.get_models():
        package = model.__module__.partition(".")[0]
        for field in model._meta.get_fields():
            other = (
                field.related_model if isinstance(field, models.ForeignKey | models.ManyToManyField) else None
            )
            if package in FLOORS and isinstance(other, type):
                yield f"{model.__name__}.{field.name}", package, other.__module__.partition(".")[0]


def named_in(code: str, place: str, package: str) -> Iterator[Use]:
    """Packages that a Python source names in strings instead of importing them."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        first = node.args[0]
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            continue
        if called in NAMING:
            yield f"{place}:{node.lineno}", package, first.value.partition(".")[0]
        if called in REVERSING and first.value in url_owner():
            yield f"{place}:{node.lineno}", package, url_owner()[first.value]


def linked_in(template: str, place: str, package: str) -> Iterator[Use]:
    """Packages whose pages a template links to."""
    for name in URL_TAG.findall(template):
        yield place, package, url_owner().get(name, package)


def sources() -> Iterator[tuple[Path, str]]:
    for package in sorted(set(FLOORS) - {"config"}):  # config is all wires
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, package


def templates() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "templates").glob("*/**/*.html")):
        folder = path.relative_to(ROOT / "templates").parts[0]
        package = TEMPLATE_OWNER.get(folder, folder)
        if package in FLOORS:
            yield path, package


def test_relations_between_models_go_down_only() -> None:
    uses = list(relations())
    assert len(uses) > 5, "the guard sees no relation"
    assert upward(uses) == []


def test_strings_in_code_name_only_what_is_below() -> None:
    uses = [
        use
        for path, package in sources()
        for use in named_in(path.read_text(), str(path.relative_to(ROOT)), package)
    ]
    assert uses, "the guard sees no name"
    assert upward(uses) == []


def test_links_in_templates_lead_only_below() -> None:
    uses = [
        use
        for path, package in templates()
        for use in linked_in(path.read_text(), str(path.relative_to(ROOT)), package)
    ]
    assert uses, "the guard sees no link"
    assert upward(uses) == []


@pytest.mark.parametrize(
    "planted",
    [
        'apps.get_model("cockpit", "Report")',
        'apps.get_model("cockpit.Report")',
        'import_string("kpis.values.read")',
        'reverse("start")',
        'redirect("start")',
    ],
)
def test_a_planted_string_that_goes_up_is_found(planted: str) -> None:
    assert len(upward(named_in(planted, "planted.py", "base"))) == 1


def test_a_planted_link_that_goes_up_is_found() -> None:
    planted = "<a href=\"{% url 'start' %}\">{% url 'preferences' %}</a>"
    assert upward(linked_in(planted, "planted.html", "base")) == ["planted.html: base names cockpit"]


def test_a_planted_relation_that_goes_up_is_found() -> None:
    assert upward([("Comment.report", "base", "cockpit")]) == ["Comment.report: base names cockpit"]
