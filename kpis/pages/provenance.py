"""What one figure is made of: formula, measures, imports, and how it was restated since it was first read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import partial
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from base import dates, formats
from base.calendar import EARLIEST, LATEST, CalendarRules, Grain, Period
from intake.models import ImportRun
from kpis import comparisons
from kpis.catalogue import Catalogue
from kpis.figure_history import (
    Cause,
    Change,
    Event,
    Outcome,
    Rewriting,
    Seen,
    changes,
    same,
    seen_by_nights,
    seen_in_deviations,
)
from kpis.formula import Ref, Spelling, to_text
from kpis.models import Gap, Indicator, Measure
from kpis.pages import words
from kpis.pages.addresses import made_of
from kpis.provenance import Provenance, provenance_of
from kpis.segments import Values, key_of
from kpis.values import Amount, Value, taken_apart

IMPORTS_SHOWN = 10
CAUSES_SHOWN = 5
CHANGES_SHOWN = 20
# Of a measure by its unit: exact, for here is where figures are checked.
DECIMALS = {"money": 2, "count": 0, "ratio": 2, "duration": 2, "score": 2}


@dataclass(frozen=True)
class FigureAsked:
    """The figure looked at."""

    indicator: Indicator
    period: Period
    segment: Values


def period_asked(query: QueryDict, usual: Period) -> Period:
    """The days in the address, else the usual ones."""
    try:
        start, end = (date.fromisoformat(query.get(name, "")) for name in ("start", "end"))
    except ValueError:
        return usual
    return Period(start, end) if EARLIEST <= start <= end <= LATEST else usual


def segment_asked(query: QueryDict, dimensions: Collection[str]) -> dict[str, str | None]:
    """The segment in the address; dimensions that do not exist are left out."""
    pairs = (entry.partition("=") for entry in query.getlist("where"))
    return {name: value if sign else None for name, sign, value in pairs if name in dimensions}


@dataclass(frozen=True)
class Part:
    """A measure in the formula: its own amount, its source, and the last moment told of."""

    measure: Measure
    name: str
    amount: Amount
    decimals: int
    source: str
    last: str


def page_of(user: Any, asked: FigureAsked, catalogue: Catalogue, rules: CalendarRules) -> dict[str, Any]:
    """Everything the page shows of a sound indicator; a constant number of queries."""
    indicator, period, segment = asked.indicator, asked.period, asked.segment
    value, amounts = taken_apart(indicator.code, period, segment, catalogue)
    found = provenance_of(user, indicator.code, period, catalogue)
    seen = _seen(user, asked, value)
    gap = _published(asked)
    return {
        "value": value,
        "reason": words.reason(value.reason),
        "published": gap,
        "is_older": gap is not None and not same(gap.value, seen[-1].value),
        "held": held_against(asked, gap, rules) if gap else [],
        "parts": parts(amounts, found, catalogue),
        "speakers": found.speakers[:IMPORTS_SHOWN],
        "more_speakers": max(0, len(found.speakers) - IMPORTS_SHOWN),
        "restatements": [told(change, indicator) for change in changes(seen, found.causes)[:CHANGES_SHOWN]],
    }


def _seen(user: Any, asked: FigureAsked, value: Value) -> list[Seen]:
    """By whoever keeps it, oldest first, then by who asks now."""
    key = key_of(asked.segment)
    nights = seen_by_nights(asked.indicator, key, asked.period)
    known = {seen.night.pk for seen in nights if seen.night}
    nights += seen_in_deviations(user, asked.indicator, key, asked.period, known)
    now = None if value.value is None else float(value.value)
    return [
        *sorted(nights, key=lambda seen: seen.at),
        Seen(timezone.now(), now, value.days_present),
    ]


def _published(asked: FigureAsked) -> Gap | None:
    """The row of the night readers see for exactly these days, if it has one. One query."""
    found = Gap.objects.published().filter(
        indicator=asked.indicator,
        segment__key=key_of(asked.segment),
        start=asked.period.start,
        end=asked.period.end,
    )
    return found.select_related("run").order_by("id").first()


def held_against(asked: FigureAsked, gap: Gap, rules: CalendarRules) -> list[tuple[Any, ...]]:
    """What that night held it against, each leading to where it comes from."""
    indicator, code = asked.indicator, asked.indicator.code
    write = partial(formats.figure_of, indicator)
    rows: list[tuple[Any, ...]] = []
    if gap.target is not None:
        high = "" if gap.target_high is None else f" – {write(gap.target_high)}"
        targets = f"{reverse('target_list')}?indicator={indicator.pk}"
        rows.append((_("Target"), f"{write(gap.target)}{high}", targets))
    if gap.n1 is not None:
        whole = comparisons.Elapsed(Grain(gap.grain), asked.period, asked.period, rules)
        before = comparisons.last_year(whole).reference
        rows.append((_("Last year"), write(gap.n1), made_of(code, before.start, before.end, asked.segment)))
    if gap.low is not None and gap.high is not None:
        told = _("%(low)s to %(high)s") % {"low": write(gap.low), "high": write(gap.high)}
        rows.append((_("Expected range"), told))
    return rows


# ---- the formula ----------------------------------------------------------------------------------------------------

_SIGNS = {"+": "+", "-": "\u2212", "*": "×", "/": "÷"}


def formula_in_words(code: str, catalogue: Catalogue, dimensions: Mapping[str, str]) -> str:
    """The formula as written, with the names of what it speaks of."""
    return to_text(
        catalogue.formulas[code], Spelling(partial(_named, catalogue, dimensions), _SIGNS, _number)
    )


def _number(value: Decimal) -> str:
    """With the decimals it was written with."""
    exponent = value.as_tuple().exponent
    return formats.count(value, max(-exponent, 0) if isinstance(exponent, int) else 0)


def _named(catalogue: Catalogue, dimensions: Mapping[str, str], ref: Ref) -> str:
    entry = catalogue.measures.get(ref.code) or catalogue.indicators.get(ref.code)
    name = entry.name if entry else ref.code
    return f"{name} ({words.segment_in_words(dict(ref.where), dimensions)})" if ref.where else name


def parts(amounts: Mapping[Ref, Amount], found: Provenance, catalogue: Catalogue) -> list[Part]:
    """Each measure of the formula with what it amounts to on these days."""
    return [_part(ref, amounts[ref], found, catalogue) for ref in sorted(amounts, key=to_text)]


def _part(ref: Ref, amount: Amount, found: Provenance, catalogue: Catalogue) -> Part:
    measure = catalogue.measures[ref.code]
    cuts = catalogue.cuts.get(ref.code)
    filters = ", ".join(value for _name, value in ref.where)
    return Part(
        measure=measure,
        name=f"{measure.name} ({filters})" if filters else measure.name,
        amount=amount,
        decimals=DECIMALS.get(measure.unit, 2),
        source=words.source_in_words(found.names.get(cuts[0].source, "")) if cuts else "",
        last=_moment(*found.last[measure.pk]) if measure.pk in found.last else "",
    )


def _moment(day: date, hour: time | None) -> str:
    return dates.day(day) if hour is None else f"{dates.day(day)} {hour:%H:%M}"


# ---- restatements in words ------------------------------------------------------------------------------------------

VERDICTS = {
    Outcome.RESTATED: ("warn", "history"),
    Outcome.COMPLETED: ("info", "circle-plus"),
    Outcome.SAME: ("neutral", "equal"),
    Outcome.UNSEEN: ("neutral", "history"),
}


def told(change: Change, indicator: Indicator) -> dict[str, Any]:
    """A change as the page tells it: one sentence, the two values, and the night that shows the new one."""
    write = partial(formats.figure_of, indicator)
    _tone, icon = VERDICTS[change.outcome]
    moved = change.outcome in (Outcome.RESTATED, Outcome.COMPLETED)
    return {
        "icon": icon,
        "sentence": _sentence(change),
        "before": write(change.before.value) if moved and change.before else "",
        "after": write(change.after.value) if moved else "",
        "night": change.after.night if moved else None,
        "moved": moved,
    }


def _sentence(change: Change) -> SafeString:
    day = dates.day(timezone.localtime(change.at).date())
    if not change.causes:
        text = _(
            "Restated by {day}: no import for these days and no formula explains it. The aggregation of a measure or, "
            "for customers counted once, other days have changed."
        )
        return format_html(text, day=day)
    texts = {
        Outcome.RESTATED: _("Restated on {day} because {causes}."),
        Outcome.COMPLETED: _("Completed on {day}: {causes}."),
        Outcome.SAME: _("Unchanged on {day} although {causes}."),
        Outcome.UNSEEN: _("Before the first value that is kept, {day}: {causes}."),
    }
    return format_html(texts[change.outcome], day=day, causes=_causes(change.causes))


def _causes(causes: Sequence[Cause | Rewriting]) -> SafeString:
    shown = [_cause(cause) for cause in causes[-CAUSES_SHOWN:]]
    if len(causes) > CAUSES_SHOWN:
        more = len(causes) - CAUSES_SHOWN
        earlier = ngettext("{count} earlier change was made", "{count} earlier changes were made", more)
        shown.insert(0, format_html(earlier, count=more))
    return format_html_join(pgettext("between causes", "; "), "{}", ((one,) for one in shown))


def _cause(cause: Cause | Rewriting) -> SafeString:
    if isinstance(cause, Rewriting):
        text = _("the formula of {indicator} was changed from {before} to {after}")
        before, after = (format_html("<code>{}</code>", formula) for formula in (cause.before, cause.after))
        return format_html(text, indicator=cause.indicator.name, before=before, after=after)
    file = link(cause.run)
    if cause.event == Event.UNDONE:
        who = cause.run.undone_by
        text = _("import {number} ({file}) was undone")
        if who:
            text = _("import {number} ({file}) was undone by {who}")
        return format_html(text, number=cause.run.pk, file=file, who=who)
    if cause.event == Event.REPLACED:
        others = format_html_join(", ", "{}", ((link(run),) for run in cause.replaced[-CAUSES_SHOWN:]))
        if (more := len(cause.replaced) - CAUSES_SHOWN) <= 0:
            return format_html(_("{file} replaced {others}"), file=file, others=others)
        text = ngettext(
            "{file} replaced {others} and {count} more", "{file} replaced {others} and {count} more", more
        )
        return format_html(text, file=file, others=others, count=more)
    if cause.run.undone_at is not None:
        return format_html(_("{file} came in, which was undone since"), file=file)
    return format_html(_("{file} came in"), file=file)


def link(run: ImportRun) -> SafeString:
    return format_html('<a href="{}">{}</a>', run.get_absolute_url(), run.filename)
