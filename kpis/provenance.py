"""What a figure rests on: the imports that speak for its days, its formula, and what became of them since.

Nothing is said that is not kept: source rows and the runs that brought them, formulas by a trigger.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Q

from base.calendar import Period
from intake.models import ImportRun, State
from kpis.catalogue import Catalogue
from kpis.coverage import last_told, runs_speaking
from kpis.figure_history import Cause, Event, Rewriting
from kpis.formula import FormulaError, parse, references
from kpis.models import Source
from kpis.models.rights import names_in

ORDERS = "orders"  # the kind whose files speak of every measure of their source


@dataclass(frozen=True)
class ImportBehind:
    """An import a figure rests on: its rows in force among those of the days, 0 where its silence means zero."""

    run: ImportRun
    rows: int


@dataclass(frozen=True)
class Provenance:
    """The imports under a figure, latest first, and what happened to them.

    ``names`` is of the sources by id, ``last`` by measure id the last day its source has told of, with the hour
    where files tell times.
    """

    speakers: Sequence[ImportBehind]
    causes: Sequence[Cause | Rewriting]
    names: Mapping[int, str]
    last: Mapping[int, tuple[date, time | None]]


type_pairs = Mapping[tuple[int, int | None], int]


def provenance_of(user: Any, indicator: str, period: Period, catalogue: Catalogue) -> Provenance:
    """The imports that speak for these days of the measures of an indicator. Six queries."""
    measures = {
        catalogue.measures[ref.code].pk: catalogue.cuts[ref.code][0].source
        for ref in catalogue.refs(indicator)
        if catalogue.cuts.get(ref.code)
    }
    sources = Source.objects.in_bulk(set(measures.values()))
    pairs = _rows(set(measures.values()), set(measures), period)
    silent = runs_speaking(set(measures.values()), set(measures), period)
    named = {run for pair in pairs for run in pair if run is not None} | set(silent)
    codes = {measure.code for measure in catalogue.measures.values() if measure.pk in measures}
    gone = Q(state=State.UNDONE, period_start__lte=period.end, period_end__gte=period.start)
    found = ImportRun.objects.visible_to(user).filter(Q(pk__in=named) | gone)
    runs = {run.pk: run for run in found.select_related("by", "undone_by")}
    undone = [run for run in runs.values() if _is_of(run, sources.values(), codes)]
    return Provenance(
        _speakers(runs, pairs, silent),
        [*_arrivals(runs, pairs, silent), *_undoings(undone), *_rewritings(indicator, catalogue)],
        {pk: source.name for pk, source in sources.items()},
        last_told(measures),
    )


# Rows by the run that brought them and the run that took their place, if one did.
_ROWS = """
SELECT run_id, superseded_by_id, count(*) FROM kpis_customerorder
WHERE source_id = ANY(%(sources)s) AND day BETWEEN %(start)s AND %(end)s GROUP BY 1, 2
UNION ALL
SELECT run_id, superseded_by_id, count(*) FROM kpis_factrow
WHERE source_id = ANY(%(sources)s) AND measure_id = ANY(%(measures)s) AND date BETWEEN %(start)s AND %(end)s
GROUP BY 1, 2"""


def _rows(sources: Collection[int], measures: Collection[int], period: Period) -> type_pairs:
    asked: dict[str, Any] = {
        "sources": list(sources), "measures": list(measures), "start": period.start, "end": period.end,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, asked)
        return {(run, by): count for run, by, count in cursor.fetchall()}


def _speakers(runs: Mapping[int, ImportRun], pairs: type_pairs, silent: Iterable[int]) -> list[ImportBehind]:
    """Runs with rows in force in the days, and those that speak for them without ever having had one there."""
    live = {run: count for (run, by), count in pairs.items() if by is None}
    without = set(silent) - {run for run, _by in pairs}
    return [
        ImportBehind(runs[pk], live.get(pk, 0))
        for pk in sorted({*live, *without}, reverse=True)
        if pk in runs
    ]


def _arrivals(runs: Mapping[int, ImportRun], pairs: type_pairs, silent: Iterable[int]) -> Iterable[Cause]:
    replaced: dict[int, list[ImportRun]] = defaultdict(list)
    for old, new in sorted(pairs, key=lambda pair: pair[0]):
        if new is not None and old in runs:
            replaced[new].append(runs[old])
    for pk in {*silent, *(run for run, _by in pairs), *replaced}:
        run = runs.get(pk)
        if run is not None and run.finished_at is not None:
            event = Event.REPLACED if replaced[pk] else Event.CAME
            yield Cause(run.finished_at, event, run, tuple(replaced[pk]))


def _undoings(undone: Iterable[ImportRun]) -> Iterable[Cause]:
    """A file that was taken back came in before: both may stand between two values."""
    for run in undone:
        if run.finished_at is not None and run.undone_at is not None:
            yield Cause(run.finished_at, Event.CAME, run)
            yield Cause(run.undone_at, Event.UNDONE, run)


def _is_of(run: ImportRun, sources: Iterable[Source], measures: Collection[str]) -> bool:
    """Whether a run that was undone, of which no row is left, spoke of these measures of these sources."""
    if run.state != State.UNDONE:
        return False
    codes = [source.code for source in sources if source.kind == run.kind]
    named = {*codes, *(code.removesuffix(f"-{run.kind}") for code in codes)}  # two kinds may share a name
    if run.kind == ORDERS:  # one that names none went to the one source there is: kpis/sources/registry.py
        return bool(named) and (not run.source or run.source in named)
    return (run.source or run.kind) in named and any(code in run.totals for code in measures)


def _rewritings(code: str, catalogue: Catalogue) -> list[Rewriting]:
    """Each change of a formula that the indicator rested on at the time, oldest first. One query.

    The trigger keeps the formula before a change; going back from today's gives those of any time.
    """
    formulas = {one.code: one.formula for one in catalogue.indicators.values()}
    found: list[Rewriting] = []
    kept = apps.get_model("kpis", "FormulaEvent").objects  # made by pghistory, with its trigger
    for event in kept.select_related("pgh_obj").order_by("-pgh_id"):
        indicator = event.pgh_obj
        if indicator.code not in formulas:  # closed to who asks
            continue
        after = formulas[indicator.code]
        names = names_in(event.formula) | names_in(after)
        if indicator.code in _reached(code, formulas) and not names & catalogue.closed:
            found.append(Rewriting(event.pgh_created_at, indicator, event.formula, after))
        formulas[indicator.code] = event.formula
    return found[::-1]


def _reached(code: str, formulas: Mapping[str, str]) -> set[str]:
    """The indicators a formula rests on, itself included."""
    found, left = set[str](), [code]
    while left:
        one = left.pop()
        if one in formulas and one not in found:
            found.add(one)
            with suppress(FormulaError):
                left += [ref.code for ref in references(parse(formulas[one]))]
    return found
