"""Which stored segments answer a question: one slot per (measure reference, output segment)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kpis.catalogue import Catalogue, CutInfo
from kpis.formula import Ref, to_text
from kpis.models import Segment
from kpis.models.rights import segments_with_figures_of

Output = tuple[str | None, ...]  # values along the dimensions asked, in their order


@dataclass(frozen=True)
class Slot:
    ref: Ref
    output: Output


@dataclass
class SlotPlan:
    """Slots in order, and for each the (cut, measure, segment) rows that are summed into it."""

    slots: list[Slot] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    measures: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # index into `slots`, aligned with the three above
    missing: dict[Ref, str] = field(default_factory=dict)  # references no cut can answer

    def add(self, slot: Slot, cut: int, measure: int, segments: Iterable[int]) -> None:
        number = len(self.slots)
        self.slots.append(slot)
        for segment in segments:
            self.cuts.append(cut)
            self.measures.append(measure)
            self.segments.append(segment)
            self.numbers.append(number)

    def arrays(self, keep: Iterable[int]) -> tuple[list[int], list[int], list[int], list[int]]:
        """The rows of the slots whose number is kept, as four aligned lists."""
        kept = set(keep)
        at = [i for i, number in enumerate(self.numbers) if number in kept]
        columns = (self.cuts, self.measures, self.segments, self.numbers)
        cuts, measures, segments, numbers = ([column[i] for i in at] for column in columns)
        return cuts, measures, segments, numbers


def plan_slots(
    catalogue: Catalogue, refs: Iterable[Ref], by: Sequence[str] = (), where: Mapping[str, str] | None = None
) -> SlotPlan:
    """One query for the segments of all the cuts read, whatever their number."""
    where = where or {}
    chosen = {ref: catalogue.cut_for(ref, [*by, *where]) for ref in sorted(refs, key=to_text)}
    plan = SlotPlan(missing={ref: "not_by_dimension" for ref, cut in chosen.items() if cut is None})
    for ref, cut in chosen.items():
        if cut is None and not catalogue.cuts.get(ref.code):
            plan.missing[ref] = "no_data"
    segments = _segments_of({cut.dimensions for cut in chosen.values() if cut}, catalogue)
    for ref, cut in chosen.items():
        if cut:
            _add_slots(plan, catalogue, ref, cut, segments[cut.dimensions], by, where)
    return plan


type_values = Mapping[str, str | None]


def _segments_of(
    dimension_sets: set[frozenset[str]], catalogue: Catalogue
) -> dict[frozenset[str], list[tuple[int, type_values]]]:
    """Of each set of dimensions; where measures are left out of the catalogue, so are the parts only they have."""
    found: dict[frozenset[str], list[tuple[int, type_values]]] = {dims: [] for dims in dimension_sets}
    rows = Segment.objects.filter(dimensions__in=[sorted(dims) for dims in dimension_sets])
    if catalogue.closed:
        rows = rows.filter(segments_with_figures_of([found.pk for found in catalogue.measures.values()]))
    for pk, dimensions, values in rows.values_list("id", "dimensions", "values"):
        found[frozenset(dimensions)].append((pk, values))
    return found


def _add_slots(
    plan: SlotPlan,
    catalogue: Catalogue,
    ref: Ref,
    cut: CutInfo,
    segments: Iterable[tuple[int, type_values]],
    by: Sequence[str],
    where: Mapping[str, str],
) -> None:
    asked = [*where.items(), *ref.where]
    groups: dict[Output, list[int]] = {}
    for pk, values in segments:
        if all(values.get(name) == wanted for name, wanted in asked):
            groups.setdefault(tuple(values.get(name) for name in by), []).append(pk)
    for output, pks in groups.items():
        plan.add(Slot(ref, output), cut.id, catalogue.measures[ref.code].pk, pks)
