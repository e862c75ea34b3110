"""Days on which nothing is expected: closed weekdays (learned), closed holidays, closures around them."""

from datetime import timedelta

import numpy as np

from .design import holiday_marks, shifted, weekdays
from .types import Bools, Floats, Ints, Panel

WEEKS = 8  # a weekday without activity that many times in a row is closed
LONGEST = 14  # days: a closure around a holiday is no longer than this
RARE = 0.05  # share of empty days under which an empty day is not normal trade


def activity(panel: Panel) -> Floats:
    """What shows the shop was open that day: a ratio's denominator, else the value (NaN: unknown)."""
    return np.where(np.isfinite(panel.y), np.abs(panel.y), np.nan) if panel.w is None else panel.w


def closed_weekdays(active: Floats, weekday: Ints) -> Bools:
    """n × s: this day's weekday had no activity the last 8 times before it (at least 2 times known)."""
    closed = np.zeros(active.shape, bool)
    for d in range(1, 8):
        at = np.flatnonzero(weekday == d)
        known = np.vstack([np.zeros((1, active.shape[1])), np.cumsum(np.isfinite(active[at]), axis=0)])
        busy = np.vstack([np.zeros((1, active.shape[1])), np.cumsum(np.nan_to_num(active[at]) != 0, axis=0)])
        now = np.arange(len(at))
        then = np.maximum(now - WEEKS, 0)
        closed[at] = (busy[now] - busy[then] == 0) & (known[now] - known[then] >= 2)
    return closed


def _near_holiday(panel: Panel) -> Bools:
    """Days that are a public holiday, its eve or its morrow (tomorrow's holiday is known today)."""
    after = {day - timedelta(1): code for day, code in panel.calendar.holidays.items()}
    own = holiday_marks(panel.days, panel.calendar)
    eve = holiday_marks(panel.days, type(panel.calendar)(holidays=after))
    mark = np.zeros(len(panel.days), bool)
    for day in own.values():
        mark |= day | shifted(day, 1)
    for day in eve.values():
        mark |= day
    return mark


def _holidays_open(panel: Panel, active: Floats) -> Bools:
    """n × s: holidays before this day were mostly worked (so an empty one is not a closure)."""
    day = np.zeros(len(panel.days), bool)
    for mark in holiday_marks(panel.days, panel.calendar).values():
        day |= mark
    known = np.cumsum(np.isfinite(active) & day[:, None], axis=0)
    busy = np.cumsum((np.nan_to_num(active) != 0) & day[:, None], axis=0)
    return np.vstack([np.zeros((1, active.shape[1]), bool), ((known >= 3) & (busy * 2 > known))[:-1]])


def _spread_along(seed: Bools, empty: Bools) -> Bools:
    """Grows the seed over adjoining empty days, both ways, at most LONGEST days."""
    grown = seed & empty
    for _ in range(LONGEST):
        wider = grown.copy()
        wider[1:] |= grown[:-1]
        wider[:-1] |= grown[1:]
        wider &= empty
        if (wider == grown).all():
            break
        grown = wider
    return grown


def _declared(panel: Panel) -> Bools:
    """n: days the company said it was closed."""
    days = np.array(sorted(panel.calendar.closures), dtype="datetime64[D]")
    return np.asarray(np.isin(panel.days.astype("datetime64[D]"), days))


def closed_days(panel: Panel) -> Bools:
    """n × s: days on which nothing was to be expected, each decided from its past and the calendar only."""
    active = activity(panel)
    weekday = weekdays(panel.days)
    shut = closed_weekdays(active, weekday)
    empty = np.isfinite(active) & (active == 0)
    not_open = ~np.isin(weekday, list(panel.calendar.open_weekdays)) | _declared(panel)
    seed = _near_holiday(panel)[:, None] & ~_holidays_open(panel, active)
    return np.asarray(shut | (empty & not_open[:, None]) | _spread_along(seed, empty))


def unused_days(panel: Panel, closed: Bools, rows: int) -> Bools:
    """rows × s: days the fit leaves out: closed ones, and lone empty days where empty days are rare."""
    active = activity(panel)[:rows]
    empty = np.isfinite(active) & (active == 0)
    weekday = weekdays(panel.days)
    now_closed = np.zeros((rows, active.shape[1]), bool)
    for d in range(1, 8):
        at = np.flatnonzero(weekday[:rows] == d)
        if len(at) >= 2:
            now_closed[at] = (np.nan_to_num(active[at[-WEEKS:]]) == 0).all(axis=0)
    out = closed[:rows] | (now_closed & empty)
    lone = empty & ~out
    rare = lone.sum(axis=0) < RARE * np.maximum((~out).sum(axis=0), 1)
    return np.asarray(out | (lone & rare))
