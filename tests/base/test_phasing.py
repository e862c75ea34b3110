"""Phasing: shares that sum exactly, and the shape they follow."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.phasing import phase, weights_for

CENT = Decimal("0.01")
EVERY_DAY = frozenset(range(1, 8))
MINORS = st.sampled_from([Decimal(1), Decimal("0.1"), CENT, Decimal("0.0001"), Decimal(5)])
TOTALS = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=3)
WEIGHTS = st.lists(
    st.one_of(st.integers(0, 10**6), st.decimals(0, 10**6, places=4, allow_nan=False)),
    min_size=1,
    max_size=60,
)


def d(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


@given(TOTALS, WEIGHTS, MINORS)
def test_shares_sum_exactly_and_lie_within_a_minor_unit_of_their_proportion(
    total: Decimal, weights: list[Decimal | int], minor: Decimal
) -> None:
    shares = phase(total, weights, minor)
    assert sum(shares) == total
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(Decimal(w) for w in weights)
    for share, weight in zip(shares, weights, strict=True):
        assert (
            abs(share - total * weight / whole) < 2 * minor
        )  # one for the rounding, one for the rest below it
        assert share * total >= 0


@given(TOTALS, WEIGHTS, MINORS)
def test_a_day_without_weight_gets_nothing_and_shares_are_whole_minor_units(
    total: Decimal, weights: list[Decimal | int], minor: Decimal
) -> None:
    total = (total // minor) * minor
    whole = sum(Decimal(w) for w in weights)
    for share, weight in zip(phase(total, weights, minor), weights, strict=True):
        assert share % minor == 0
        assert not whole or abs(share - total * weight / whole) < minor
        assert weight or share == 0 or not any(weights)


@given(TOTALS, WEIGHTS, MINORS)
def test_the_opposite_total_gives_the_opposite_shares(
    total: Decimal, weights: list[Decimal | int], minor: Decimal
) -> None:
    assert phase(-total, weights, minor) == [-share for share in phase(total, weights, minor)]


@given(TOTALS, WEIGHTS)
def test_a_heavier_day_never_gets_less(total: Decimal, weights: list[Decimal | int]) -> None:
    total = abs(total.quantize(CENT))
    paired = sorted(zip(weights, phase(total, weights, CENT), strict=True))
    for (light, less), (heavy, more) in pairwise(paired):
        assert less <= more or light == heavy


@pytest.mark.parametrize(
    ("total", "weights", "minor", "shares"),
    [
        ("100.00", [1, 1, 1], "0.01", ["33.33", "33.34", "33.33"]),
        ("-100.00", [1, 1, 1], "0.01", ["-33.33", "-33.34", "-33.33"]),
        ("10", [5, 3, 2], "1", ["5", "3", "2"]),
        ("1", [0, 0], "0.01", ["0.50", "0.50"]),
        ("0", [3, 1], "0.01", ["0", "0"]),
        ("0.005", [1, 3], "0.01", ["0", "0.005"]),
        ("4", [1] * 8, "1", ["0", "1"] * 4),
        ("10", [25, 14, 11], "1", ["5", "3", "2"]),
        ("7", [2, 1, 1], "1", ["3", "2", "2"]),
    ],
)
def test_named_shares(total: str, weights: list[int], minor: str, shares: list[str]) -> None:
    assert phase(Decimal(total), weights, Decimal(minor)) == d(*shares)


@pytest.mark.parametrize(
    ("weights", "minor"), [([], CENT), ([1, -1], CENT), ([1], Decimal(0)), ([1], Decimal("-0.01"))]
)
def test_what_cannot_be_phased_is_refused(weights: list[int], minor: Decimal) -> None:
    with pytest.raises(ValueError, match="at least one weight"):
        phase(Decimal(1), weights, minor)


WEEK = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
TWO_WEEKS = [date(2026, 11, 23) + timedelta(days=n) for n in range(14)]
NO_SUNDAY = frozenset(range(1, 7))


def test_last_year_is_the_first_choice() -> None:
    last_year = dict(zip(WEEK, d("5", "4", "3", "2", "9", "0", "-1"), strict=True))
    assert weights_for(WEEK, last_year, {1: Decimal(1)}, EVERY_DAY) == d("5", "4", "3", "2", "9", "0", "0")


def test_days_last_year_does_not_know_weigh_like_their_weekday() -> None:
    known = dict(zip(TWO_WEEKS[:9], d("5", "4", "3", "2", "9", "1", "1", "7", "6"), strict=True))
    weights = weights_for(TWO_WEEKS, known, None, EVERY_DAY)
    assert weights == d("5", "4", "3", "2", "9", "1", "1", "7", "6", "3", "2", "9", "1", "1")
    without_thursday = {day: value for day, value in known.items() if day.isoweekday() != 4}
    assert weights_for(TWO_WEEKS, without_thursday, None, EVERY_DAY)[3] == Decimal(36) / 8


def test_too_little_of_last_year_is_no_shape() -> None:
    last_year = dict(zip(WEEK[:3], d("5", "4", "3"), strict=True))
    shape = dict(zip(range(1, 8), d("1", "2", "3", "4", "5", "6", "7"), strict=True))
    assert weights_for(WEEK, last_year, shape, EVERY_DAY) == d("1", "2", "3", "4", "5", "6", "7")


@pytest.mark.parametrize("last_year", [None, {}, dict.fromkeys(WEEK, Decimal(0))])
@pytest.mark.parametrize("shape", [None, {}, dict.fromkeys(range(1, 8), Decimal(0))])
def test_without_any_shape_open_days_weigh_alike(
    last_year: dict[date, Decimal] | None, shape: dict[int, Decimal] | None
) -> None:
    assert weights_for(WEEK, last_year, shape, NO_SUNDAY) == d("1", "1", "1", "1", "1", "1", "0")


def test_closed_weekdays_weigh_nothing_unless_all_are() -> None:
    last_year = dict.fromkeys(WEEK, Decimal(3))
    assert weights_for(WEEK, last_year, None, NO_SUNDAY) == d("3", "3", "3", "3", "3", "3", "0")
    assert weights_for([WEEK[6]], None, None, NO_SUNDAY) == d("1")
    assert weights_for(WEEK, None, None, frozenset()) == d("1", "1", "1", "1", "1", "1", "1")


@given(
    TOTALS,
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 400),
    st.frozensets(st.integers(1, 7)),
    st.dictionaries(st.integers(0, 400), st.decimals(-1000, 10**6, places=2, allow_nan=False), max_size=400),
)
def test_any_period_can_be_phased(
    total: Decimal, start: date, length: int, open_weekdays: frozenset[int], known: dict[int, Decimal]
) -> None:
    days = [start + timedelta(days=n) for n in range(length)]
    last_year = {start + timedelta(days=n): value for n, value in known.items()}
    weights = weights_for(days, last_year, None, open_weekdays)
    shares = phase(total, weights, CENT)
    assert len(shares) == length
    assert sum(shares) == total
