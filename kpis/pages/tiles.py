"""Indicators as last night saw them: lines of lists and tiles of the cockpit."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import dates
from base.charts import Value
from base.components import Tile
from kpis.models import Gap, Indicator, Signal, Unit
from kpis.night.target_status import relative
from kpis.pages.addresses import made_of

LIST_DAYS = 42


def movement(gap: Gap) -> str:
    """The signal; "edge" for what no rule calls one though it is outside the expected range shown beside it, "missing"
    and "partial" for what cannot be judged because no day is known, or not all of them.
    """
    if gap.signal == Signal.UNKNOWN and gap.reason == "no_data":
        return "missing"
    if gap.signal == Signal.UNKNOWN and (gap.reason == "partial" or gap.days_present < gap.days_expected):
        return "partial"
    if gap.signal != Signal.NOISE or gap.value is None or gap.low is None or gap.high is None:
        return gap.signal
    return gap.signal if gap.low <= gap.value <= gap.high else "edge"


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator and its gap of one grain; both gaps in points for a ratio, else relative."""

    indicator: Indicator
    gap: Gap | None
    spark: list[float | None]

    @property
    def points(self) -> bool:
        return self.indicator.unit == Unit.RATIO

    @property
    def change_decimals(self) -> int:
        """Points are told as closely as the ratio itself."""
        return max(1, self.indicator.decimals) if self.points else 1

    @property
    def value(self) -> float | None:
        return self.gap.value if self.gap else None

    @property
    def vs_target(self) -> float | None:
        return self._versus(self.gap.value, self.gap.target) if self.gap else None

    @property
    def vs_last_year(self) -> float | None:
        """On the days both years know."""
        return self._versus(self.gap.n1_now, self.gap.n1) if self.gap else None

    def _versus(self, value: float | None, reference: float | None) -> float | None:
        if self.points:
            return None if value is None or reference is None else value - reference
        return relative(value, reference)

    @property
    def url(self) -> str:
        return page_of_indicator(self.indicator.code)

    @property
    def made_of(self) -> str:
        return made_of(self.indicator.code, self.gap.start, self.gap.end) if self.gap else ""

    @property
    def recent(self) -> list[float | None]:
        """The days of a line's small chart: what its width can show."""
        return self.spark[-LIST_DAYS:]

    @property
    def signal(self) -> str:
        """What the movement says; empty for a past whole period, which no night judges again."""
        if self.gap is None:
            return Signal.UNKNOWN
        past = self.gap.grain in ("week", "month") and self.gap.expected is None
        return "" if past else movement(self.gap)

    def tile(self, heading: str = "") -> Tile:
        gap, indicator = self.gap, self.indicator
        return Tile(
            label=indicator.name,
            value=gap.value if gap else None,
            unit=indicator.unit,
            decimals=indicator.decimals,
            url=self.url,
            period=_days_of(gap) if gap else "",
            status=gap.status if gap else "none",
            signal=self.signal,
            vs_target=self.vs_target,
            vs_last_year=self.vs_last_year,
            points=self.points,
            direction=indicator.direction,
            spark=self.spark,
            made_of=self.made_of,
            heading=heading,
        )


def _days_of(gap: Gap) -> str:
    """The period of a figure, and how many of its days are known where that is not all of them."""
    period = dates.period(gap.start, gap.end)
    if not 0 < gap.days_present < gap.days_expected:
        return period
    told = _("%(period)s, %(known)s of %(days)s days known")
    return told % {"period": period, "known": gap.days_present, "days": gap.days_expected}


@lru_cache(maxsize=2_000)
def page_of_indicator(code: str) -> str:
    return reverse("indicator_detail", args=[code])


GROUPS = {
    "sales": gettext_lazy("Sales"),
    "customers": gettext_lazy("Customers"),
    "audience": gettext_lazy("Audience"),
    "advertising": gettext_lazy("Advertising"),
    "logistics": gettext_lazy("Logistics and stock"),
    "service": gettext_lazy("Customer service"),
    "site": gettext_lazy("Site quality"),
    "": gettext_lazy("Other indicators"),
}


def lines(indicators: Iterable[Indicator], grain: str) -> list[IndicatorLine]:
    """The indicators in their order, each with its published gap of the grain. One query more than the indicators'."""
    indicators = list(indicators)
    wanted = Gap.objects.published().whole().filter(indicator__in=indicators, grain__in=[grain, "day"])
    gaps: dict[tuple[int, str], Gap] = {}
    for gap in wanted:
        gaps[gap.indicator_id, gap.grain] = gap
    out: list[IndicatorLine] = []
    for indicator in indicators:
        day = gaps.get((indicator.pk, "day"))
        spark: list[Value] = list(day.spark or []) if day else []
        out.append(IndicatorLine(indicator, gaps.get((indicator.pk, grain)), _floats(spark)))
    return out


def _floats(values: Iterable[Value]) -> list[float | None]:
    return [None if v is None else float(v) for v in values]
