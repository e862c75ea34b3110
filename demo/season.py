"""The shape of demand over the calendar: weekdays, seasons of each category, holidays, retail events, growth.

Pure: days in, factors out. A factor of 1 is an ordinary day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from base.events import public_holidays, retail_events
from demo.catalogue import CATEGORIES
from demo.world import GROWTH_A_YEAR, Bools, Days, Floats

# Monday to Sunday: people plan work on Sunday and Monday, and do it on Friday and Saturday.
WEEKDAY = np.array([1.07, 1.00, 0.97, 0.95, 0.92, 0.97, 1.12])
HOLIDAY_TRAFFIC = 0.88
QUIET_DATES = {(12, 24): 0.62, (12, 25): 0.48, (12, 31): 0.70, (1, 1): 0.66}
# School holidays as (month, day) ranges common to most zones: a mild lift, people are at home.
SCHOOL_HOLIDAYS = (
    ((2, 10), (3, 6)),
    ((4, 8), (5, 2)),
    ((7, 6), (8, 31)),
    ((10, 18), (11, 2)),
    ((12, 20), (12, 31)),
)
SCHOOL_TRAFFIC = 1.025


@dataclass(frozen=True)
class Push:
    """What a retail event does to traffic and conversion, and the share and depth of discounted lines."""

    traffic: float
    conversion: float
    share: float
    depth: float


ORDINARY = Push(1.0, 1.0, 0.07, 0.10)
PUSHES = {
    "winter_sales": Push(1.14, 1.05, 0.30, 0.25),
    "summer_sales": Push(1.12, 1.05, 0.30, 0.25),
    "french_days": Push(1.16, 1.06, 0.24, 0.20),
    "black_friday_week": Push(1.26, 1.08, 0.28, 0.22),
    "black_friday": Push(1.75, 1.16, 0.38, 0.26),
    "cyber_monday": Push(1.35, 1.10, 0.30, 0.22),
}


def day_of_year(days: Days) -> Floats:
    """Days since 1 January, as floats."""
    return np.asarray((days - days.astype("M8[Y]")).astype(float))


def category_curves(days: Days) -> Floats:
    """Demand of each category relative to its own yearly mean, (days, categories)."""
    return np.stack([_curve(day_of_year(days), category.peaks) for category in CATEGORIES], axis=1)


def _curve(doy: Floats, peaks: Iterable[tuple[int, int, float]]) -> Floats:
    def shape(at: Floats) -> Floats:
        total = np.ones_like(at)
        for center, width, height in peaks:
            apart = np.abs(at - center)
            total += height * np.exp(-0.5 * (np.minimum(apart, 365.25 - apart) / width) ** 2)
        return total

    return np.asarray(shape(doy) / shape(np.arange(365.0)).mean())


def is_warm(days: Days) -> Bools:
    """Mid-May to mid-September."""
    return np.asarray(np.abs(day_of_year(days) - 197) < 60)


def category_mix(days: Days) -> Floats:
    """Share of each category in the demand of a day, (days, categories), rows sum to 1."""
    demand = category_curves(days) * np.array([category.share for category in CATEGORIES])
    return np.asarray(demand / demand.sum(axis=1, keepdims=True))


def traffic(days: Days, origin: np.datetime64) -> Floats:
    """Factor on sessions of each day; growth is counted from ``origin``."""
    season = (category_curves(days) * np.array([category.share for category in CATEGORIES])).sum(axis=1)
    growth = (1 + GROWTH_A_YEAR) ** ((days - origin).astype(float) / 365.25)
    # Half of the season shows in traffic, the rest in conversion: people also come to look.
    return np.asarray(
        season**0.7
        * growth
        * WEEKDAY[_weekday(days)]
        * _holidays(days)
        * _school(days)
        * _pushed(days, "traffic")
    )


def conversion(days: Days) -> Floats:
    """Factor on the conversion of each day."""
    season = (category_curves(days) * np.array([category.share for category in CATEGORIES])).sum(axis=1)
    return np.asarray(season**0.3 * _pushed(days, "conversion"))


def discount_share(days: Days) -> Floats:
    """Share of the lines sold below list price."""
    return _pushed(days, "share")


def discount_depth(days: Days) -> Floats:
    """Mean discount of those lines."""
    return _pushed(days, "depth")


def _weekday(days: Days) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray((days.astype("M8[D]").astype(np.int64) + 3) % 7)


def _school(days: Days) -> Floats:
    place = np.array([(day.month, day.day) for day in days.astype(object)])
    code = place[:, 0] * 100 + place[:, 1]
    inside = [(code >= a[0] * 100 + a[1]) & (code <= b[0] * 100 + b[1]) for a, b in SCHOOL_HOLIDAYS]
    return np.where(np.any(inside, axis=0), SCHOOL_TRAFFIC, 1.0)


def _holidays(days: Days) -> Floats:
    dates: list[date] = list(days.astype(object))
    closed = public_holidays("FR", range(dates[0].year, dates[-1].year + 1))
    return np.array(
        [QUIET_DATES.get((day.month, day.day), HOLIDAY_TRAFFIC if day in closed else 1.0) for day in dates]
    )


def _pushed(days: Days, what: str) -> Floats:
    """The trait ``what`` of the push of each day; the first days of a sale weigh more: shelves are full."""
    factor = np.full(len(days), getattr(ORDINARY, what), dtype=float)
    for code, start, end in _windows(days):
        inside = (days >= start) & (days <= end)
        age = (days - start).astype(float)
        fresh = np.exp(-age / 6) if (end - start).astype(int) > 10 else np.ones(len(days))
        full, base = getattr(PUSHES[code], what), getattr(ORDINARY, what)
        factor[inside] = (base + (full - base) * (0.45 + 0.75 * fresh))[inside]
    return factor


def _windows(days: Days) -> list[tuple[str, np.datetime64, np.datetime64]]:
    """The retail events that touch the days, narrow ones last so that Black Friday stands out of its week."""
    years = range(days[0].astype(object).year, days[-1].astype(object).year + 1)
    found = [
        (event.code, np.datetime64(event.start), np.datetime64(event.end))
        for event in retail_events(years)
        if event.code in PUSHES
    ]
    return sorted(found, key=lambda window: (window[1] - window[2], window[1]))
