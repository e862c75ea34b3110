"""A view fetches one object through ``visible_to`` wherever its model has that door: read in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from tests.guards.floors import FLOORS, ROOT

MODELS = frozenset(m.__name__ for m in apps.get_models() if hasattr(m._default_manager, "visible_to"))
FETCHES = {"get", "first", "last", "get_or_create", "in_bulk"}


def views() -> Iterator[Path]:
    for floor in FLOORS:
        yield from (ROOT / floor).glob("views.py")
        yield from (ROOT / floor).glob("views/*.py")


def faults(source: str) -> list[str]:
    """``line: expression`` of each fetch in it of a model with a door, beside the door."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [fault for function in functions for fault in _in_function(function)]


def _in_function(function: ast.FunctionDef) -> Iterator[str]:
    assigned = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(function):
        rows = _fetched_from(call)
        own = "request.user.pk" in ast.unparse(call)
        if rows is not None and not own and _beside_the_door(rows, assigned):
            yield f"{call.lineno}: {ast.unparse(call)}"  # type: ignore[attr-defined]  # a call has its line


def _fetched_from(call: ast.AST) -> ast.expr | None:
    """What one row is fetched from, if this is a call that fetches one."""
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Name) and call.func.id == "get_object_or_404":
        return call.args[0]
    return call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr in FETCHES else None


def _beside_the_door(rows: ast.expr, assigned: dict[str, ast.expr]) -> bool:
    names = [node.id for node in ast.walk(rows) if isinstance(node, ast.Name)]
    said = " ".join([ast.unparse(rows), *(ast.unparse(assigned[name]) for name in names if name in assigned)])
    starts = said.split("(")[0].split(".")[0].split(" ")[-1]
    return (starts in MODELS or any(f"{model}.objects" in said for model in MODELS)) and "visible" not in said


def test_views_fetch_through_the_door() -> None:
    read = list(views())
    assert len(read) > 10
    found = [f"{path.relative_to(ROOT)}:{fault}" for path in read for fault in faults(path.read_text())]
    assert found == []


def test_the_guard_can_fail() -> None:
    for line in (
        "x = get_object_or_404(User, pk=pk)",
        "x = get_object_or_404(User.objects.active(), pk=pk)",
        "x = User.objects.get(pk=pk)",
        "x = User.objects.filter(pk=pk).first()",
        "rows = ApiToken.objects.all()\n    x = get_object_or_404(rows, pk=pk)",
    ):
        assert len(faults(f"def view(request, pk):\n    {line}\n")) == 1, line
    for line in (
        "x = get_object_or_404(User.objects.visible_to(request.user), pk=pk)",
        "rows = User.objects.visible_to(u)\n    x = rows.get(pk=pk)",
        "x = request.GET.get('page')",
    ):
        assert faults(f"def view(request, pk):\n    {line}\n") == [], line
