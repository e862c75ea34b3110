"""One indicator of one night, as arrays over its scopes: what gaps are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from base.calendar import CalendarRules, Grain, Period, period_of, to_date
from kpis.catalogue import Catalogue
from kpis.comparisons import Pair, compare, trim
from kpis.expectation.types import Calendar
from kpis.formula import Node, Ref, evaluate_arrays
from kpis.formula_traits import has_distinct
from kpis.models import Indicator
from kpis.night.panels import Daily, Floats
from kpis.targets import TargetBook

NOVEL = "new_customers"
# As a guess: by then, whoever buys now and then has bought once.
NOVEL_DAYS = 91
TO_DATE = {"wtd": "week", "mtd": "month"}


@dataclass(frozen=True)
class Night:
    """What all indicators of a night share."""

    as_of: date
    rules: CalendarRules
    calendar: Calendar
    partial: bool
    catalogue: Catalogue
    targets: TargetBook
    # Values that no sum of days gives (distinct customers): (indicator, period) → segment key → value.
    counted: Mapping[tuple[str, Period], Mapping[str, float]] = field(default_factory=dict)

    def periods(self) -> dict[str, Period]:
        """The periods a night looks at: the day, the week and month to date, and the last whole week and month."""
        day = Period(self.as_of, self.as_of)
        return {
            "day": day,
            "wtd": to_date(Grain.WTD, self.as_of, self.rules),
            "week": last_whole(Grain.WEEK, self.as_of, self.rules),
            "mtd": to_date(Grain.MTD, self.as_of, self.rules),
            "month": last_whole(Grain.MONTH, self.as_of, self.rules),
        }


def like_for_like(night: Night, code: str, name: str, grain: str, period: Period) -> Pair | None:
    """The two periods of a comparison on the days both sides know; None where there is nothing alike."""
    pair = compare(name, Grain(grain), period, night.rules, night.as_of)
    known = night.catalogue.spoken_for(code)
    trimmed = trim(pair, known, known) if isinstance(pair, Pair) else pair
    return trimmed if isinstance(trimmed, Pair) else None


def last_whole(grain: Grain, as_of: date, rules: CalendarRules) -> Period:
    """The last period of the grain that has ended by ``as_of``."""
    current = period_of(grain, as_of, rules)
    return current if current.end == as_of else period_of(grain, current.start - timedelta(days=1), rules)


@dataclass(frozen=True)
class Figure:
    """One indicator of one night, as arrays over its scopes."""

    night: Night
    indicator: Indicator
    formula: Node
    keys: tuple[str, ...]
    daily: Mapping[Ref, Daily]

    def over(self, period: Period) -> Floats:
        """Values by scope; NaN where unknown."""
        if has_distinct(self.night.catalogue, self.indicator.code):
            counted = self.night.counted.get((self.indicator.code, period), {})
            return np.array([counted.get(key, np.nan) for key in self.keys])
        return self.evaluated(self.formula, period)

    def against(self, name: str, grain: str, period: Period) -> tuple[Floats, Floats]:
        """(reference, current) values of a comparison, both on the days that both sides know; NaN without any."""
        pair = like_for_like(self.night, self.indicator.code, name, grain, period)
        if pair is None:
            nothing = np.full(len(self.keys), np.nan)
            return nothing, nothing
        return self.over(pair.reference), self.over(pair.current)

    def known_part(self, period: Period) -> Period | None:
        """The period as far as it is known, when that is without holes: a target is read over the same days."""
        ranges = self.night.catalogue.spoken_for(self.indicator.code).within(period.start, period.end).ranges
        return Period(*ranges[0]) if len(ranges) == 1 else None

    def evaluated(self, node: Node, period: Period) -> Floats:
        values = evaluate_arrays(node, lambda ref: self._over(ref, period))
        return np.broadcast_to(np.asarray(values, dtype=np.float64), (len(self.keys),))

    def _over(self, ref: Ref, period: Period) -> Floats:
        """Unknown where nothing was read: what a unit is worth may need a measure no file has told of yet."""
        daily = self.daily.get(ref)
        if daily is None or not daily.holds(period):
            return np.full(len(self.keys), np.nan)
        return daily.over(period)

    def novel_until(self) -> date | None:
        """Who bought before the first order file is unknown, so nearly every customer looks new at first: until that
        day, what is made of new customers says nothing of what is usual. None where it all does, as where a file of
        figures tells who is new.
        """
        catalogue = self.night.catalogue
        known = catalogue.spoken(NOVEL).first
        from_orders = any(cut.is_orders for cut in catalogue.cuts.get(NOVEL, ()))
        made_of_it = any(ref.code == NOVEL for ref in catalogue.refs(self.indicator.code))
        return known + timedelta(days=NOVEL_DAYS) if known and from_orders and made_of_it else None

    def whole_days(self, period: Period) -> int:
        """Days of the period for which every measure is known, on the whole."""
        refs = self.night.catalogue.refs(self.indicator.code)
        found = [self.daily[ref] for ref in refs]
        known = [np.isfinite(d.value[d.rows(period), :1]).all(axis=1) for d in found]
        return int(np.logical_and.reduce(known).sum()) if known else 0


PAST = {"wtd": 26, "mtd": 18}


def past_periods(grain: str, as_of: date, rules: CalendarRules) -> list[Period]:
    """The periods before the running one, oldest first, each cut to the days elapsed in the running one."""
    running = to_date(Grain(grain), as_of, rules)
    whole, past = Grain(TO_DATE[grain]), list[Period]()
    day = running.start - timedelta(days=1)
    for _n in range(PAST[grain]):
        period = period_of(whole, day, rules)
        past.append(period.first(min(running.days, period.days)))
        day = period.start - timedelta(days=1)
    return past[::-1]
