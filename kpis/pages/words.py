"""The codes of kpis in words, for every page: grains, rules, reasons, steps of a night, segments.

Lazy translations, so that each reader has them in their language. A code without words is shown as it is;
``tests/kpis/test_words.py`` holds the tables against every code there is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from base import dates
from base.calendar import Period
from base.components import Verdict
from intake.kinds import kinds
from kpis.coverage import Days
from kpis.deviations import RULES as RULE_SENTENCES
from kpis.models import Dimension, Indicator
from kpis.nightly import GAPS, PUBLISH, READ, TELL
from kpis.segments import Values

Word = Any  # a lazy translation, which templates take as text

GRAINS: Mapping[str, Word] = {
    "day": _("Day"),
    "week": _("Week"),
    "month": _("Month"),
    "quarter": _("Quarter"),
    "year": _("Year"),
    "wtd": _("Week to date"),
    "mtd": _("Month to date"),
    "qtd": _("Quarter to date"),
    "ytd": _("Year to date"),
    "range": _("Chosen days"),
}
# Inside a sentence: "One order carries the month".
THE_PERIOD: Mapping[str, Word] = {
    "day": pgettext_lazy("inside a sentence", "the day"),
    "week": pgettext_lazy("inside a sentence", "the week"),
    "month": pgettext_lazy("inside a sentence", "the month"),
}
RULES: Mapping[str, Word] = {code: _(sentence) for code, sentence in RULE_SENTENCES.items()}
STATES: Mapping[str, Verdict] = {
    "open": Verdict("warn", "siren", _("Open")),
    "snoozed": Verdict("info", "alarm-clock", _("Snoozed")),
    "closed": Verdict("neutral", "circle-check", _("Closed")),
}
SEVERITIES: Mapping[str, Verdict] = {
    "high": Verdict("bad", "octagon-alert", pgettext_lazy("severity", "High")),
    "medium": Verdict("warn", "triangle-alert", pgettext_lazy("severity", "Medium")),
    "low": Verdict("neutral", "circle-minus", pgettext_lazy("severity", "Low")),
}
# Wheeler's rules and ours (kpis/expectation/types.py, Rule).
SIGNAL_RULES: Mapping[str, Word] = {
    "limits": _("outside the limits of the usual variation"),
    "near_limit": _("3 of 4 values in a row near the same limit"),
    "run": _("8 values in a row on the same side"),
    "one_order": _("one exceptional order explains the gap"),
}
REASONS: Mapping[str, Word] = {
    # why a verdict is what it is (kpis/expectation/types.py, Reason)
    "within": _("inside its expected range"),
    "beyond": _("outside its expected range, and no single order explains it"),
    "one_order": _("outside its expected range, and back inside without its largest order"),
    "no_activity": _("no activity on a day that should be open"),
    "seen_before": _("outside its expected range, but as far several times within a year"),
    "as_whole": _("outside its expected range, but no more than the total"),
    "same_order": _("outside its expected range, through an order flagged already"),
    "small": _("outside its expected range, but too little is at stake"),
    "sparse": _("outside its expected range, but empty on most days: one event is most of a day"),
    "closed": _("a closed day"),
    "partial": _("the day is not complete yet"),
    "unknown": _("the value is unknown"),
    "short": _("too little history to judge"),
    "drift": _("inside its limits, but on one side of what is usual"),
    # why there is no value (kpis/values.py)
    "no_data": _("no file has brought these days yet"),
    "no_shared_day": _("its measures have no known day in common"),
    "not_by_dimension": _("the source is not split this way"),
    "nothing_to_divide_by": _("it would be divided by zero"),
    "distinct_over_days": _("counted day by day: days do not add up"),
    # why there is no comparison (kpis/comparisons.py)
    "not_started": _("the period has not started"),
    "no_current": _("no day of the period is known"),
    "no_reference": _("no day of the reference period is known"),
    "no_common_days": _("the two periods have no known days in common"),
    "zero_base": _("the reference is zero"),
    "holes": _("days are missing in the middle"),
    "no_target": _("no target is set"),
    "no_expectation": _("too little history to expect anything"),
}
TRIGGERS: Mapping[str, Word] = {
    "schedule": _("On schedule"),
    "command": _("From the command line"),
    "page": _("By hand"),
    "demo": _("Demo company"),
}
NIGHT_STATES: Mapping[str, Verdict] = {
    "running": Verdict("info", "loader", _("Running")),
    "done": Verdict("good", "circle-check", pgettext_lazy("a night", "Done")),
    "partly": Verdict("warn", "triangle-alert", _("Done, in part")),
    "failed": Verdict("bad", "octagon-alert", pgettext_lazy("a night", "Failed")),
}
STEP_STATES: Mapping[str, Verdict] = {
    "waiting": Verdict("neutral", "clock", pgettext_lazy("a step", "Waiting")),
    "done": Verdict("good", "circle-check", pgettext_lazy("a step", "Done")),
    "failed": Verdict("bad", "octagon-alert", pgettext_lazy("a step", "Failed")),
}
TARGET_STATES: Mapping[str, Verdict] = {
    "live": Verdict("good", "circle-check", pgettext_lazy("targets", "In force")),
    "replaced": Verdict("neutral", "history", pgettext_lazy("targets", "Replaced")),
    "withdrawn": Verdict("neutral", "circle-minus", pgettext_lazy("targets", "Withdrawn")),
}
STEPS: Mapping[str, Word] = {
    READ: _("Read and freeze the figures"),
    PUBLISH: _("Publish, with the deviations"),
    TELL: _("Notify the owners"),
}
NOT_SET = "(not set)"
# What analytics tools of any language call a device; other values are said as their source says them.
VALUES: Mapping[str, Word] = {
    "desktop": pgettext_lazy("device", "computer"),
    "mobile": pgettext_lazy("device", "mobile"),
    "tablet": pgettext_lazy("device", "tablet"),
}


def reason(code: str | None) -> str:
    """Why a figure, a comparison or a verdict is what it is; empty without a code."""
    return str(REASONS.get(code or "", code or ""))


def signal_rules(codes: str) -> str:
    """Rule codes as stored by the night (``"limits,run"``) in words."""
    return ", ".join(str(SIGNAL_RULES.get(code, code)) for code in codes.split(",") if code)


def step(name: str, indicators: Mapping[str, str]) -> str:
    """A step of a night; ``indicators`` are names by code."""
    if name.startswith(GAPS):
        code = name.removeprefix(GAPS)
        return gettext("Gaps of “%(indicator)s”") % {"indicator": indicators.get(code, code)}
    return str(STEPS.get(name, name))


def dimension_names() -> dict[str, str]:
    """Names by code, in the order of the catalogue and the reader's language. One query."""
    return names_of({dimension.code: dimension for dimension in Dimension.objects.all()})


