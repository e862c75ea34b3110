"""What is expected: ranges that hold their share, levels that follow, closed days, inverse of the bounds."""

import os
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.expectation import ranges
from kpis.expectation.closures import closed_days
from kpis.expectation.design import build, design_of, monthdays, weekdays
from kpis.expectation.level import Running, precedents
from kpis.expectation.types import Calendar, Floats, Panel, Span
from kpis.forecast import at, models, outlook
from runtime.instance import ROOT

START = date(2021, 3, 1)


def market(n: int, s: int, seed: int, noise: float = 0.15) -> Floats:
    """Days with a week, a year, growth, a wandering level and noise: a shop as the trade knows it."""
    rng, t = np.random.default_rng(seed), np.arange(n)[:, None]
    week = np.array([1.0, 0.95, 0.95, 1.0, 1.1, 1.3, 0.8])[np.arange(n) % 7][:, None]
    year = 1 + 0.3 * np.sin(2 * np.pi * t / 365.25 + 1)
    level = np.exp(np.cumsum(rng.normal(0, 0.01, (n, s)), axis=0))
    return np.asarray(
        500 * week * year * np.exp(0.05 * t / 365) * level * np.exp(rng.normal(0, noise, (n, s)))
    )


def panel(y: Floats, calendar: Calendar | None = None) -> Panel:
    return Panel(np.datetime64(START) + np.arange(len(y)), y, calendar=calendar or Calendar())


def edge(mean: float, variation: float, skew: float, z: float) -> float:
    return float(
        ranges.bound(np.array([mean]), np.array([variation * mean]), np.array([skew]), np.array([z]))[0]
    )


@given(st.floats(1, 1e6), st.floats(0.01, 0.5), st.floats(-1, 2), st.floats(-4, 5))
def test_score_is_the_inverse_of_bound(mean: float, variation: float, skew: float, z: float) -> None:
    """Where it has one: past the end of the support every farther z has the same bound."""
    at_z, beyond = edge(mean, variation, skew, z), edge(mean, variation, skew, z * 1.01)
    if abs(z) > 0.3 and abs(at_z - beyond) > 1e-4 * variation * mean:
        arrays = [np.array([x]) for x in (at_z, mean, variation * mean, skew)]
        assert ranges.score(*arrays)[0] == pytest.approx(z, abs=0.02)


@given(st.floats(1, 1e6), st.floats(0.01, 2), st.floats(-2, 4))
def test_bounds_widen_with_z(mean: float, variation: float, skew: float) -> None:
    edges = [edge(mean, variation, skew, z) for z in (-4, -2, 0, 2, 4)]
    assert edges == sorted(edges)


def test_few_degrees_of_freedom_widen_the_range() -> None:
    """Student's 97.5 % quantile: 2.228 at 10 degrees, 1.984 at 100."""
    assert ranges.student(ranges.Z95, np.array([10.0, 100.0])) == pytest.approx([2.228, 1.984], abs=0.035)


@pytest.mark.parametrize(
    ("n", "h", "low"), [(60, 1, 0.88), (400, 7, 0.9), (900, 1, 0.92), (900, 7, 0.9), (900, 28, 0.88)]
)
def test_ranges_hold_about_95_percent(n: int, h: int, low: float) -> None:
    inside = []
    for seed in range(8):
        p = panel(market(n, 25, seed))
        day = p.days[-1].astype(object)
        span = Span("any", day - timedelta(h - 1), day)
        look = outlook(models(p, [span])[span], span)
        inside.append((look.value >= look.bound(-ranges.Z95)) & (look.value <= look.bound(ranges.Z95)))
    assert low <= np.mean(inside) <= 0.995


def test_the_expectation_beats_the_same_weekday_of_last_week() -> None:
    p = panel(market(1000, 20, 5))
    ours, naive = [], []
    for n in range(960, 1000, 4):
        cut = panel(p.y[: n + 1])
        day = cut.days[-1].astype(object)
        span = Span("day", day, day)
        ours.append(np.abs(outlook(models(cut, [span])[span], span).expected - p.y[n]))
        naive.append(np.abs(p.y[n - 7] - p.y[n]))
    assert np.mean(ours) < 0.8 * np.mean(naive)


def test_days_after_the_span_are_not_looked_at() -> None:
    y = market(600, 2, 9)
    span = Span("week", START + timedelta(500), START + timedelta(506))
    later = y.copy()
    later[507:] *= 50
    looks = [outlook(models(p, [span])[span], span) for p in (panel(y), panel(later))]
    assert looks[0].expected == pytest.approx(looks[1].expected)
    assert looks[0].sd == pytest.approx(looks[1].sd)


