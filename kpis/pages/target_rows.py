"""Targets from a workbook: a row a target, or a row an indicator and a column a month, as budgets are kept in Excel.

Who may set targets sets them, who may propose them proposes them: ``set_targets`` decides, as for the page's own sheet.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.timezone import localdate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from accounts.access import Right, has_right
from accounts.models import User
from base import dates, formats
from base.calendar import Grain, Period, add_months, month_end, period_of
from base.grid.reading import MOST_PLACES
from base.models import Company
from base.numbers import exact_text
from base.rounding import rounded
from base.sentences import Sentence, sentence
from base.typed_numbers import UnreadError, check_unit
from intake.rows.cells import Number
from intake.rows.kinds import Change, Column, Outcome, Row, RowKind, difference
from kpis.catalogue import Catalogue, catalogue_for
from kpis.models import Direction, Indicator, Target, TargetProposal, Unit
from kpis.pages import words
from kpis.pages.target_row_names import indicator_named, segment_named
from kpis.pages.target_tables import bounds_in_words
from kpis.segments import WHOLE, key_of, values_of
from kpis.target_changes import (
    Stored,
    TargetChange,
    TargetsRefusedError,
    figures_of,
    misfit,
    set_targets,
)
from kpis.target_doubts import doubt_about, last_years_of
from kpis.targets import LARGEST, Bounds, TargetError, bounds_of, check_target, lock_targets

if TYPE_CHECKING:
    from django.http import HttpRequest

_NO_PERIOD = gettext_noop("Say the month, or from which day to which.")
_NO_VALUE = gettext_noop("Say the value, or the two bounds.")
_NO_SIGN = gettext_noop("“%(value)s” could be a share or a percentage: write it with its sign, as 2.5%%.")
_PROPOSED = gettext_noop("Proposed: it counts once somebody who may set targets agrees.")
_WAITS = gettext_noop("You proposed it already: it waits for an answer.")
Key = tuple[str, str, date, date]  # indicator, segment, first and last day


class TargetKind(RowKind):
    code = "targets"
    label = _("Targets")
    lead = _("A row a target, or a row an indicator and a column a month.")
    right = Right.PROPOSE_TARGETS
    page = "target_list"
    shared = False  # a target may be of an indicator that others may not read
    most_rows = 1_000
    undo_said = _("Targets that were replaced are kept: open one to set it as it was, or to take it back.")

    def columns(self, by: User) -> Sequence[Column]:
        return (
            Column(
                "indicator", _("Indicator"), "found", ("indicateur", "code indicateur", "kpi", "indicator code"),
                required=True, key=True, find=indicator_named(by), help=_("Its name or code."),
            ),
            Column(
                "segment", _("Segment"), "found", ("périmètre", "axe", "scope"), key=True,
                find=segment_named(by), help=_("As lists show it; the whole where it is blank."),
            ),
            Column("month", _("Month"), "month", ("mois", "période", "period"), key=True),
            Column("start", _("From"), "date", ("du", "début", "date de début", "start"), key=True),
            Column("end", _("To"), "date", ("au", "fin", "date de fin", "end"), key=True),
            Column(
                "value", _("Value"), "number", ("valeur", "objectif", "montant", "target", "amount", "budget"),
                help=_("A ratio with its sign, as 2.5%."),
            ),
            Column("low", _("Lower bound"), "number", ("borne basse", "mini", "minimum", "min")),
            Column("high", _("Upper bound"), "number", ("borne haute", "maxi", "maximum", "max")),
        )  # fmt: skip

    def lock(self) -> None:
        lock_targets(Indicator.objects.values_list("pk", flat=True))

    def plan(self, rows: Sequence[Row], by: User, at: datetime) -> list[Change]:  # noqa: ARG002  # no day in it
        return _Planning(rows, by).changes()

    def store(self, changes: Sequence[Change], by: User, at: datetime) -> Stored:
        """All that can be, in one go: those refused are said, and the others stored without them."""
        left = list(changes)
        while left:
            try:
                return set_targets(changes=[change.plan for change in left], by=by, at=at)
            except TargetsRefusedError as refused:
                for place, problem in refused.problems.items():
                    left[place].refused = problem
                left = [change for place, change in enumerate(left) if place not in refused.problems]
        return Stored()

    def after(self, request: "HttpRequest", kept: Stored, ticked: frozenset[str]) -> None:  # noqa: ARG002
        if kept.proposed:
            told = ngettext("%(n)d target proposed.", "%(n)d targets proposed.", kept.proposed)
            messages.info(request, told % {"n": kept.proposed})

    def filled(self, by: User) -> tuple[Sequence[Any], Sequence[Sequence[Any]]]:
        """The fiscal year of today: its months across, and what is in force of each indicator that has one value."""
        rules = Company.current().rules
        year = period_of(Grain.YEAR, localdate(), rules)
        months = [add_months(year.start, number) for number in range(12)]
        found = Indicator.objects.visible_to(by).exclude(direction=Direction.RANGE)
        indicators = list(found.filter(code__in=catalogue_for(by).sound).order_by("position", "code"))
        live = Target.objects.visible_to(by).live().filter(segment__key=WHOLE, start__in=months)
        values = {
            (target.indicator_id, target.start): target.value
            for target in live
            if target.end == month_end(target.start)
        }
        names = Counter(one.name for one in indicators)
        rows = [
            [
                one.name if names[one.name] == 1 else one.code,
                *(_written(values.get((one.pk, month)), one) for month in months),
            ]
            for one in indicators
        ]
        return [_now("Indicator"), *months], rows


def _written(value: Decimal | None, indicator: Indicator) -> tuple[Decimal | str | None, str]:
    """A figure and how Excel shows it; a ratio over 100 % in words, as its number could be a percentage too."""
    if indicator.unit != Unit.RATIO or value is None:
        return value, "0.0%" if indicator.unit == Unit.RATIO else "#,##0.##"
    return (value if abs(value) <= 1 else f"{exact_text(value.scaleb(2))} %"), "0.0%"


class _Planning:
    """What rows would do to the targets there are, read in a number of queries that does not depend on the rows."""

    def __init__(self, rows: Sequence[Row], by: User) -> None:
        self.rows, self.by = rows, by
        self.may_set = has_right(by, Right.SET_TARGETS)
        self.catalogue: Catalogue = catalogue_for(by)
        self.names = words.dimension_names()
        indicators = {row.values["indicator"].pk for row in rows}
        live = Target.objects.live().filter(indicator__in=indicators).select_related("indicator", "segment")
        self.live: dict[Key, Target] = {_key(target): target for target in live}
        mine = TargetProposal.objects.waiting().filter(begun_by=by, indicator__in=indicators)
        self.waiting = {_key(one): bounds_of(one) for one in mine.select_related("indicator", "segment")}

    def changes(self) -> list[Change]:
        changes = [self._change(row) for row in self.rows]
        self._doubt([one for one in changes if one.plan and one.outcome in (Outcome.NEW, Outcome.CHANGED)])
        return changes

    def _doubt(self, changes: Sequence[Change]) -> None:
        """Say what may be a slip, as forms ask about it; one question for each segment."""
        by_segment: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            if change.plan.indicator in self.catalogue.sound:
                by_segment[key_of(change.plan.where)].append(change)
        for alike in by_segment.values():
            asked = {(one.plan.indicator, Period(one.plan.start, one.plan.end)): one for one in alike}
            last_year = last_years_of(asked, alike[0].plan.where, self.catalogue)
            for place, change in asked.items():
                why = doubt_about(change.row.values["indicator"], change.plan.bounds, last_year.get(place))
                change.doubts += [why] if why else []

    def _change(self, row: Row) -> Change:
        indicator: Indicator = row.values["indicator"]
        change = Change(row, Outcome.SAME, str(indicator))
        period, bounds = _period(change), _bounds(change, indicator)
        if period is None or bounds is None:
            return change
        where = values_of(row.values.get("segment", WHOLE))
        parts = (
            str(indicator),
            words.segment_in_words(where, self.names) if where else "",
            dates.period(*period),
        )
        change.title = " · ".join(part for part in parts if part)
        try:
            check_target(self.catalogue, indicator.code, *period, where, figures_of(bounds))
        except TargetError as error:
            change.errors["value"] = error.said
            return change
        change.plan = TargetChange(indicator.code, *period, bounds, where=where)
        self._say(change, indicator, (indicator.code, key_of(where), *period), bounds)
        return change

    def _say(self, change: Change, indicator: Indicator, key: Key, bounds: Bounds) -> None:
        now = self.live.get(key)
        if bounds_of(now) == bounds:
            return
        if not self.may_set and self.waiting.get(key) == bounds:
            change.details.append(sentence(_WAITS))
            return
        change.outcome = Outcome.CHANGED if now else Outcome.NEW
        after = bounds_in_words(Target(indicator=indicator, **figures_of(bounds)))
        before = bounds_in_words(now) if now else None
        change.details.append(difference(_("Target"), before=before, after=after))
        if not self.may_set:
            change.details.append(sentence(_PROPOSED))


def _key(found: Target | TargetProposal) -> Key:
    return found.indicator.code, found.segment.key, found.start, found.end


def _period(change: Change) -> tuple[date, date] | None:
    """A month, or from one day to another; else it is an error."""
    values = change.row.values
    if "month" in values:
        return values["month"], month_end(values["month"])
    if "start" in values and "end" in values:
        return values["start"], values["end"]
    place = next((code for code in ("start", "end", "month") if code in change.row.letters), "indicator")
    change.errors[place] = sentence(_NO_PERIOD)
    return None


def _bounds(change: Change, indicator: Indicator) -> Bounds | None:
    """One value or two bounds, as the indicator asks; else it is an error."""
    read: dict[str, Decimal] = {}
    for code in ("value", "low", "high"):
        figure = change.row.values.get(code)
        if figure is None:
            continue
        if problem := _odd_unit(indicator, figure):
            change.errors[code] = problem
        read[code] = _as_kept(figure)
    if change.errors:
        return None
    bounds = (
        Bounds(read["low"], read["high"])
        if {"low", "high"} <= set(read)
        else Bounds(read["value"])
        if "value" in read
        else None
    )
    misfits = sentence(_NO_VALUE) if bounds is None else misfit(indicator, bounds)
    if misfits:
        change.errors["value" if "value" in change.row.letters else "indicator"] = misfits
        return None
    return bounds


def _as_kept(figure: Number) -> Decimal:
    """With as many decimals as are kept: what Excel works out has more, and would differ from itself each time."""
    kept = rounded(figure, MOST_PLACES) if abs(figure) < LARGEST else None
    return Decimal(figure) if kept is None else kept


def _odd_unit(indicator: Indicator, figure: Number) -> Sentence | None:
    """Why a figure is not one of this indicator, by the signs it has or lacks; None where it may be."""
    try:
        check_unit(figure.said, indicator.unit)
    except UnreadError as unread:
        return unread.sentence
    if indicator.unit == Unit.RATIO and not _is_share(figure):
        return sentence(_NO_SIGN, value=formats.count(figure, 2))
    return None


def _is_share(figure: Number) -> bool:
    """Whether a ratio is sure: written with its sign, or a number as Excel keeps a percentage, up to 100 %."""
    return figure.stood == "percent" or (figure.stood == "number" and abs(figure) <= 1)
