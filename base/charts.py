"""Series of figures → the geometry of small SVG charts; pure, no Django.

Values are numbers in the unit of their indicator, ``None`` (or NaN) where one is missing: there the line
breaks, and a lone point between two gaps is a dot. Coordinates come out as strings with a decimal point, so
that no template can localise them. Sizes are SVG user units, one to a CSS pixel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, isfinite, log10

Value = Decimal | int | float | None
Point = tuple[float, float]
AxisWriter = Callable[[Sequence[float]], Sequence[str]]  # all figures of an axis at once: they are alike


@dataclass(frozen=True)
class Series:
    """One line. ``key`` gives its colour: ``current``, ``last_year``, ``target`` or ``expected``."""

    key: str
    label: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Tick:
    """``value`` is what it marks: a figure, or the place of a label among all."""

    at: str
    label: str
    value: float
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    key: str
    label: str
    path: str
    label_y: str


@dataclass(frozen=True)
class Frame:
    """One chart at one width; ``right`` and ``bottom`` are the ends of the plot."""

    size: str
    width: int
    height: int
    left: str
    right: str
    bottom: str
    label_x: str
    zero: str
    band: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


SIZES = (("small", 340, 240), ("medium", 640, 310), ("large", 1000, 340))


def number(value: Value) -> float | None:
    """A finite float, or ``None``."""
    return None if value is None or not isfinite(value) else float(value)


def text(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def nice_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round values (1, 2, 2.5, 5 × 10ⁿ) that enclose ``low`` … ``high``, in about ``wanted`` steps."""
    if high <= low:
        margin = abs(low) / 2 or 1.0
        low, high = low - margin, high + margin
    raw = (high - low) / wanted
    power = 10.0 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    digits = 3 - floor(log10(step))  # a step has at most two digits of its own
    return [round(i * step, digits) for i in range(first, last + 1)]


def runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """The unbroken stretches of a line."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def path(points: Sequence[Point | None]) -> str:
    """SVG path of a broken line; a stretch of one point has no length, and its round cap makes a dot."""
    return "".join(_stretch(run) for run in runs(points))


def _stretch(run: list[Point]) -> str:
    head, *tail = [f"{text(x)} {text(y)}" for x, y in run]
    return f"M{head}" + (f"L{' '.join(tail)}" if tail else "h0")


def band_path(lows: Sequence[Point | None], highs: Sequence[Point | None]) -> str:
    """Closed areas between two lines, one for each stretch where both are known."""
    pairs = [None if a is None or b is None else (a, b) for a, b in zip(lows, highs, strict=True)]
    areas: list[list[tuple[Point, Point]]] = [[]]
    for pair in pairs:
        if pair is not None:
            areas[-1].append(pair)
        elif areas[-1]:
            areas.append([])
    return "".join(_area(area) for area in areas if area)


def _area(area: list[tuple[Point, Point]]) -> str:
    outline = [low for low, _ in area] + [high for _, high in reversed(area)]
    return "M" + "L".join(f"{text(x)} {text(y)}" for x, y in outline) + "Z"


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """The heights nearest to ``wanted`` that keep its order, ``gap`` apart, inside ``top`` … ``bottom``."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else top))
    limit = bottom
    for k in reversed(range(len(placed))):
        placed[k] = min(placed[k], limit)
        limit = placed[k] - gap
    result = [0.0] * len(wanted)
    for k, i in enumerate(order):
        result[i] = placed[k]
    return result


def _extent(series: Sequence[Sequence[float | None]], *, from_zero: bool) -> tuple[float, float] | None:
    known = [v for values in series for v in values if v is not None]
    if not known:
        return None
    if from_zero:
        known.append(0.0)
    return min(known), max(known)


def x_positions(labels: Sequence[str], most: int) -> list[int]:
    """Which labels to write: evenly spaced, at most ``most``, the last one always."""
    if not labels:
        return []
    step = max(1, ceil(len(labels) / most))
    return list(range(len(labels) - 1, -1, -step))[::-1]


@dataclass(frozen=True)
class _Box:
    left: float
    right: float
    top: float
    bottom: float


