"""The geometry of small charts."""

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from base import charts
from base.charts import Series
from base.components import Chart
from base.sparks import line_of

values = st.lists(
    st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False), st.decimals(-(10**9), 10**9, places=2)),
    min_size=1,
    max_size=80,
)


def numbers_in(path: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path)]


def points_of(path: str) -> list[tuple[int, int]]:
    """Where a sparkline goes: absolute moves, relative lines."""
    found: list[tuple[int, int]] = []
    for letter, x, y in re.findall(r"([Ml])(-?\d+) ?(-?\d+)", path):
        start = found[-1] if letter == "l" else (0, 0)
        found.append((start[0] + int(x), start[1] + int(y)))
    return found


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
@example(0.0, 9.919779002650327e-15)
def test_ticks_enclose_the_values_in_even_round_steps(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    ticks = charts.nice_ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1e-9)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 12


def test_ticks_of_plain_figures() -> None:
    assert charts.nice_ticks(0, 78_000) == [0, 20_000, 40_000, 60_000, 80_000]
    assert charts.nice_ticks(0, 0.019) == [0, 0.005, 0.01, 0.015, 0.02]
    assert charts.nice_ticks(5, 5)[0] < 5 < charts.nice_ticks(5, 5)[-1]


def test_a_line_breaks_where_a_figure_is_missing() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), None, (3.0, 3.0), None, (5.0, 5.0), (6.0, 6.0)]
    assert charts.path(points) == "M0 1L1 2M3 3h0M5 5L6 6"
    assert charts.path([None, None]) == ""


@given(values)
def test_a_sparkline_stays_in_its_box_and_never_invents_a_point(series: list[Decimal | float | None]) -> None:
    spark = line_of(series)
    known = [v for v in series if v is not None]
    if not known:
        assert spark is None
        return
    assert spark is not None
    assert spark.path.count("M") == len(charts.runs([None if v is None else (0.0, 0.0) for v in series]))
    points = points_of(spark.path)
    assert [x for x, _y in points] == [i for i, v in enumerate(series) if v is not None]
    assert all(4 <= y <= 44 for _x, y in points)
    assert spark.box == f"-1 0 {max(len(series), 2) + 1} 48"
    assert bool(spark.dot) == (series[-1] is not None)


def test_higher_figures_are_drawn_higher() -> None:
    spark = line_of([1, 5, 3])
    assert spark is not None
    ys = [y for _x, y in points_of(spark.path)]
    assert ys[1] < ys[2] < ys[0]


def test_the_target_of_a_sparkline_widens_its_scale() -> None:
    spark = line_of([10, 11], target=20)
    assert spark is not None
    assert points_of(spark.target)[0][1] < min(y for _x, y in points_of(spark.path))


@given(st.lists(st.floats(0, 200), min_size=1, max_size=6))
def test_labels_are_moved_apart_in_their_order(wanted: list[float]) -> None:
    placed = charts.spread(wanted, 13.0, 10.0, 210.0)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for a, b in pairwise(order):
        assert placed[b] - placed[a] >= 13.0 - 1e-9
    assert max(placed) <= 210.0


def test_labels_far_apart_stay_where_they_are() -> None:
    assert charts.spread([50.0, 100.0], 13.0, 10.0, 210.0) == [50.0, 100.0]


def chart(*series: Series, **more: object) -> tuple[charts.Frame, ...]:
    labels = [f"d{i}" for i in range(len(series[0].values))]
    return charts.frames(labels, series, lambda ticks: [f"{tick:g} €" for tick in ticks], **more)  # type: ignore[arg-type]  # test helper


def test_frames_hold_ticks_lines_and_names_inside_the_picture() -> None:
    found = chart(
        Series("current", "2026", [10, 20, None, 40]), Series("last_year", "2025", [12, 18, 25, 38])
    )
    assert [f.size for f in found] == ["small", "medium", "large"]
    for frame in found:
        assert [t.label for t in frame.y_ticks] == ["0 €", "10 €", "20 €", "30 €", "40 €"]
        assert frame.zero == frame.y_ticks[0].at
        assert frame.lines[0].path.count("M") == 2
        assert abs(float(frame.lines[0].label_y) - float(frame.lines[1].label_y)) >= 12.9
        assert float(frame.right) < float(frame.label_x) < frame.width
        assert frame.x_ticks[-1].label == "d3"


def test_the_band_is_drawn_only_where_both_edges_are_known() -> None:
    low, high = [1.0, None, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]
    frame = chart(Series("current", "2026", [1, 2, 1, 2]), band=(low, high))[0]
    assert frame.band.count("M") == frame.band.count("Z") == 2


def test_no_figure_no_chart() -> None:
    assert chart(Series("current", "2026", [None, None])) == ()


@given(st.integers(1, 400), st.integers(2, 12))
def test_date_labels_are_even_few_and_end_with_the_last(count: int, most: int) -> None:
    places = charts.x_positions([str(i) for i in range(count)], most)
    assert places[-1] == count - 1
    assert len(places) <= most
    assert len({b - a for a, b in pairwise(places)}) <= 1


def test_coordinates_use_a_point_whatever_the_language() -> None:
    frame = chart(Series("current", "2026", [1.25, 2.5, 3.75]))[0]
    assert "," not in frame.lines[0].path + frame.left + frame.zero


def test_words_about_a_line() -> None:
    assert charts.direction_of([None, 3, None, 7, None]) == (3, 7)
    assert charts.direction_of([None]) is None
    assert charts.breaks([None, 3, None, None, 7, 8, None]) == 2


@pytest.mark.parametrize(
    ("unit", "highest", "written"),
    [
        ("score", 9.9, ["0,0", "2,5", "5,0", "7,5", "10,0"]),
        ("count", 4, ["0", "1", "2", "3", "4"]),
        ("money", 0.9, ["0,00 €", "0,25 €", "0,50 €", "0,75 €", "1,00 €"]),
        ("money", 8_000, ["0 €", "2 k€", "4 k€", "6 k€", "8 k€"]),
        ("ratio", 0.09, ["0,0 %", "2,5 %", "5,0 %", "7,5 %", "10,0 %"]),
    ],
)
def test_the_figures_of_an_axis_have_the_same_decimals(unit: str, highest: float, written: list[str]) -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2)]
    with translation.override("fr"):
        (frame, *_) = Chart("t", days, [Series("now", "Now", [0.0, highest])], unit).frames
    plain = [re.sub(r"[\u00a0\u202f]", " ", tick.label) for tick in frame.y_ticks]
    assert plain == written
