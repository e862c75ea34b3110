"""The catalogue as the computations see it: parsed formulas, cuts, coverage. Loaded once per question."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.access import Right, rights_of
from kpis.coverage import CoverageKey, Days, LastRun, last_runs, load_coverage
from kpis.formula import FormulaError, Node, Ref, expand, parse, references
from kpis.models import Aggregation, Cut, Dimension, Indicator, Measure
from kpis.models.rights import closed_codes, names_in

# How figures of several segments become one; a distinct count, for one, cannot be had from its parts.
PUT_TOGETHER = (Aggregation.SUM, Aggregation.MEAN, Aggregation.MIN, Aggregation.MAX)


@dataclass(frozen=True)
class CutInfo:
    id: int
    source: int
    dimensions: frozenset[str]
    is_orders: bool


@dataclass(frozen=True)
class Catalogue:
    """Everything a formula can name, and where its figures are kept."""

    measures: Mapping[str, Measure]
    indicators: Mapping[str, Indicator]
    dimensions: Mapping[str, Dimension]
    cuts: Mapping[str, tuple[CutInfo, ...]]  # by measure code, of its source of truth, smallest first
    coverage: Mapping[CoverageKey, Days]
    as_of: date | None = None  # nothing after it is seen
    closed: frozenset[str] = frozenset()  # codes left out, because the reader may not read them
    _expanded: dict[str, Node] = field(default_factory=dict)
    _spoken_for: dict[str, Days] = field(default_factory=dict)
    _for: dict[frozenset[str], "Catalogue"] = field(default_factory=dict)

    def readable_with(self, held: Collection[Right]) -> "Catalogue":
        """What these rights open of it, all of it where they close nothing. Kept by what is closed, not by whom."""
        closed = self._closed_to(frozenset(held))
        if not closed:
            return self
        if closed not in self._for:
            self._for[closed] = Catalogue(
                measures={code: found for code, found in self.measures.items() if code not in closed},
                indicators={code: found for code, found in self.indicators.items() if code not in closed},
                dimensions=self.dimensions,
                cuts=self.cuts,
                coverage=self.coverage,
                as_of=self.as_of,
                closed=closed,
            )
        return self._for[closed]

    def rights_for(self, code: str) -> frozenset[str]:
        """Every right it takes to read an indicator: its own and those of all its formula reaches."""
        found, left = dict[str, str](), [code]
        while left:
            one = left.pop()
            entry = self.indicators.get(one) or self.measures.get(one)
            if entry is not None and one not in found:
                found[one] = entry.right
                left += names_in(self.indicators[one].formula) if one in self.indicators else ()
        return frozenset(found.values()) | {m.right for c, m in self.measures.items() if c in found}

    def _closed_to(self, held: frozenset[Right]) -> frozenset[str]:
        return closed_codes(
            [(code, found.right) for code, found in self.measures.items()],
            [(code, found.right, found.formula) for code, found in self.indicators.items()],
            held,
        )

    @cached_property
    def formulas(self) -> dict[str, Node]:
        """By indicator, its formula as written, of those that can be read."""
        found = {}
        for code, indicator in self.indicators.items():
            with suppress(FormulaError):
                found[code] = parse(indicator.formula)
        return found

    @cached_property
    def unsound(self) -> frozenset[str]:
        """Indicators whose formula cannot be read, or names what does not exist: they must not take others along."""
        return frozenset(code for code in self.indicators if not self._is_sound(code))

    @cached_property
    def sound(self) -> Mapping[str, Indicator]:
        """The indicators that can be computed."""
        return {code: found for code, found in self.indicators.items() if code not in self.unsound}

    def _is_sound(self, code: str) -> bool:
        try:
            self.formula(code)
        except FormulaError:
            return False
        return True

    def formula(self, code: str) -> Node:
        """The formula of an indicator down to measures.

        Raises KeyError for an unknown code, FormulaError for an unsound indicator.
        """
        if code not in self._expanded:
            written = self.formulas.get(code) or parse(self.indicators[code].formula)
            expanded = expand(written, self.formulas)
            for ref in references(expanded):
                if ref.code not in self.measures:
                    raise FormulaError(_("“%(code)s” is not a measure.") % {"code": ref.code}, ref.at, code)
            self._expanded[code] = expanded
        return self._expanded[code]

    def refs(self, code: str) -> frozenset[Ref]:
        return references(self.formula(code))

    def spoken(self, measure: str) -> Days:
        """The days for which the source of truth of a measure has spoken."""
        return next((self.coverage[key] for key in self._keys(measure) if key in self.coverage), Days())

    def spoke_last(self, measure: str) -> list[LastRun]:
        """The last runs that spoke for a measure, the latest first."""
        found = [run for key in self._keys(measure) for run in self._last_runs.get(key, ())]
        return sorted(found, key=lambda run: (run.end, run.pk), reverse=True)

    @cached_property
    def _last_runs(self) -> Mapping[CoverageKey, Sequence[LastRun]]:
        return last_runs()

    def _keys(self, measure: str) -> tuple[CoverageKey, ...]:
        """What the source of truth of a measure may have spoken of: it alone, or all it has."""
        if not self.cuts.get(measure):
            return ()
        source = self.cuts[measure][0].source
        return (source, self.measures[measure].pk), (source, None)

    def spoken_for(self, code: str) -> Days:
        """The days for which every measure of an indicator is known."""
        if code not in self._spoken_for:
            days: Days | None = None
            for ref in self.refs(code):
                days = self.spoken(ref.code) if days is None else days & self.spoken(ref.code)
            self._spoken_for[code] = days or Days()
        return self._spoken_for[code]

    def cut_for(self, ref: Ref, dimensions: Iterable[str]) -> CutInfo | None:
        """The one cut a question reads: the smallest that has the dimensions, or exactly them for distinct counts."""
        needed = frozenset(dimensions) | {name for name, _value in ref.where}
        exact = self.measures[ref.code].over_segments not in PUT_TOGETHER
        for cut in self.cuts.get(ref.code, ()):
            if cut.dimensions == needed or (not exact and cut.dimensions > needed):
                return cut
        return None


def load_catalogue(as_of: date | None = None) -> Catalogue:
    """Five queries. Facts and coverage after ``as_of`` are not seen."""
    measures = {m.code: m for m in Measure.objects.all()}
    coverage = load_coverage(as_of)
    return Catalogue(
        measures=measures,
        indicators={i.code: i for i in Indicator.objects.all()},
        dimensions={d.code: d for d in Dimension.objects.all()},
        cuts=_cuts_by_measure({key for key, days in coverage.items() if days}),
        coverage=coverage,
        as_of=as_of,
    )


# Each version of a row in PostgreSQL has its own (transaction, place): whatever is inserted, changed or deleted in
# these tables, by whichever process, gives another fingerprint. Sums do not depend on the order rows are read in. None
# of them grows with the files that came: a page asks for the fingerprint.
MADE_OF = (
    "kpis_measure",
    "kpis_indicator",
    "kpis_dimension",
    "kpis_source",
    "kpis_cut",
    "kpis_cut_measures",
    "kpis_knowndays",  # every file writes anew those of its source and measures, whether or not they change
)
_held: tuple[object, Catalogue] | None = None


def fingerprint(tables: Sequence[str]) -> tuple[tuple[Any, ...], ...]:
    """Another one whenever something was inserted, changed or deleted in the tables. One query."""
    parts = (
        f"SELECT {place}, count(*), sum(hashtextextended(xmin::text || ctid::text, {place})) FROM {table}"
        for place, table in enumerate(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return tuple(sorted(cursor.fetchall()))


def catalogue_now() -> Catalogue:
    """What ``load_catalogue()`` gives, kept by the process for as long as nothing it was made of changes. One query.

    It is shared by requests: read it, change nothing. The fingerprint is taken before the rows, so a change in
    between can only make the next request load once more.
    """
    global _held  # noqa: PLW0603  # one place, replaced whole
    now, held = fingerprint(MADE_OF), _held
    if held is None or held[0] != now:
        _held = held = (now, load_catalogue())
    return held[1]


def catalogue_for(user: Any) -> Catalogue:
    """What ``catalogue_now()`` gives, as far as a person may read it. One query."""
    return catalogue_now().readable_with(rights_of(user))


def _cuts_by_measure(spoken: Collection[tuple[int, int | None]]) -> dict[str, tuple[CutInfo, ...]]:
    """By measure, the cuts of its one source of truth among those that have spoken of it.

    Order files go before summed figures, then the oldest source.
    """
    rows = Cut.objects.filter(measures__isnull=False).values_list(
        "measures__code", "measures__id", "id", "source_id", "dimensions", "source__kind"
    )
    found: dict[str, list[CutInfo]] = {}
    for code, measure, pk, source, dimensions, kind in rows:
        if (source, measure) in spoken or (source, None) in spoken:
            found.setdefault(code, []).append(CutInfo(pk, source, frozenset(dimensions), kind == "orders"))
    return {code: _of_truth(cuts) for code, cuts in found.items()}


def _of_truth(cuts: list[CutInfo]) -> tuple[CutInfo, ...]:
    truth = min(cuts, key=lambda cut: (not cut.is_orders, cut.source)).source
    kept = (cut for cut in cuts if cut.source == truth)
    return tuple(sorted(kept, key=lambda cut: (len(cut.dimensions), cut.id)))