def test_series_below_zero_have_an_additive_expectation() -> None:
    rng = np.random.default_rng(2)
    y = 20 + 10 * (np.arange(300) % 7 == 5)[:, None] + rng.normal(0, 15, (300, 1))
    p = panel(y)
    day = p.days[-1].astype(object)
    span = Span("day", day, day)
    expected = outlook(models(p, [span])[span], span).expected[0]
    assert expected == pytest.approx(30 if (len(y) - 1) % 7 == 5 else 20, abs=8)


def test_a_yearly_holiday_is_foreseen() -> None:
    y = market(1000, 1, 4, noise=0.05)
    feasts = {START + timedelta(200 + round(365.25 * k)): "feast" for k in range(3)}
    for day in feasts:
        y[(day - START).days] *= 0.4
    day = max(feasts)
    span = Span("day", day, day)
    known, blind = panel(y, Calendar(feasts)), panel(y)
    actual = y[at(known, day), 0]
    assert outlook(models(known, [span])[span], span).expected[0] == pytest.approx(actual, rel=0.2)
    assert outlook(models(blind, [span])[span], span).expected[0] > 1.8 * actual


def test_closed_days_are_decided_from_the_past_only() -> None:
    y = np.ones((100, 1))
    y[6::7] = 0.0
    whole = closed_days(panel(y))
    for n in (30, 50, 77):
        assert (closed_days(panel(y[:n])) == whole[:n]).all()
    assert whole[20::7].all()
    assert not whole[np.arange(100) % 7 != 6].any()


def test_precedents_count_episodes_not_days() -> None:
    error = np.zeros((100, 1))
    error[[10, 11, 12, 40, 41, 80]] = 0.5
    assert precedents(error, np.array([0.4]), 1).tolist() == [3]
    assert precedents(error, np.array([0.6]), 1).tolist() == [0]
    assert precedents(error, np.array([0.4]), 1, within=50).tolist() == [1]


def test_sums_of_consecutive_rows() -> None:
    rows = Running(np.arange(5.0)[:, None])
    assert [rows.sums(h).ravel().tolist() for h in (1, 3, 5)] == [[0, 1, 2, 3, 4], [3, 6, 9], [10]]


def test_calendar_columns() -> None:
    days = np.datetime64("2024-02-26") + np.arange(5)
    assert weekdays(days).tolist() == [1, 2, 3, 4, 5]
    since, left = monthdays(days)
    assert since.tolist() == [25, 26, 27, 28, 0]
    assert left.tolist() == [3, 2, 1, 0, 30]
    assert not build(np.datetime64("2022-01-01") + np.arange(547), Calendar()).seasonal
    assert build(np.datetime64("2022-01-01") + np.arange(548), Calendar()).seasonal


def test_the_design_kept_is_that_of_the_days_and_the_calendar_asked_for() -> None:
    days = np.datetime64("2022-01-01") + np.arange(400)
    fair = Calendar(events={date(2022, 3, 1): frozenset({"fair"})})
    assert design_of(days, fair) is design_of(days.copy(), Calendar(events=dict(fair.events)))
    for asked, calendar in ((days, Calendar()), (days + 1, fair), (days[:-1], fair), (days, fair)):
        assert np.array_equal(design_of(asked, calendar).x, build(asked, calendar).x)


OF_A_PROCESS = """
from datetime import date, timedelta
import numpy as np
from kpis.expectation.design import build
from kpis.expectation.fit import fingerprint
from kpis.expectation.types import Calendar
codes = ("christmas", "black_friday", "winter_sales", "french_days")
events = {date(2024, 11, 25) + timedelta(n): frozenset(codes[n % 4 :]) for n in range(20)}
y = np.arange(600.0)[:, None]
design = build(np.datetime64("2024-01-01") + np.arange(600), Calendar(events=events))
print(fingerprint(design, y, np.isfinite(y), np.ones(y.shape)))
"""


def test_all_processes_see_one_calendar_whatever_the_order_of_their_sets() -> None:
    """Else each would fit its own curves anew, and differ from the others in the last bits."""
    seeds = [str(n) for n in range(6)]
    command = [sys.executable, "-c", OF_A_PROCESS]
    told = [
        subprocess.check_output(command, env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)})
        for seed in seeds
    ]
    assert len(set(told)) == 1
