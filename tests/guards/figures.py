"""What the code measures, printed by ``./run lint`` and held by ``test_figures.py``.

Code is Python, templates, styles and scripts that git tracks, outside tests and migrations; a function's lines run from
its ``def`` to its end, docstring and blank lines included.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = {".py", ".html", ".css", ".js", ".sh", ""}
LIMITS = {"file": 300, "complexity": 8, "mean": 9.0, "function": 40}
COMPLEXITY = re.compile(r"`(?P<name>.+)` is too complex \((?P<figure>\d+) > 0\)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Measured:
    """A figure and where it was found."""

    figure: int
    place: str

    def __str__(self) -> str:
        return f"{self.figure} ({self.place})"


@dataclass(frozen=True)
class Figures:
    files: int
    functions: int
    untyped: tuple[str, ...]
    largest_file: Measured
    longest_function: Measured
    mean_function: float
    most_complex: Measured

    def excesses(self) -> list[str]:
        """What is beyond its limit, in words; empty when the house is in order."""
        found = {
            "largest file": (self.largest_file.figure, LIMITS["file"], self.largest_file.place),
            "longest function": (
                self.longest_function.figure,
                LIMITS["function"],
                self.longest_function.place,
            ),
            "most complex function": (
                self.most_complex.figure,
                LIMITS["complexity"],
                self.most_complex.place,
            ),
            "mean function": (self.mean_function, LIMITS["mean"], "everywhere"),
            "untyped functions": (len(self.untyped), 0, ", ".join(self.untyped)),
        }
        return [f"{name}: {n} > {limit} ({place})" for name, (n, limit, place) in found.items() if n > limit]


def figures() -> Figures:
    files = list(_code())
    sizes = [Measured(len(path.read_text().splitlines()), _place(path)) for path in files]
    functions = [(path, node) for path in files if path.suffix == ".py" for node in _functions(path)]
    lengths = [Measured(_length(node), f"{_place(path)}:{node.name}") for path, node in functions]
    return Figures(
        files=len(files),
        functions=len(functions),
        untyped=tuple(f"{_place(path)}:{node.name}" for path, node in functions if not _is_typed(node)),
        largest_file=max(sizes, key=lambda m: m.figure),
        longest_function=max(lengths, key=lambda m: m.figure),
        mean_function=round(sum(m.figure for m in lengths) / len(lengths), 2),
        most_complex=_most_complex(),
    )


def _place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _code() -> Iterator[Path]:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        aside = {"tests", "migrations"} & set(Path(name).parts) or path.name.startswith(".")
        if not aside and path.suffix in CODE and path.is_file() and (path.suffix or _is_script(path)):
            yield path


def _is_script(path: Path) -> bool:
    return path.read_bytes().startswith(b"#!")


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_typed(node: Function) -> bool:
    arguments = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    named = [a for a in arguments if a is not None and a.arg not in ("self", "cls")]
    return node.returns is not None and all(a.annotation is not None for a in named)


def _most_complex() -> Measured:
    """The highest complexity as ruff counts it (McCabe)."""
    asked = [
        "check",
        "--select",
        "C901",
        "--config",
        "lint.mccabe.max-complexity=0",
        "--output-format",
        "json",
    ]
    ruff = Path(sys.executable).parent / "ruff"
    told = subprocess.run([ruff, *asked, "--exit-zero"], cwd=ROOT, capture_output=True, check=True, text=True)
    found = [(COMPLEXITY.search(row["message"]), row["filename"]) for row in json.loads(told.stdout)]
    counted = [Measured(int(m["figure"]), f"{_place(Path(file))}:{m['name']}") for m, file in found if m]
    return max((m for m in counted if not m.place.startswith("tests/")), key=lambda m: m.figure)


def main() -> int:
    found = figures()
    rows = {
        "files of code, outside tests and migrations": found.files,
        "functions": found.functions,
        "untyped functions (0)": len(found.untyped),
        f"largest file, lines (≤ {LIMITS['file']})": found.largest_file,
        f"longest function, lines (≤ {LIMITS['function']})": found.longest_function,
        f"mean function, lines (≤ {LIMITS['mean']:.0f})": found.mean_function,
        f"most complex function (≤ {LIMITS['complexity']})": found.most_complex,
    }
    for name, figure in rows.items():
        sys.stdout.write(f"{name}: {figure}\n")
    for excess in found.excesses():
        sys.stderr.write(f"{excess}\n")
    return bool(found.excesses())


if __name__ == "__main__":
    sys.exit(main())
