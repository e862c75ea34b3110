"""What a night reads once and computes from: frozen in the database, so imports during the run change nothing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import product
from typing import Any

import psycopg
from django.db import connection

from base.calendar import CalendarRules, Period
from base.events import CLOSURE, calendar_of_company, day_flags
from base.models import CalendarEvent, Company
from intake.models import ImportRun
from kpis.amounts import layers
from kpis.catalogue import MADE_OF, Catalogue, CutInfo, fingerprint, load_catalogue
from kpis.coverage import Days, Span, partial_day
from kpis.expectation.types import Calendar
from kpis.formula import Ref, references, to_text
from kpis.formula_traits import adds_up, has_distinct, money_per_unit
from kpis.models import Coverage, NightInput, NightlyRun, Unit
from kpis.night.figure import Night, like_for_like, past_periods
from kpis.night.panels import Daily, unpack, window
from kpis.night.reading import read_daily
from kpis.segments import key_of
from kpis.targets import TargetBook
from kpis.values import Question, compute

FRAME, IMPORTS = ".frame", ".imports"  # no measure can be called so


def one_view() -> None:
    """Let every statement of this transaction see the same rows, whatever is committed meanwhile; to be called first.

    Within a transaction already under way nothing is changed: what it sees is decided.
    """
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def freeze(run: NightlyRun) -> None:
    """Read every figure the night needs and keep it with the run; see ``one_view``."""
    if not connection.in_atomic_block:
        raise RuntimeError("freeze reads in one transaction")
    catalogue = load_catalogue(run.as_of)
    codes = [code for code in catalogue.sound if catalogue.spoken_for(code)]
    refs = {ref for code in codes for ref in refs_needed(catalogue, code) if catalogue.cuts.get(ref.code)}
    first = window(run.as_of, min((d.first for d in catalogue.coverage.values() if d.first), default=None))
    daily = read_daily(catalogue, refs, first, run.as_of)
    frame = {
        "first": first.isoformat(),
        "formulas": {code: indicator.formula for code, indicator in catalogue.indicators.items()},
        "spoken": [
            [s, m, [[a.isoformat(), b.isoformat()] for a, b in d.ranges]]
            for (s, m), d in catalogue.coverage.items()
        ],
        "cuts": [
            [code, cut.id, cut.source, sorted(cut.dimensions), cut.is_orders]
            for code, cuts in catalogue.cuts.items()
            for cut in cuts
        ],
        "partial": [source for source, day in partial_days(run.as_of).items() if day == run.as_of],
        "counted": _counted(catalogue, codes, run.as_of, Company.current().rules),
        "revenue": _four_weeks_of_revenue(catalogue, run.as_of),
    }
    imports = list(ImportRun.objects.live().values_list("pk", flat=True))
    NightInput.objects.filter(run=run).delete()
    copied = "COPY kpis_nightinput (run_id, name, payload) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copied) as stream:
        stream.set_types(["int8", "varchar", "bytea"])
        stream.write_row((run.pk, FRAME, json.dumps(frame).encode()))
        stream.write_row((run.pk, IMPORTS, json.dumps(imports).encode()))
        for ref, found in daily.items():
            stream.write_row((run.pk, _name(ref), found.pack()))


def _four_weeks_of_revenue(catalogue: Catalogue, as_of: date) -> float | None:
    """The first headline money indicator that adds up, over the last 28 days: the scale of severity."""
    ranked = sorted(catalogue.sound.values(), key=lambda i: (not i.headline, i.position))
    codes = (i.code for i in ranked if i.unit == Unit.MONEY and adds_up(catalogue, i.code))
    code = next((code for code in codes if catalogue.spoken_for(code)), None)
    if code is None:
        return None
    value = compute(Question((code,), (Period(as_of - timedelta(days=27), as_of),)), catalogue)[0].value
    return float(value) if value else None


def kept(run: NightlyRun, name: str) -> Any:
    """What was frozen under a name: ``FRAME`` or ``IMPORTS``."""
    return json.loads(bytes(NightInput.objects.get(run=run, name=name).payload))


def _name(ref: Ref) -> str:
    return to_text(ref)[:200]


def partial_days(as_of: date) -> dict[int, date]:
    """By source, the incomplete last day it has spoken for up to ``as_of``."""
    told = Coverage.objects.filter(start__lte=as_of, end_time__isnull=False)
    latest = told.order_by("source_id", "-end", "-end_time").distinct("source_id")
    spans = {
        source: Span(start, end, first, last)
        for source, start, end, first, last in latest.values_list(
            "source_id", "start", "end", "start_time", "end_time"
        )
    }
    closing = _closing_times({source: span.end for source, span in spans.items()})
    found = {source: partial_day([span], closing.get(source, {})) for source, span in spans.items()}
    return {source: day for source, day in found.items() if day is not None}


def _closing_times(last: Mapping[int, date]) -> dict[int, dict[date, time]]:
    """By source and day, the time of the last order over the weeks before the source's last day."""
    if not last:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT source_id, day, max(time) FROM kpis_customerorder JOIN unnest(%s::bigint[], %s::date[])
                AS w (source, last) ON w.source = source_id AND day BETWEEN w.last - 60 AND w.last
            WHERE superseded_by_id IS NULL AND time IS NOT NULL GROUP BY source_id, day""",
            [list(last), list(last.values())],
        )
        out: dict[int, dict[date, time]] = {}
        for source, day, closing in cursor.fetchall():
            out.setdefault(source, {})[day] = closing
    return out


def _counted(
    catalogue: Catalogue, codes: Iterable[str], as_of: date, rules: CalendarRules
) -> list[list[Any]]:
    """Distinct counts over every period the night looks at, by scope: no sum of days gives them."""
    distinct = tuple(code for code in codes if has_distinct(catalogue, code))
    if not distinct:
        return []
    night = Night(as_of, rules, Calendar(), False, catalogue, TargetBook(codes=()))
    looked_at = night.periods()
    periods = set(looked_at.values()) | {
        p for grain in ("wtd", "mtd") for p in past_periods(grain, as_of, rules)
    }
    for code, name, (grain, period) in product(distinct, ("n1", "n1_comparable"), looked_at.items()):
        pair = like_for_like(night, code, name, grain, period)
        periods |= {pair.current, pair.reference} if pair else set()
    return [
        [v.indicator, v.period.start.isoformat(), v.period.end.isoformat(), key_of(v.segment), float(v.value)]
        for by in [(), *((name,) for name in catalogue.dimensions)]
        for layer in layers(periods)
        for v in compute(Question(distinct, tuple(layer), by), catalogue)
        if v.value is not None
    ]


@dataclass(frozen=True)
class Frozen:
    """What was frozen for one indicator."""

    night: Night
    daily: dict[Ref, Daily]


def calendar_of(company: Company, days: Period) -> Calendar:
    """Holidays, retail events and closures, as the company decided them."""
    years = range(days.start.year - 1, days.end.year + 2)
    events = calendar_of_company(years, company.country, CalendarEvent.objects.all())
    held = [event for event in events if event.code != CLOSURE]
    closures = frozenset(
        day for event in events if event.code == CLOSURE for day in Period(event.start, event.end)
    )
    flags = day_flags(days, company.country, held)
    return Calendar(flags.holidays, flags.events, company.rules.open_weekdays, closures)


def refs_needed(catalogue: Catalogue, code: str) -> set[Ref]:
    """The measures of an indicator, and those that say what it is worth."""
    worth = money_per_unit(catalogue, code)
    return set(catalogue.refs(code)) | (set(references(worth)) if worth is not None else set())


@dataclass(frozen=True)
class _Shared:
    """What all steps of a night compute from, but for the figures."""

    catalogue: Catalogue
    rules: CalendarRules
    calendar: Calendar
    days: Period  # from the first one read to those a target or a calendar is looked up for
    partial: frozenset[int]
    counted: Mapping[str, Mapping[tuple[str, Period], Mapping[str, float]]]


_MADE_OF = (*MADE_OF, "base_company", "base_calendarevent")
_held: tuple[object, _Shared] | None = None


def _shared(run: NightlyRun) -> _Shared:
    """Kept by the process for as long as nothing it was made of changes. Two queries."""
    global _held  # noqa: PLW0603  # one place, replaced whole
    frozen = NightInput.objects.filter(run=run, name=FRAME).values_list("pk", flat=True).first()
    now, held = (frozen, fingerprint(_MADE_OF)), _held
    if held is None or held[0] != now:
        _held = held = (now, _thawed(run))
    return held[1]


def _thawed(run: NightlyRun) -> _Shared:
    frame, company = kept(run, FRAME), Company.current()
    days = Period(date.fromisoformat(frame["first"]), run.as_of + timedelta(days=31))
    return _Shared(
        _as_frozen(load_catalogue(run.as_of), frame),
        company.rules,
        calendar_of(company, days),
        days,
        frozenset(frame["partial"]),
        _counted_back(frame["counted"]),
    )


def thaw(run: NightlyRun, code: str) -> Frozen:
    """The frozen figures of one indicator, and what all indicators of the night share."""
    shared = _shared(run)
    cuts = shared.catalogue.cuts
    refs = {ref for ref in refs_needed(shared.catalogue, code) if cuts.get(ref.code)}
    payloads = _payloads(run, [_name(ref) for ref in refs])
    night = Night(
        as_of=run.as_of,
        rules=shared.rules,
        calendar=shared.calendar,
        partial=not shared.partial.isdisjoint(cuts[ref.code][0].source for ref in refs),
        catalogue=shared.catalogue,
        targets=TargetBook([code], shared.days.start, shared.days.end),
        counted=shared.counted.get(code, {}),
    )
    return Frozen(night, {ref: unpack(payloads[_name(ref)]) for ref in refs})


def _payloads(run: NightlyRun, names: list[str]) -> dict[str, bytes]:
    """The frozen figures by name, sent as they are: as text, which Django asks for, they are twice as long."""
    asked = "SELECT name, payload FROM kpis_nightinput WHERE run_id = %s AND name = ANY(%s)"
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return dict(cursor.execute(asked, [run.pk, names], binary=True).fetchall())


def _as_frozen(catalogue: Catalogue, frame: Mapping[str, Any]) -> Catalogue:
    """The catalogue with the formulas, the sources and the coverage of the time of the freeze, whatever came since."""
    coverage = {
        (source, measure): Days(tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in ranges))
        for source, measure, ranges in frame["spoken"]
    }
    cuts: dict[str, tuple[CutInfo, ...]] = {}
    for code, pk, source, dimensions, is_orders in frame["cuts"]:
        cuts[code] = (*cuts.get(code, ()), CutInfo(pk, source, frozenset(dimensions), is_orders))
    for code, formula in frame["formulas"].items():
        if code in catalogue.indicators:
            catalogue.indicators[code].formula = formula
    return replace(catalogue, cuts=cuts, coverage=coverage, _expanded={})


def _counted_back(rows: Iterable[list[Any]]) -> dict[str, dict[tuple[str, Period], dict[str, float]]]:
    """By indicator: period → segment key → value."""
    out: dict[str, dict[tuple[str, Period], dict[str, float]]] = {}
    for indicator, start, end, key, value in rows:
        period = Period(date.fromisoformat(start), date.fromisoformat(end))
        out.setdefault(indicator, {}).setdefault((indicator, period), {})[key] = value
    return out
