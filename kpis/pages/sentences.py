"""What a deviation says, in one sentence: for its line in a list, its page and its notification."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import dates, formats
from kpis.deviations import SIGNAL, TARGET
from kpis.models import Deviation, Unit
from kpis.pages import words

CREDITS = (
    "cancelled_value"  # the measure whose heavy orders are credit notes, paired with the sale they take back
)


def period_in_words(deviation: Deviation) -> str:
    """``January 2011``, or the days elapsed of it while it runs."""
    return dates.period(deviation.start, deviation.last_day)


def and_more(others: int) -> str:
    """How many other figures the incident moved, after a sentence; empty for none."""
    if not others:
        return ""
    said = ngettext("%(n)s other figure moved", "%(n)s other figures moved", others) % {
        "n": formats.count(others)
    }
    return f" {said}."


def unsigned_gap(deviation: Deviation) -> str:
    """How far off, without its sign: in points for a ratio, else in the unit itself."""
    off, unit = abs(deviation.gap or 0.0), deviation.indicator.unit
    if unit == Unit.RATIO:
        return formats.points(off, deviation.indicator.decimals).lstrip("+")
    return formats.figure(off, unit, deviation.indicator.decimals)


def headline(deviation: Deviation) -> str:
    """The whole story in one sentence, figures included."""
    figure = formats.figure_of(deviation.indicator, deviation.value)
    if deviation.value is None or deviation.reference is None:
        return _("%(period)s: %(value)s.") % {"period": period_in_words(deviation), "value": figure}
    return _HEADLINES[deviation.rule, (deviation.gap or 0) >= 0]() % {
        "period": period_in_words(deviation),
        "value": figure,
        "gap": unsigned_gap(deviation),
        "reference": formats.figure_of(deviation.indicator, deviation.reference),
    }


_HEADLINES = {
    (SIGNAL, True): lambda: _("%(period)s: %(value)s, that is %(gap)s more than expected (%(reference)s)."),
    (SIGNAL, False): lambda: _("%(period)s: %(value)s, that is %(gap)s less than expected (%(reference)s)."),
    (TARGET, True): lambda: _("%(period)s: %(value)s, that is %(gap)s above the target (%(reference)s)."),
    (TARGET, False): lambda: _("%(period)s: %(value)s, that is %(gap)s below the target (%(reference)s)."),
}


def worth(deviation: Deviation) -> str:
    """What the gap is worth to the business, in words; empty without a path to money."""
    if deviation.money is None:
        return ""
    amount = formats.money(abs(deviation.money), 0)
    if deviation.money < 0:
        return _("%(amount)s lost for the business") % {"amount": amount}
    return _("%(amount)s gained for the business") % {"amount": amount}


def explanation(deviation: Deviation) -> str:
    """Why it was flagged, in one line: the order that carries it when one does, else the rule that broke."""
    evidence: Mapping[str, Any] = deviation.evidence
    orders = evidence.get("orders") or []
    if evidence.get("reason") == "one_order" and orders:
        return _one_order(deviation, orders[0], evidence.get("measure"))
    if deviation.rule == TARGET:
        return _("The gap to the target is larger than chance explains.")
    if evidence.get("reason") == "no_activity":
        return _("No activity on a day that should be open.")
    return _rule_sentence(deviation)


def _one_order(deviation: Deviation, order: Mapping[str, Any], measure: str | None) -> str:
    told = {"period": words.THE_PERIOD.get(deviation.grain, deviation.grain), "order": order["reference"]}
    if not order.get("pair"):
        return _("A single order explains the gap of %(period)s: %(order)s.") % told
    told["other"] = order["pair"]
    if measure == CREDITS:
        told["order"], told["other"] = told["other"], told["order"]
    return _("A single order explains the gap of %(period)s: %(order)s, cancelled by %(other)s.") % told


def _rule_sentence(deviation: Deviation) -> str:
    if deviation.low is None or deviation.high is None:
        return f"{words.RULES.get(deviation.rule, deviation.rule)}."
    told = {
        "low": formats.figure_of(deviation.indicator, deviation.low),
        "high": formats.figure_of(deviation.indicator, deviation.high),
    }
    order = next(iter(deviation.evidence.get("orders") or ()), None)
    if order is not None and order["weight"] >= abs(deviation.gap or 0.0) / 2:
        told |= {"order": order["reference"]}
        return _("Outside its expected range, %(low)s to %(high)s; order %(order)s weighs most.") % told
    if order is not None:
        return _("Outside its expected range, %(low)s to %(high)s; no single order explains it.") % told
    return _("Outside its expected range, %(low)s to %(high)s.") % told
