"""One indicator looked at closely: its values over time, by segment, and where they come from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from base.calendar import CalendarRules, Grain, Period, last_periods, period_of, to_date
from base.charts import Series
from base.components import Chart
from intake.models import ImportRun
from intake.rights import kinds_seen_by
from kpis.catalogue import Catalogue
from kpis.compared_values import Comparing, Comparisons, answer
from kpis.coverage import LAST_RUNS, LastRun
from kpis.formula import Ref
from kpis.formula_traits import adds_up
from kpis.models import Indicator, Measure
from kpis.pages import words
from kpis.pages.addresses import made_of
from kpis.values import Amount, Question, Value

# How many periods of each grain are shown when nothing else is asked.
SHOWN = {Grain.DAY: 90, Grain.WEEK: 53, Grain.MONTH: 25, Grain.QUARTER: 12, Grain.YEAR: 5}
GRAINS = tuple(SHOWN)
COMPARED = ("n1", "target")
SEGMENT_GRAINS = (Grain.MTD, Grain.WTD, Grain.QTD, Grain.YTD)


@dataclass(frozen=True)
class View:
    """What the page shows: the grain, the segment looked at, the dimension split by, and the last day known."""

    grain: Grain
    as_of: date
    rules: CalendarRules
    where: Mapping[str, str]
    by: str = ""
    shown: int = 0

    @property
    def periods(self) -> list[Period]:
        """The periods shown, oldest first; the running one last, to date."""
        count = self.shown or SHOWN[self.grain]
        whole = last_periods(self.grain, self.as_of, count, self.rules)
        current = period_of(self.grain, self.as_of, self.rules)
        return whole if current.end == self.as_of else [*whole[1:], current]


@dataclass(frozen=True)
class Row:
    """A value with its comparisons; ``share`` is its part of the whole where parts add up."""

    value: Value
    told: Comparisons
    share: float | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def made_of(self) -> str:
        """The address of what the value is made of."""
        period = self.value.period
        return made_of(self.value.indicator, period.start, period.end, {**self.where, **self.value.segment})

    @property
    def reason(self) -> str:
        """Why there is no value, in words."""
        return words.reason(self.value.reason)

    def versus(self, name: str) -> Amount:
        """The change against a comparison: in points for a ratio, else relative."""
        told = self.told[name]
        return told.change if told.points is None else told.points

    @property
    def last_year(self) -> Amount:
        """Last year's value where it is that of the whole period shown, so that a line does not mislead."""
        told = self.told["n1"]
        return told.value if told.current == self.value.value else None

    @property
    def vs_target(self) -> Amount:
        return self.versus("target")

    @property
    def vs_last_year(self) -> Amount:
        return self.versus("n1")


def over_time(indicator: Indicator, view: View, catalogue: Catalogue) -> list[Row]:
    """Values of the periods shown with their comparisons, oldest first; a running period is compared to date."""
    question = Question((indicator.code,), tuple(view.periods), where=view.where)
    asked = Comparing(question, view.grain, view.rules, COMPARED, view.as_of)
    return [Row(value, told, where=view.where) for value, told in answer(asked, catalogue)]


def by_segment(indicator: Indicator, view: View, grain: Grain, catalogue: Catalogue) -> list[Row]:
    """The running period of a to-date grain, split by the dimension, largest first."""
    question = Question((indicator.code,), (to_date(grain, view.as_of, view.rules),), (view.by,), view.where)
    asked = Comparing(question, grain, view.rules, COMPARED, view.as_of)
    found = answer(asked, catalogue)
    known = [value.value for value, _told in found if value.value is not None]
    total = (
        sum(known) if adds_up(catalogue, indicator.code) and all(amount >= 0 for amount in known) else None
    )
    rows = [Row(value, told, _share(value.value, total), view.where) for value, told in found]
    return sorted(rows, key=lambda row: (row.value.value is None, -(row.value.value or 0)))


def _share(part: Amount, total: Amount | int) -> float | None:
    return float(part / total) if part is not None and total else None


def chart_of(indicator: Indicator, rows: Sequence[Row], view: View) -> Chart:
    """The figure, last year and the target over the periods shown."""
    series = [
        Series("current", indicator.name, [row.value.value for row in rows]),
        Series("last_year", _("Last year"), [row.last_year for row in rows]),
    ]
    targets = [row.told["target"].value for row in rows]
    if any(target is not None for target in targets):
        series.append(Series("target", _("Target"), targets))
    return Chart(
        title=indicator.name,
        dates=[row.value.period.start for row in rows],
        series=series,
        unit=indicator.unit,
        decimals=indicator.decimals,
        grain=str(view.grain),
        from_zero=indicator.unit in ("money", "count"),
        id="over-time",
    )


def dimensions_of(indicator: Indicator, catalogue: Catalogue) -> dict[str, str]:
    """The dimensions along which every measure of the indicator is known: names by code."""
    refs = catalogue.refs(indicator.code)
    return {
        code: dimension.name
        for code, dimension in catalogue.dimensions.items()
        if all(catalogue.cut_for(ref, [code]) for ref in refs)
    }


@dataclass(frozen=True)
class Origin:
    """A measure of a formula: where its figures come from and how far they reach."""

    measure: Measure
    ref: Ref
    source: str
    known: str  # the days, in words
    runs: Sequence[LastRun]


def origins(indicator: Indicator, catalogue: Catalogue, reader: Any) -> list[Origin]:
    """Each measure down to the last imports that speak for it, of those the reader may see. One query, kept with the
    catalogue.
    """
    refs = sorted(catalogue.refs(indicator.code), key=lambda ref: ref.code)
    last = {ref.code: catalogue.spoke_last(ref.code)[:LAST_RUNS] for ref in refs}
    seen = _seen({run for runs in last.values() for run in runs}, catalogue, reader)
    return [_origin(ref, catalogue, last[ref.code], seen) for ref in refs]


def _origin(ref: Ref, catalogue: Catalogue, runs: Sequence[LastRun], seen: Collection[int]) -> Origin:
    source = words.source_in_words(runs[0].source) if runs else ""
    shown = [run for run in runs if run.pk in seen]
    known = words.days_in_words(catalogue.spoken(ref.code))
    return Origin(catalogue.measures[ref.code], ref, source, known, shown)


def _seen(runs: Collection[LastRun], catalogue: Catalogue, reader: Any) -> Collection[int]:
    """Those the reader may see: their kind says so; where a measure is closed to them, each run is asked."""
    kinds = {kind.code for kind in kinds_seen_by(reader)}
    found = {run.pk for run in runs if run.kind in kinds}
    if not catalogue.closed:
        return found
    return set(ImportRun.objects.visible_to(reader).filter(pk__in=found).values_list("pk", flat=True))


def default_as_of(published: date | None, latest: date | None, today: date) -> date:
    """The night readers see, else the last day known, else yesterday."""
    return published or latest or today - timedelta(days=1)
