"""What the page of a deviation shows: its figures, the days around it, the orders that weigh most, its provenance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.access import rights_of
from base import dates, formats
from base.calendar import CalendarRules, Grain, Period
from base.charts import Series
from base.components import Chart
from base.handling.history import Step
from kpis.catalogue import Catalogue
from kpis.compared_values import Comparing, answer
from kpis.heaviest_orders import HeavyOrder, heaviest_orders, measure_carried
from kpis.models import Deviation, NightlyRun
from kpis.models.deviations import DeviationQuerySet
from kpis.pages import sentences, words
from kpis.pages.addresses import made_of_deviation
from kpis.pages.explore import Origin, origins
from kpis.values import Question

DAYS_SHOWN = 60
FAMILY_SHOWN = 40
DAYS_AFTER = 14


@dataclass(frozen=True)
class Figures:
    """Everything the page computes for a deviation; the catalogue it asked is that of the day it was seen."""

    deviation: Deviation
    catalogue: Catalogue
    rules: CalendarRules

    @property
    def days(self) -> Period:
        """The days of the chart: the flagged ones, some after them where known, and at least 60 in all."""
        last = self.deviation.last_day
        known = self.catalogue.spoken_for(self.deviation.indicator.code).last
        end = max(last, min(known or last, last + timedelta(days=DAYS_AFTER)))
        start = min(self.deviation.start - timedelta(days=7), end - timedelta(days=DAYS_SHOWN - 1))
        return Period(start, end)

    def chart(self) -> Chart:
        """The daily figure with its target and last year's comparable day; five queries at most."""
        deviation, indicator = self.deviation, self.deviation.indicator
        days = list(self.days)
        where = {name: value for name, value in deviation.segment.values.items() if value is not None}
        question = Question((indicator.code,), tuple(Period(day, day) for day in days), where=where)
        compared = ("n1_comparable", "target")
        asked = Comparing(question, Grain.DAY, self.rules, compared, deviation.view)
        rows = answer(asked, self.catalogue)
        series = [Series("current", _("Actual"), [value.value for value, _told in rows])]
        for key, name, label in (
            ("last_year", "n1_comparable", _("Last year")),
            ("target", "target", _("Target")),
        ):
            values = [told[name].value for _value, told in rows]
            if any(value is not None for value in values):
                series.append(Series(key, label, values))
        return Chart(
            title=self._chart_title(),
            dates=days,
            series=series,
            unit=indicator.unit,
            decimals=indicator.decimals,
            from_zero=indicator.unit in ("money", "count"),
            id="days-around",
        )

    def _chart_title(self) -> str:
        if self.deviation.grain == "day":
            return _("Day by day around %(period)s") % {"period": dates.day(self.deviation.start)}
        return _("Day by day; the flagged days run from %(start)s to %(end)s") % {
            "start": dates.day(self.deviation.start),
            "end": dates.day(self.deviation.last_day),
        }

    def orders(self) -> list[HeavyOrder]:
        """The single orders that weigh most; none where the figure is not made of orders. Two queries."""
        deviation = self.deviation
        measure = measure_carried(self.catalogue, deviation.indicator.code)
        if measure is None:
            return []
        period = Period(deviation.start, deviation.last_day)
        return heaviest_orders(measure, period, deviation.segment.values)

    def origins(self, reader: Any) -> list[Origin]:
        return origins(self.deviation.indicator, self.catalogue, reader)


def page_of(deviation: Deviation, rules: CalendarRules, reader: Any, catalogue: Catalogue) -> dict[str, Any]:
    """The part of the page that people do not change; ``catalogue`` is that of the day it was seen."""
    catalogue, visible = catalogue.readable_with(rights_of(reader)), Deviation.objects.visible_to(reader)
    figures, names = Figures(deviation, catalogue, rules), words.names_of(catalogue.dimensions)
    return {
        "headline": sentences.headline(deviation),
        "explanation": sentences.explanation(deviation),
        "facts": facts(deviation),
        "chart": figures.chart(),
        "orders": figures.orders(),
        "are_credits": deviation.evidence.get("measure") == sentences.CREDITS,
        "in_units": deviation.evidence.get("measure") == "units",
        "origins": figures.origins(reader),
        "night": night_of(deviation),
        "made_of": made_of_deviation(deviation),
        "lead": _lead(deviation, catalogue),
        "family": _family(visible, deviation, names),
        "segment": words.segment_in_words(deviation.segment.values, names),
        "period": sentences.period_in_words(deviation),
    }


def _lead(deviation: Deviation, catalogue: Catalogue) -> Deviation | None:
    """The episode that tells its incident, where the reader may know of it."""
    lead = deviation.part_of
    return lead if lead is not None and lead.indicator.code in catalogue.indicators else None


def _family(
    visible: DeviationQuerySet, deviation: Deviation, names: Mapping[str, str]
) -> list[tuple[Deviation, str, str]]:
    """What else its incident moved, most at stake first, each with its segment in words and the address of
    what its value is made of. One query.
    """
    family = visible.of_incident(deviation).select_related("indicator", "segment")
    others = family.exclude(pk=deviation.pk).ranked()[: FAMILY_SHOWN + 1]
    return [(d, words.segment_in_words(d.segment.values, names), made_of_deviation(d)) for d in others]


def night_of(deviation: Deviation) -> NightlyRun | None:
    """The night that last spoke of it."""
    historical = deviation.view is not None
    found = NightlyRun.objects.filter(as_of=deviation.updated_on, historical=historical)
    return found.order_by("-id").first()


def facts(deviation: Deviation) -> list[tuple[Any, ...]]:
    """The figures of the headline, each under its name."""
    indicator = deviation.indicator
    rows: list[tuple[Any, ...]] = [
        (_("Value"), formats.figure_of(indicator, deviation.value), made_of_deviation(deviation)),
        (_reference_word(deviation), formats.figure_of(indicator, deviation.reference)),
        (_("Expected range"), _range(deviation)),
        (_("Gap"), formats.gap(deviation.gap, indicator.unit, indicator.decimals)),
        (_("Relative gap"), formats.change(deviation.gap_relative)),
        (_("Money at stake"), sentences.worth(deviation) or None),
        (_("Rule"), words.RULES.get(deviation.rule, deviation.rule)),
    ]
    rules = words.signal_rules(deviation.evidence.get("rules", ""))
    return [*rows, (_("What was seen"), rules)] if rules else rows


def _reference_word(deviation: Deviation) -> str:
    return _("Target") if deviation.rule == "target" else _("Expected value")


def _range(deviation: Deviation) -> str | None:
    if deviation.low is None or deviation.high is None:
        return None
    low, high = (formats.figure_of(deviation.indicator, v) for v in (deviation.low, deviation.high))
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def steps_of(deviation: Deviation) -> list[Step]:
    """What nights did with it: opened, followed, closed."""
    steps = [Step(_("Opened"), deviation.opened_on)]
    if deviation.updated_on > deviation.opened_on:
        frozen = _("The period is over: these figures stay.") if deviation.frozen else ""
        steps.append(Step(_("Figures last updated"), deviation.updated_on, frozen))
    if deviation.closed_on is not None:
        steps.append(Step(_("Closed"), deviation.closed_on, _("Back in range, or its period is over.")))
    elif deviation.snoozed_until is None:
        steps.append(Step(_("Open")))
    return steps