def names_of(dimensions: Mapping[str, Dimension]) -> dict[str, str]:
    """Names by code, in the reader's language."""
    return {code: dimension.name for code, dimension in dimensions.items()}


def indicator_names(reader: Any) -> dict[str, str]:
    """Names by code in the reader's language, of the indicators they may read. One query."""
    return {indicator.code: indicator.name for indicator in Indicator.objects.visible_to(reader)}


def segment_in_words(values: Values, dimensions: Mapping[str, str]) -> str:
    """``{"channel": "SEA", "device": "mobile"}`` → ``Canal : SEA · Appareil : mobile``; ``{}`` is the whole."""
    if not values:
        return pgettext("segment", "All")
    places = {code: place for place, code in enumerate(dimensions)}
    ordered = sorted(values.items(), key=lambda pair: places.get(pair[0], len(places)))
    said = part_in_words()
    return " · ".join(said(dimensions.get(code, code), value) for code, value in ordered)


def part_in_words() -> Callable[[str, str | None], str]:
    """``Canal``, ``SEA`` → ``Canal : SEA``, for many: the language of the reader is asked once."""
    sentence = gettext("%(dimension)s: %(value)s")
    return lambda dimension, value: sentence % {"dimension": dimension, "value": value_in_words(value)}


def days_in_words(days: Days) -> str:
    """From the first day known to the last, and how many between them are not; empty without any."""
    if days.first is None or days.last is None:
        return ""
    period, missing = dates.period(days.first, days.last), Period(days.first, days.last).days - len(days)
    if not missing:
        return period
    told = ngettext("%(period)s, %(n)s day missing", "%(period)s, %(n)s days missing", missing)
    return told % {"period": period, "n": missing}


def value_in_words(value: str | None) -> str:
    """A value of a dimension: unknown here, not set in the export, known by every tool, or itself."""
    if value is None:
        return gettext("unknown")
    return gettext("not set") if value == NOT_SET else str(VALUES.get(value.lower(), value))


def source_in_words(name: str) -> str:
    """What a source is called: one that nobody named, by what its files hold."""
    return next((str(kind.label) for kind in kinds() if kind.code == name), name)
