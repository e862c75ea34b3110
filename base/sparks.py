"""Series of figures → the geometry of sparklines, in whole numbers: pages hold many of them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from base.charts import Value, number

# Heights of the box, a step to about a pixel of where it is shown: the line of a tile, that of a row.
TILE, ROW = 48, 30


@dataclass(frozen=True)
class Spark:
    """A line in its own box, a unit from one figure to the next, stretched by CSS.

    All paths; ``dot``, ``target`` and ``base`` may be empty.
    """

    box: str
    path: str
    dot: str
    target: str
    base: str


def _scale(low: float, high: float, height: int) -> Callable[[float], int]:
    """A margin of a tenth at the top and at the bottom."""
    top = height // 10
    bottom = height - top
    if high == low:
        return lambda _value: height // 2
    return lambda value: round(bottom + (value - low) / (high - low) * (top - bottom))


def line_of(values: Sequence[Value], target: Value = None, height: int = TILE) -> Spark | None:
    """The line of a tile; ``None`` when not a single figure is known."""
    return _drawn(tuple(values), target, height)


@lru_cache(maxsize=2_000)  # the same until the next night
def _drawn(values: tuple[Value, ...], target: Value, height: int) -> Spark | None:
    clean = [number(v) for v in values]
    known = [v for v in clean if v is not None]
    goal = number(target)
    if not known:
        return None
    extent = known if goal is None else [*known, goal]
    low, high = min(extent), max(extent)
    y = _scale(low, high, height)
    heights = [None if v is None else y(v) for v in clean]
    last, width = len(clean) - 1, max(len(clean) - 1, 1)
    return Spark(
        box=f"-1 0 {width + 2} {height}",
        path=_steps(heights),
        dot="" if heights[last] is None else f"M{last} {heights[last]}h0",
        target="" if goal is None else f"M-1 {y(goal)}h{width + 2}",
        base=f"M-1 {y(0)}h{width + 2}" if low < 0 < high else "",
    )


def _steps(heights: Sequence[int | None]) -> str:
    """A broken line, one unit to the right each time; whole numbers and relative moves: a page may hold a hundred."""
    parts: list[str] = []
    for place, height in enumerate(heights):
        if height is None:
            continue
        before = heights[place - 1] if place else None
        if before is not None:
            parts.append(f"l1{' ' if height >= before else ''}{height - before}")
        else:
            alone = heights[place + 1 : place + 2] in ([], [None])  # a figure between two gaps is a dot
            parts.append(f"M{place} {height}{'h0' if alone else ''}")
    return "".join(parts)
