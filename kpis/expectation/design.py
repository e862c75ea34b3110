"""The calendar as columns: one design matrix, shared by all series of a panel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from .types import Bools, Calendar, Days, Floats, Ints

YEAR = 365.25
FOURIER_FROM = 548  # days: 1.5 years
FOURIER_PAIRS = 6
# Prior standard deviations of effects, in log units (ridge penalties are noise variance / prior variance).
PRIOR = {
    "level": 10.0, "trend": 0.3, "weekday": 1.0, "month": 0.15, "season": 0.4, "holiday": 0.5, "event": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class Design:
    """x: n × p columns; prior: p prior standard deviations; seasonal: whether the year is modelled."""

    x: Floats
    prior: Floats
    seasonal: bool

    @cached_property
    def products(self) -> Floats:
        """n × p(p+1)/2: each pair of columns multiplied, so that one product gives all series' normal equations."""
        first, second = np.triu_indices(self.x.shape[1])
        return np.asarray(self.x[:, first] * self.x[:, second])

    @cached_property
    def places(self) -> Ints:
        """p × p: where in the products the pair of two columns stands, in either order."""
        upper = np.triu_indices(self.x.shape[1])
        places = np.empty((self.x.shape[1], self.x.shape[1]), np.int64)
        places[upper] = places.T[upper] = np.arange(len(upper[0]))
        return places


def weekdays(days: Days) -> Ints:
    """ISO weekday, 1-7, of each day (1970-01-01 was a Thursday)."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7 + 1


def monthdays(days: Days) -> tuple[Ints, Ints]:
    """Day of the month from its start (0 is the first) and from its end (0 is the last)."""
    month = days.astype("datetime64[M]")
    first = month.astype("datetime64[D]")
    last = (month + 1).astype("datetime64[D]") - 1
    return (days - first).astype(np.int64), (last - days).astype(np.int64)


def marks(days: Days, dated: Iterable[tuple[date, str]]) -> dict[str, Bools]:
    """code → n booleans, for the dated codes that fall inside the days."""
    found: dict[str, Bools] = {}
    for day, code in dated:
        at = int((np.datetime64(day, "D") - days[0]).astype(np.int64))
        if 0 <= at < len(days):
            found.setdefault(code, np.zeros(len(days), bool))[at] = True
    return found


def holiday_marks(days: Days, calendar: Calendar) -> dict[str, Bools]:
    """code → days, for public holidays."""
    return marks(days, calendar.holidays.items())


def event_marks(days: Days, calendar: Calendar) -> dict[str, Bools]:
    """code → days, for retail events; in one order, for sets have another in each process."""
    return marks(days, ((day, code) for day, codes in calendar.events.items() for code in sorted(codes)))


def shifted(mark: Bools, by: int) -> Bools:
    """The mark moved by that many days (positive: later)."""
    out = np.zeros_like(mark)
    if by > 0:
        out[by:] = mark[:-by]
    elif by < 0:
        out[:by] = mark[-by:]
    else:
        out[:] = mark
    return out


def _base(days: Days) -> dict[str, list[Floats]]:
    weekday, n = weekdays(days), len(days)
    since, left = monthdays(days)
    return {
        "level": [np.ones(n)],
        "trend": [(days - days[-1].astype("datetime64[M]")).astype(np.int64) / YEAR],
        "weekday": [(weekday == d).astype(float) for d in range(1, 8)],
        "month": [
            np.clip(1 - since / 5, 0, 1),
            np.clip(1 - left / 5, 0, 1),
            np.clip(1 - abs(since - 14) / 5, 0, 1),
        ],
    }


def _season(days: Days) -> list[Floats]:
    angle = 2 * np.pi * days.astype("datetime64[D]").astype(np.int64) / YEAR
    return [wave(k * angle) for k in range(1, FOURIER_PAIRS + 1) for wave in (np.sin, np.cos)]


def _around_holidays(days: Days, calendar: Calendar) -> list[Floats]:
    """Each holiday, its eve and its morrow: what all share, and (ridge decides) what is its own."""
    own = list(holiday_marks(days, calendar).values())
    if not own:
        return []
    marked = [np.any(own, axis=0), *own]
    return [shifted(mark, by).astype(float) for mark in marked for by in (-1, 0, 1)]


def _events(days: Days, calendar: Calendar) -> list[Floats]:
    """Each event, and the opening days of those that last over a week."""
    columns = []
    for mark in event_marks(days, calendar).values():
        columns.append(mark.astype(float))
        opening = mark & ~shifted(mark, 2)
        if mark.sum() > 7 and opening.any():
            columns.append(opening.astype(float))
    return columns


def build(days: Days, calendar: Calendar) -> Design:
    """The design matrix over these days; Fourier terms only from 1.5 years on.

    The rows of past days stay the same while the month of the last day lasts.
    """
    groups = _base(days)
    seasonal = len(days) >= FOURIER_FROM
    groups["season"] = _season(days) if seasonal else []
    groups["holiday"] = _around_holidays(days, calendar)
    groups["event"] = _events(days, calendar)
    columns = [column for group in groups.values() for column in group]
    prior = [PRIOR[name] for name, group in groups.items() for _ in group]
    return Design(np.column_stack(columns), np.array(prior), seasonal)


_last: tuple[Days, Calendar, Design] | None = None


def design_of(days: Days, calendar: Calendar) -> Design:
    """What ``build`` gives, kept for the next question: all indicators of a night ask for the same one."""
    global _last  # noqa: PLW0603  # one place, replaced whole
    last = _last
    if last is None or not np.array_equal(last[0], days) or last[1] != calendar:
        _last = last = (days, calendar, build(days, calendar))
    return last[2]
