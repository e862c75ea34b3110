"""The floors of the house, read where they are declared: the layers contract of pyproject.toml."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def layers() -> list[frozenset[str]]:
    """The floors, lowest first; packages of the same floor do not see each other."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    return [frozenset(name.strip() for name in layer.split("|")) for layer in reversed(contract["layers"])]


FLOORS: dict[str, int] = {package: floor for floor, packages in enumerate(layers()) for package in packages}


def may_use(package: str, other: str) -> bool:
    """Whether code of one package may name something of another: itself, or any floor below."""
    return other not in FLOORS or package == other or FLOORS[other] < FLOORS[package]


def upward(uses: Iterable[tuple[str, str, str]]) -> list[str]:
    """The (place, package, used package) that point up or sideways, as sentences."""
    return [
        f"{place}: {package} names {other}" for place, package, other in uses if not may_use(package, other)
    ]
