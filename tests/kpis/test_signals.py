"""Signal or noise: Wheeler's charts by hand, the night's verdicts on made-up shops and on real orders."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.expectation.types import Calendar, Floats, History, Panel, Reason, Rule, Signal, Span, Verdict
from kpis.signals import judge, wheeler, xmr
from tests.kpis import online_retail as real

START = date(2023, 1, 2)  # a Monday
FLAGS = (Signal.HIGH, Signal.LOW)


def shop(n: int, s: int = 1, level: float = 1000.0, noise: float = 0.1, seed: int = 7) -> Floats:
    """n days of sales with a weekly shape, noise, no trend."""
    rng = np.random.default_rng(seed)
    shape = np.array([1.0, 0.9, 1.0, 1.1, 1.2, 1.4, 0.7])[np.arange(n) % 7]
    return np.asarray(level * shape[:, None] * np.exp(rng.normal(0, noise, (n, s))))


def panel(y: Floats, **more: object) -> Panel:
    return replace(Panel(np.datetime64(START) + np.arange(len(y)), y), **more)  # type: ignore[arg-type]  # any field


def last_day(p: Panel) -> Span:
    day = p.days[-1].astype(object)
    return Span("day", day, day)


def last_days(p: Panel, grain: str, n: int) -> Span:
    day = p.days[-1].astype(object)
    return Span(grain, day - timedelta(n - 1), day)


def one(p: Panel, span: Span, **more: object) -> Verdict:
    return judge(p, [span], **more)[span][0]  # type: ignore[arg-type]  # histories, policy or money


def test_xmr_limits_by_hand() -> None:
    """10 12 11 13 12: mean 11.6, moving ranges 2 1 2 1 (mean 1.5)."""
    limits = xmr(np.array([10.0, 12, 11, 13, 12]))
    assert limits is not None
    assert limits.centre == pytest.approx(11.6)
    assert (limits.low, limits.high) == pytest.approx((11.6 - 3.99, 11.6 + 3.99))
    assert limits.range_limit == pytest.approx(4.902)
    assert limits.provisional


def test_xmr_limits_with_medians() -> None:
    limits = xmr(np.array([10.0, 12, 11, 13, 12]), median=True)
    assert limits is not None
    assert (limits.centre, limits.high) == pytest.approx((12, 12 + 3.145 * 1.5))
    assert limits.range_limit == pytest.approx(3.865 * 1.5)


def test_xmr_is_rebased_and_needs_two_points() -> None:
    values = np.r_[np.tile([1.0, 2], 10), np.tile([11.0, 12], 10)]
    rebased = xmr(values, since=20)
    assert rebased is not None
    assert (rebased.centre, rebased.points, rebased.provisional) == (11.5, 20, False)
    assert xmr(np.array([1.0, np.nan])) is None


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.floats(-1e6, 1e6), st.floats(0.01, 100)
)  # fmt: skip
def test_xmr_shifts_and_scales_with_the_values(values: list[float], shift: float, scale: float) -> None:
    x = np.array(values)
    before, after = xmr(x), xmr(x * scale + shift)
    assert before is not None
    assert after is not None
    assert after.high == pytest.approx(before.high * scale + shift, rel=1e-6, abs=1e-3)
    assert after.range_limit == pytest.approx(before.range_limit * scale, rel=1e-6, abs=1e-3)


CALM = np.tile([-1.0, 1.0], 10)  # limits ± 5.32


@pytest.mark.parametrize(
    ("tail", "rules"),
    [
        ([0.5], ()),
        ([5.4], (Rule.LIMITS,)),
        ([-5.4], (Rule.LIMITS,)),
        ([3, 3, -0.5, 3], (Rule.NEAR_LIMIT,)),
        ([3, 3, -0.5, -3], ()),
        ([3, 3, 3, 0.5], ()),
        ([0.5] * 8, (Rule.RUN,)),
        ([0.5] * 7, (Rule.RUN,)),  # the calm run ends on the same side: the eighth
        ([-0.5] * 7, ()),
    ],
)
def test_wheeler_rules(tail: list[float], rules: tuple[Rule, ...]) -> None:
    limits = xmr(CALM)
    assert limits is not None
    assert wheeler(np.r_[CALM, tail], limits) == rules


@pytest.mark.parametrize("n", [20, 60, 400, 900])
def test_a_constant_series_says_nothing(n: int) -> None:
    p = panel(np.full((n, 1), 250.0))
    for span in (last_day(p), last_days(p, "week", 7), last_days(p, "month", min(28, n - 16))):
        found = one(p, span)
        assert found.signal is Signal.NONE
        assert found.expected is None or found.expected == pytest.approx(found.value, rel=0.02)


def test_a_collapsed_day_is_low_and_a_doubled_one_high() -> None:
    for factor, signal in ((0.3, Signal.LOW), (2.2, Signal.HIGH), (1.0, Signal.NONE)):
        y = shop(800)
        y[-1] *= factor
        assert one(panel(y), last_day(panel(y))).signal in (
            signal,
            *((Signal.DRIFT_UP, Signal.DRIFT_DOWN) if factor == 1 else ()),
        )


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e5), st.integers(0, 50))
def test_verdicts_do_not_depend_on_the_unit(scale: float, seed: int) -> None:
    y = shop(120, seed=seed)
    y[-1] *= 0.4
    p, q = panel(y), panel(y * scale)
    before, after = one(p, last_day(p)), one(q, last_day(q))
    assert (before.signal, before.rules, before.reason) == (after.signal, after.rules, after.reason)
    assert before.expected is not None
    assert after.expected == pytest.approx(before.expected * scale, rel=1e-6)
    assert after.limit_high == pytest.approx((before.limit_high or 0) * scale, rel=1e-6)


def test_verdicts_do_not_depend_on_the_neighbours() -> None:
    y = shop(500, s=3)
    alone, together = panel(y[:, 1:2]), panel(y)
    span = last_day(alone)
    assert one(alone, span).expected == pytest.approx(judge(together, [span])[span][1].expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 99), st.floats(0, 1))
def test_unknown_days_are_never_taken_for_zero(seed: int, share: float) -> None:
    y = shop(150, s=2, seed=seed)
    y[:-1][np.random.default_rng(seed).random((149, 2)) < share] = np.nan
    p = panel(y)
    for span in (last_day(p), last_days(p, "week", 7)):
        for verdict in judge(p, [span])[span]:
            assert verdict.signal not in FLAGS
            assert verdict.expected is None or np.isfinite(verdict.expected)


def test_an_unknown_day_has_no_verdict() -> None:
    y = shop(100)
    y[-1] = np.nan
    found = one(panel(y), last_day(panel(y)))
    assert (found.value, found.expected, found.signal, found.reason) == (
        None,
        None,
        Signal.NONE,
        Reason.UNKNOWN,
    )


def test_a_period_counts_its_known_days_only() -> None:
    y = shop(300)
    y[-3] = np.nan
    p = panel(y)
    found = one(p, last_days(p, "week", 7))
    assert found.value == pytest.approx(np.nansum(y[-7:]))
    assert found.signal is Signal.NONE


def test_a_ratio_is_sum_over_sum() -> None:
    rng = np.random.default_rng(3)
    w = rng.integers(50, 500, (200, 1)).astype(float)
    y = rng.binomial(w.astype(int), 0.03) / w
    p = panel(y, w=w)
    found = one(p, last_days(p, "week", 7))
    assert found.value == pytest.approx((y * w)[-7:].sum() / w[-7:].sum())
    assert found.expected == pytest.approx(0.03, rel=0.15)


def test_closed_saturdays_are_learned_and_an_outage_is_not_a_closure() -> None:
    y = shop(210)
    y[5::7] = 0.0
    saturday, monday = 208, 203
    closed = panel(y[: saturday + 1])
    assert one(closed, last_day(closed)).reason is Reason.CLOSED
    y[monday] = 0.0
    down = panel(y[: monday + 1])
    found = one(down, last_day(down))
    assert (found.signal, found.reason) == (Signal.LOW, Reason.NO_ACTIVITY)


def test_a_closure_around_a_holiday_is_silent_unless_holidays_are_worked() -> None:
    """Closed from the eve to three days after; the eve is judged before the holiday has come."""
    y = shop(120)
    holiday = START + timedelta(100)
    y[99:104] = 0.0
    past = {START + timedelta(d): f"worked {d}" for d in (20, 40, 60)}
    for n in range(100, 105):
        rested = panel(y[:n], calendar=Calendar(holidays={holiday: "feast"}))
        assert one(rested, last_day(rested)).reason is Reason.CLOSED
    worked = panel(y[:100], calendar=Calendar(holidays={holiday: "feast", **past}))
    assert one(worked, last_day(worked)).signal is Signal.LOW


def test_the_incomplete_last_day_says_nothing() -> None:
    y = shop(90)
    y[-1] *= 0.1
    p = panel(y, partial=True)
    assert one(p, last_day(p)).reason is Reason.PARTIAL
    week = one(p, last_days(p, "week", 7))
    assert week.signal is Signal.NONE
    assert week.value == pytest.approx(y[-7:-1].sum())


def test_a_first_fortnight_says_nothing() -> None:
    y = shop(13)
    y[-1] *= 9
    assert one(panel(y), last_day(panel(y))).reason is Reason.SHORT


def test_one_unheard_of_order_is_named_and_is_no_part_of_what_comes_next() -> None:
    y = shop(200)
    top = np.full_like(y, 90.0)
    y[150] += 8000
    top[150] = 8000
    p = panel(y[:151], top=top[:151])
    found = one(p, last_day(p))
    assert (found.signal, found.reason) == (Signal.HIGH, Reason.ONE_ORDER)
    after, untouched = panel(y[:156], top=top[:156]), panel(shop(200)[:156], top=np.full_like(y[:156], 90.0))
    assert one(after, last_day(after)).expected == pytest.approx(
        one(untouched, last_day(untouched)).expected, rel=0.05
    )


def test_what_happens_every_month_is_no_news() -> None:
    y = shop(360, noise=0.05)
    y[20::25] *= 3
    p = panel(y[: 20 + 25 * 13 + 1])
    assert one(p, last_day(p)).signal not in FLAGS


def test_a_scope_that_moves_as_the_whole_says_nothing_of_its_own() -> None:
    parts = shop(500, s=3)
    parts[-1] *= [0.3, 0.3, 0.3]
    p = panel(np.column_stack([parts.sum(axis=1), parts]), total=0)
    found = judge(p, [last_day(p)])[last_day(p)]
    assert found[0].signal is Signal.LOW
    assert {v.reason for v in found[1:]} == {Reason.AS_WHOLE}
    parts[-1, 1:] = shop(500, s=3)[-1, 1:]
    p = panel(np.column_stack([parts.sum(axis=1), parts]), total=0)
    assert [v.signal in FLAGS for v in judge(p, [last_day(p)])[last_day(p)]][1:] == [True, False, False]


def test_a_distinct_count_is_held_against_its_own_past() -> None:
    """Weeks hold 60 % of the sum of their daily customers; this one holds 25 %."""
    y = shop(280)
    p = panel(y)
    weeks = tuple(Span("week", START + timedelta(7 * k), START + timedelta(7 * k + 6)) for k in range(40))
    values = np.array([0.6 * y[7 * k : 7 * k + 7].sum(axis=0) for k in range(40)])
    for share, signal in ((0.6, Signal.NONE), (0.25, Signal.LOW)):
        history = History(weeks[:39], values[:39], values[39] / 0.6 * share)
        found = one(p, weeks[39], histories={"week": history})
        assert found.signal is signal
        assert found.expected == pytest.approx(0.6 * y[-7:].sum(), rel=0.15)


def test_false_alarms_on_pure_noise_are_rare() -> None:
    """40 quiet shops over 60 nights: day, week and month to date, 7,200 verdicts."""
    y, flagged = shop(560, s=40, noise=0.15, seed=11), 0
    for n in range(500, 560):
        p = panel(y[:n])
        day = p.days[-1].astype(object)
        spans = [
            last_day(p),
            Span("week", day - timedelta(day.weekday()), day),
            Span("month", day.replace(day=1), day),
        ]
        flagged += sum(v.signal in FLAGS for found in judge(p, spans).values() for v in found)
    assert flagged <= 3


JANUARY = date(2011, 1, 31)
FIRST_MONTHS = ("2010-12", "2011-01")
PAIR = ("541431", "C541433")


def january(skip: tuple[str, ...] = ()) -> Verdict:
    book = real.book(skip, months=FIRST_MONTHS)
    month = real.spans(JANUARY)[2]
    return one(real.panels(book, JANUARY)["cancelled_value"], month)


@pytest.mark.real_data
def test_january_2011_is_flagged_for_its_one_order() -> None:
    found = january()
    assert (found.signal, found.reason) == (Signal.HIGH, Reason.ONE_ORDER)
    assert found.value == pytest.approx(131364.30)


@pytest.mark.real_data
def test_january_2011_without_that_order_is_quiet() -> None:
    found = january(PAIR)
    assert found.signal is Signal.NONE
    assert found.value == pytest.approx(131364.30 - 77183.60)


def test_a_day_said_to_be_closed_is_no_outage() -> None:
    """A Wednesday without any sale opens an alert, unless the company said beforehand that it was closed."""
    y = shop(400)
    wednesday = 7 * 56 + 2
    y[wednesday] = 0
    silent = panel(y[: wednesday + 1])
    assert one(silent, last_day(silent)).signal is Signal.LOW
    day = silent.days[-1].astype(object)
    closed = replace(silent, calendar=Calendar(closures=frozenset({day})))
    assert one(closed, last_day(closed)).reason is Reason.CLOSED
    busy = panel(shop(400)[: wednesday + 1], calendar=Calendar(closures=frozenset({day})))
    assert one(busy, last_day(busy)).reason is not Reason.CLOSED


@pytest.mark.real_data
def test_real_closed_days_and_the_incomplete_day_raise_nothing() -> None:
    book = real.book()
    nights = [real.FIRST + timedelta(n) for n in range(17, 374)]
    orders = book.sums["orders"][:, 0]
    quiet = [day for day in nights if orders[(day - real.FIRST).days] == 0 or day == real.INCOMPLETE]
    assert len(quiet) > 60
    for day in quiet:
        for code in ("orders", "gross_revenue", "cancelled_value", "aov_gross"):
            today = real.spans(day)[0]
            assert one(real.panels(book, day)[code], today).signal not in FLAGS, (code, day)


def test_one_order_is_one_flag() -> None:
    """The order lies in the second scope; the whole is too large to be carried by it."""
    for size, whole in ((3000.0, Signal.NONE), (90_000.0, Signal.HIGH)):
        parts = shop(200, s=2, level=20_000, noise=0.02)
        parts[:, 1] /= 20
        top = np.full((200, 4), 90.0)
        parts[-1, 1] += size
        top[-1, [0, 2, 3]] = size
        twin = parts[:, 1:2]
        p = panel(np.column_stack([parts.sum(axis=1), parts, twin]), top=top, total=0)
        found = judge(p, [last_day(p)])[last_day(p)]
        assert found[0].signal is whole
        assert sum(v.signal in FLAGS for v in found) == 1
        assert Reason.SAME_ORDER in {v.reason for v in found}


def test_a_handful_of_orders_is_no_deviation() -> None:
    rng = np.random.default_rng(1)
    w = np.full((400, 1), 30.0)
    y = rng.binomial(30, 0.01, (400, 1)) / w
    for cancelled, signal in ((5, Signal.NONE), (15, Signal.HIGH)):
        y[-1] = cancelled / 30
        p = panel(y, w=w)
        assert one(p, last_day(p)).signal is signal


@pytest.mark.parametrize(("share", "reason"), [(0.3, Reason.SPARSE), (0.9, Reason.BEYOND)])
def test_a_day_of_what_is_empty_on_most_days_is_no_deviation(share: float, reason: Reason) -> None:
    """Refunds of one category come a few a month: a large one says nothing. Where some come each day, it does."""
    rng = np.random.default_rng(3)
    whole = rng.gamma(40, 2.5, (400, 1))
    part = np.where(rng.random((400, 1)) < share, rng.gamma(40, 0.5, (400, 1)), 0.0)
    part[-1] = 2000
    p = panel(np.column_stack([whole + part, part]), total=0)
    found = judge(p, [last_day(p)])[last_day(p)][1]
    assert found.reason is reason
    assert (found.signal in FLAGS) is (reason is Reason.BEYOND)