def _box(width: int, height: int, y_labels: Sequence[str], names: Sequence[str]) -> _Box:
    """The plot inside its frame; an 11 px letter of the interface font is about 6.2 px wide."""
    left = 8 + 6.2 * max((len(label) for label in y_labels), default=0)
    right = 12 + 6.4 * max((len(name) for name in names), default=0)
    return _Box(left, width - min(right, width * 0.32), 10.0, height - 24.0)


@dataclass(frozen=True)
class _Plot:
    """What all frames of a chart share, in the figures' own units."""

    labels: Sequence[str]
    series: Sequence[Series]
    values: list[list[float | None]]
    band: tuple[list[float | None], list[float | None]] | None
    ticks: list[float]
    write: AxisWriter


def _points(values: Sequence[float | None], x: _Scale, y: _Scale) -> list[Point | None]:
    return [None if v is None else (x(i), y(v)) for i, v in enumerate(values)]


def _lines(plot: _Plot, x: _Scale, y: _Scale, box: _Box) -> tuple[Line, ...]:
    points = [_points(values, x, y) for values in plot.values]
    ends = [next((p[1] for p in reversed(line) if p), box.bottom) for line in points]
    heights = spread([e + 4 for e in ends], 13.0, box.top + 4, box.bottom)
    return tuple(
        Line(s.key, s.label, path(line), text(h))
        for s, line, h in zip(plot.series, points, heights, strict=True)
        if any(line)
    )


def _x_ticks(plot: _Plot, x: _Scale, most: int) -> tuple[Tick, ...]:
    places = x_positions(plot.labels, most)
    return tuple(Tick(text(x(i)), plot.labels[i], i, "start" if i == 0 else "middle") for i in places)


def _frame(plot: _Plot, size: str, width: int, height: int) -> Frame:
    written = plot.write(plot.ticks)
    box = _box(width, height, written, [s.label for s in plot.series])
    x = _Scale(0, max(len(plot.labels) - 1, 1), box.left, box.right)
    y = _Scale(plot.ticks[0], plot.ticks[-1], box.bottom, box.top)
    band = plot.band and band_path(_points(plot.band[0], x, y), _points(plot.band[1], x, y))
    return Frame(
        size, width, height,
        left=text(box.left), right=text(box.right), bottom=text(box.bottom), label_x=text(box.right + 8),
        zero=text(y(0)) if plot.ticks[0] <= 0 <= plot.ticks[-1] else "",
        band=band or "",
        lines=_lines(plot, x, y, box),
        x_ticks=_x_ticks(plot, x, max(2, int((box.right - box.left) / 84))),
        y_ticks=tuple(Tick(text(y(t)), label, t) for t, label in zip(plot.ticks, written, strict=True)),
    )  # fmt: skip


def frames(
    labels: Sequence[str],
    series: Sequence[Series],
    write: AxisWriter,
    *,
    band: tuple[Sequence[Value], Sequence[Value]] | None = None,
    from_zero: bool = True,
) -> tuple[Frame, ...]:
    """The chart at three widths (the stylesheet shows the one that fits), or nothing when no figure is known.

    ``labels`` are the words under the axis, one for each value; ``write`` writes the figures of the other axis;
    ``band`` is the expected range (lows, highs).
    """
    values = [[number(v) for v in s.values] for s in series]
    edges = None if band is None else ([number(v) for v in band[0]], [number(v) for v in band[1]])
    extent = _extent([*values, *(edges or ())], from_zero=from_zero)
    if extent is None:
        return ()
    plot = _Plot(labels, series, values, edges, nice_ticks(*extent), write)
    return tuple(_frame(plot, *size) for size in SIZES)


def direction_of(values: Sequence[Value]) -> tuple[float, float] | None:
    """First and last known figures, for the sentence that says a line in words."""
    known = [v for v in map(number, values) if v is not None]
    return (known[0], known[-1]) if known else None


def breaks(values: Sequence[Value]) -> int:
    """How many figures are missing between the first and the last known ones."""
    at = [i for i, v in enumerate(map(number, values)) if v is not None]
    return sum(b - a - 1 for a, b in pairwise(at))
