"""Step ⑤: gaps → flagged deviations, episodes ranked by the money at stake.

Two rules flag a figure: ``signal`` (outside what was expected of it) and ``target`` (a month to date off its target by
more than chance explains). An episode opens when its rule first breaks in a period, follows the figure while the period
runs, is frozen when the period ends, and closes when the figure is back in range or the next period has begun.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop

from base.calendar import ONE_DAY, CalendarRules, Grain, Period, period_of
from kpis.catalogue import Catalogue
from kpis.formula_traits import benefit
from kpis.heaviest_orders import heaviest_orders, measure_carried
from kpis.models import Deviation, DeviationState, Gap, NightlyRun, Severity, Signal, Status
from kpis.night.figure import TO_DATE
from kpis.night.target_status import relative
from kpis.segments import WHOLE

SIGNAL, TARGET = "signal", "target"
RULES = {SIGNAL: gettext_noop("Out of its expected range"), TARGET: gettext_noop("Off its target")}
# A month to date is held against its target once this many days have elapsed.
TARGET_FROM_DAY = 7
# Money at stake as a share of four weeks of revenue, or the relative gap where there is no path to money.
HIGH_SHARE, MEDIUM_SHARE = 0.02, 0.005
HIGH_GAP, MEDIUM_GAP = 0.30, 0.15

# A signal worth less than this share of the usual turnover of its days is not told: nobody would act on it.
WORTH_TELLING = {"day": 0.03, "week": 0.02, "month": 0.01}

Key = tuple[int, int, str, str, date]


@dataclass(frozen=True)
class Finding:
    """A broken rule: the gap that broke it and the reference it is held against."""

    gap: Gap
    rule: str
    grain: str
    start: date
    end: date
    reference: float | None

    @property
    def key(self) -> Key:
        return (self.gap.indicator_id, self.gap.segment_id, self.rule, self.grain, self.start)


@dataclass(frozen=True)
class Known:
    """What a night knows beside its gaps: turnover of the last four weeks, the scale of severity, and its imports."""

    catalogue: Catalogue
    revenue: float | None
    imports: Sequence[int]


@dataclass
class Changed:
    """What a night did to the episodes of its view; those a historical view closed are gone."""

    opened: list[Deviation] = field(default_factory=list)
    reopened: list[Deviation] = field(default_factory=list)
    updated: list[Deviation] = field(default_factory=list)
    closed: list[Deviation] = field(default_factory=list)


def broken_by_signal(gap: Gap) -> float | None:
    """The expectation a figure has left, or None when the rule holds."""
    return gap.expected if gap.signal in (Signal.HIGH, Signal.LOW) else None


def broken_by_target(gap: Gap) -> float | None:
    """The target a month to date misses by more than the noise of such a month, or None when the rule holds."""
    if gap.grain != "mtd" or gap.status != Status.RED or (gap.end - gap.start).days + 1 < TARGET_FROM_DAY:
        return None
    if gap.value is None or gap.target is None or gap.low is None or gap.high is None:
        return None
    target = gap.target if gap.target_high is None or gap.value < gap.target else gap.target_high
    return target if abs(gap.value - target) > (gap.high - gap.low) / 2 else None


CHECKS: Mapping[str, Callable[[Gap], float | None]] = {SIGNAL: broken_by_signal, TARGET: broken_by_target}
WATCHED = ("day", "wtd", "mtd")


def suspects(gaps: QuerySet[Gap]) -> QuerySet[Gap]:
    """Those of the gaps that can break a rule: the few that the checks need look at."""
    out = Q(signal__in=(Signal.HIGH, Signal.LOW)) | Q(value__gt=F("high")) | Q(value__lt=F("low"))
    return gaps.filter(Q(grain__in=WATCHED) & out | Q(grain="mtd", status=Status.RED))


# Signals that stand, by indicator, segment, grain and start of a period they may go on in: True where above.
Standing = Mapping[tuple[int, int, str, date], bool]


def standing_signals(as_of: date) -> Standing:
    """Of the live episodes: each may go on in its own period, and one of a day on the day after."""
    found = Deviation.objects.live().filter(rule=SIGNAL, end__gte=as_of - ONE_DAY)
    found = found.filter(~Q(state=DeviationState.CLOSED) | Q(closed_on=as_of))
    standing = {}
    for d in found:
        days = (d.start, d.start + ONE_DAY) if d.grain == "day" else (d.start,)
        standing.update({(d.indicator_id, d.segment_id, d.grain, day): (d.gap or 0) > 0 for day in days})
    return standing


def findings(
    gaps: Iterable[Gap], rules: CalendarRules, *, revenue: float | None, standing: Standing | None = None
) -> list[Finding]:
    """The rules broken tonight. A segment that says the same as its whole is not told twice.

    ``revenue`` is that of the last four weeks. A signal is opened by the natural limits and goes on until the figure
    is back in its expected range: the days of an outage widen the limits of the days after.
    """
    found = [f for gap in gaps if gap.grain in WATCHED for f in _findings_of(gap, rules, standing or {})]
    found = [finding for finding in found if _is_worth_telling(finding, revenue)]
    told = {(f.gap.indicator_id, f.rule, f.grain, f.gap.signal) for f in found if f.gap.segment.key == WHOLE}
    return [
        f
        for f in found
        if f.gap.segment.key == WHOLE or (f.gap.indicator_id, f.rule, f.grain, f.gap.signal) not in told
    ]


def _findings_of(gap: Gap, rules: CalendarRules, standing: Standing) -> Iterable[Finding]:
    grain = TO_DATE.get(gap.grain, gap.grain)
    period = period_of(Grain(grain), gap.end, rules)
    for rule, broken in CHECKS.items():
        reference = broken(gap)
        if reference is None and rule == SIGNAL:
            above = standing.get((gap.indicator_id, gap.segment_id, grain, period.start))
            reference = gap.expected if _is_still_out(gap, above) else None
        if reference is not None:
            yield Finding(gap, rule, grain, period.start, period.end, reference)


def _is_still_out(gap: Gap, above: bool | None) -> bool:
    """On the side where a standing signal was, outside the expected range."""
    if above is None or gap.value is None or gap.low is None or gap.high is None:
        return False
    return gap.value > gap.high if above else gap.value < gap.low


def _is_worth_telling(finding: Finding, revenue: float | None) -> bool:
    """Whether enough is at stake against the turnover of the days elapsed; what has no path to money always is."""
    gap = finding.gap
    if finding.rule != SIGNAL or not revenue or gap.value is None or finding.reference is None:
        return True
    money = money_of(gap, gap.value - finding.reference)
    days = (gap.end - gap.start).days + 1
    return money is None or abs(money) >= WORTH_TELLING[finding.grain] * revenue / 28 * days


def apply_findings(run: NightlyRun, found: Iterable[Finding], known: Known) -> Changed:
    """Open, update and close the episodes of a run's view; must run inside the transaction that publishes it.

    Indicators that failed tonight keep their episodes as they were.
    """
    view = run.as_of if run.historical else None
    changed = Changed()
    open_ones = Deviation.objects.filter(view=view).exclude(state=DeviationState.CLOSED)
    # Locked until the night is published: what people do meanwhile waits for it, and is not written over.
    standing = {_key(d): d for d in open_ones.order_by("id").select_for_update()}
    found = list(found)
    for finding in found:
        _open_or_update(standing.pop(finding.key, None), finding, run, known, changed)
    failed = set(run.steps.filter(state="failed").values_list("name", flat=True))
    for deviation in standing.values():
        if f"gaps:{catalogue_code(known.catalogue, deviation.indicator_id)}" not in failed:
            _close(deviation, run, changed)
    return changed


def catalogue_code(catalogue: Catalogue, pk: int) -> str | None:
    return next((code for code, indicator in catalogue.indicators.items() if indicator.pk == pk), None)


def _key(deviation: Deviation) -> Key:
    return (deviation.indicator_id, deviation.segment_id, deviation.rule, deviation.grain, deviation.start)


def _open_or_update(
    deviation: Deviation | None, finding: Finding, run: NightlyRun, known: Known, changed: Changed
) -> None:
    view = run.as_of if run.historical else None
    if deviation is None:
        deviation = _found_again(finding, view) or _opened(finding, run, view)
        (changed.reopened if deviation.pk else changed.opened).append(deviation)
    else:
        changed.updated.append(deviation)
    _fill(deviation, finding, run.as_of, known)
    deviation.save()


def _found_again(finding: Finding, view: date | None) -> Deviation | None:
    """The episode of the same rule and period that had closed."""
    indicator, segment, rule, grain, start = finding.key
    same = Deviation.objects.filter(indicator_id=indicator, segment_id=segment, rule=rule, view=view)
    return same.filter(grain=grain, start=start).first()


def _opened(finding: Finding, run: NightlyRun, view: date | None) -> Deviation:
    indicator, segment, rule, grain, start = finding.key
    return Deviation(
        indicator_id=indicator,
        segment_id=segment,
        rule=rule,
        grain=grain,
        start=start,
        view=view,
        opened_on=run.as_of,
        owner_id=finding.gap.indicator.owner_id,
    )


def _fill(deviation: Deviation, finding: Finding, as_of: date, known: Known) -> None:
    gap = finding.gap
    deviation.end, deviation.updated_on = finding.end, as_of
    deviation.value, deviation.reference = gap.value, finding.reference
    deviation.low, deviation.high = gap.low, gap.high
    deviation.gap = None if gap.value is None or finding.reference is None else gap.value - finding.reference
    deviation.gap_relative = relative(gap.value, finding.reference)
    deviation.money = money_of(gap, deviation.gap)
    deviation.severity = severity_of(deviation.money, deviation.gap_relative, known.revenue)
    deviation.frozen = finding.end <= as_of
    deviation.evidence = _evidence(finding, known, as_of)
    if deviation.state != DeviationState.SNOOZED or (
        deviation.snoozed_until and deviation.snoozed_until <= as_of
    ):
        deviation.state, deviation.snoozed_until, deviation.snooze_reason = DeviationState.OPEN, None, ""
    deviation.closed_on = None


def money_of(gap: Gap, difference: float | None) -> float | None:
    """What a gap is worth to the business: negative is a loss. None without a path to money."""
    if difference is None or gap.unit_money is None:
        return None
    return round(benefit(gap.indicator.direction, difference * gap.unit_money), 2)


def severity_of(money: float | None, gap_relative: float | None, revenue: float | None) -> Severity:
    size, high, medium = (
        (abs(money) / revenue, HIGH_SHARE, MEDIUM_SHARE)
        if money is not None and revenue
        else (abs(gap_relative or 0.0), HIGH_GAP, MEDIUM_GAP)
    )
    return Severity.HIGH if size >= high else Severity.MEDIUM if size >= medium else Severity.LOW


def _evidence(finding: Finding, known: Known, as_of: date) -> dict[str, Any]:
    """The rule's words and the orders that weigh most, by reference: enough for a list to say it in one line."""
    gap, until = finding.gap, min(finding.end, as_of)
    evidence: dict[str, Any] = {
        "rules": gap.rule,
        "reason": gap.reason,
        "until": until.isoformat(),
    }
    measure = measure_carried(known.catalogue, gap.indicator.code)
    if measure:
        evidence["measure"] = measure
        orders = heaviest_orders(
            measure, Period(finding.start, until), gap.segment.values, limit=3, imports=known.imports
        )
        evidence["orders"] = [
            {
                "reference": o.reference,
                "day": o.day.isoformat(),
                "weight": float(o.weight),
                "pair": o.pair.reference if o.pair else None,
            }
            for o in orders
        ]
    return evidence


def _close(deviation: Deviation, run: NightlyRun, changed: Changed) -> None:
    """Back in range, or its period is over and the next one holds. A historical view only knows its own day."""
    as_of = run.as_of
    changed.closed.append(deviation)
    if run.historical:
        deviation.delete()
        return
    deviation.state, deviation.closed_on = DeviationState.CLOSED, as_of
    deviation.snoozed_until, deviation.snooze_reason = None, ""
    deviation.frozen = deviation.frozen or deviation.end <= as_of
    deviation.save()
