"""Many targets set, proposed or taken back at once: a sheet that is saved, a workbook that is read.

All of them or none: one transaction. Whoever changes a target after somebody else did is told who and what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import EllipsisType
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.access import Right, has_right
from accounts.models import User
from base.sentences import spoken
from kpis.catalogue import Catalogue, catalogue_for
from kpis.models import Direction, Indicator, Segment, Target, TargetProposal
from kpis.proposals import keep_proposals
from kpis.segments import ensure_segments, key_of
from kpis.targets import (
    Bounds,
    Cell,
    TargetError,
    bounds_of,
    cell_of,
    check_target,
    lock_targets,
    put_in_force,
)


@dataclass(frozen=True)
class TargetChange:
    """What one target is to become; without ``bounds`` it is taken back.

    ``seen`` is what it was when somebody decided so (None: there was none); left out, whatever stands is replaced.
    """

    indicator: str
    start: date
    end: date
    bounds: Bounds | None
    seen: Bounds | EllipsisType | None = ...
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """How many targets became what; ``unchanged`` are those that stood so already. ``records``: what each change came
    to, in their order: the target in force, the proposal that waits, or None where it is taken back.
    """

    set: int = 0
    proposed: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    records: Sequence[Target | TargetProposal | None] = field(default=(), compare=False, repr=False)


class TargetsRefusedError(TargetError):
    """Nothing was stored. ``problems``: sentences by the place of their change. ``meanwhile``: by the place of a change
    the target that somebody else set since it was seen, or None where it was taken back.
    """

    def __init__(self, problems: Mapping[int, str], meanwhile: Mapping[int, Target | None]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems
        self.meanwhile = meanwhile


@transaction.atomic
def set_targets(*, changes: Sequence[TargetChange], by: User, at: datetime, reason: str = "") -> Stored:
    """Store the changes: at once for who may set targets, as proposals with a reason for who may propose them.

    The same sent twice changes nothing the second time. Raises PermissionDenied for anybody else, TargetsRefusedError
    when a change cannot be, or its target is no longer as it was seen.
    """
    may_set = has_right(by, Right.SET_TARGETS)
    if not may_set and not has_right(by, Right.PROPOSE_TARGETS):
        raise PermissionDenied
    catalogue = catalogue_for(by)
    problems = _problems(changes, catalogue, may_set=may_set)
    if problems:
        raise TargetsRefusedError(problems, {})
    lock_targets({catalogue.indicators[change.indicator].pk for change in changes})
    wanted = _unsaved(changes, catalogue)
    live = _live(wanted)
    meanwhile = {
        place: live.get(cell_of(target))
        for place, (change, target) in enumerate(zip(changes, wanted, strict=True))
        if _is_overtaken(change, live.get(cell_of(target)))
    }
    if meanwhile:
        raise TargetsRefusedError({}, meanwhile)
    new = [target for target in wanted if bounds_of(live.get(cell_of(target))) != bounds_of(target)]
    same = len(changes) - len(new)
    became: dict[Cell, Target | TargetProposal | None] = {**live}
    if not may_set:
        asked = [TargetProposal(**_figures(target)) for target in new]
        waiting = keep_proposals(proposals=asked, by=by, at=at, reason=reason)
        became |= {cell_of(proposal): proposal for proposal in waiting}
        return Stored(proposed=len(new), unchanged=same, records=_records(wanted, became))
    kept = [target for target in new if bounds_of(target) is not None]
    gone = [live[cell_of(target)] for target in new if bounds_of(target) is None]
    Target.objects.filter(pk__in=[target.pk for target in gone]).update(replaced_at=at)
    put_in_force(targets=kept, by=by, at=at, catalogue=catalogue)
    became |= {cell_of(target): target for target in kept} | {cell_of(target): None for target in gone}
    return Stored(set=len(kept), withdrawn=len(gone), unchanged=same, records=_records(wanted, became))


def _records(
    wanted: Sequence[Target], became: Mapping[Cell, Target | TargetProposal | None]
) -> list[Target | TargetProposal | None]:
    return [became.get(cell_of(target)) for target in wanted]


def _problems(changes: Sequence[TargetChange], catalogue: Catalogue, *, may_set: bool) -> dict[int, str]:
    found: dict[int, str] = {}
    named: set[tuple[str, str, date, date]] = set()
    for place, change in enumerate(changes):
        cell = (change.indicator, key_of(change.where), change.start, change.end)
        problem = _problem(change, catalogue, may_set=may_set)
        if not problem and cell in named:
            problem = spoken(gettext_noop("This target is given twice."))
        if problem:
            found[place] = problem
        named.add(cell)
    return found


def _problem(change: TargetChange, catalogue: Catalogue, *, may_set: bool) -> str:
    """Why a change cannot be, in a sentence; empty when it can."""
    try:
        indicator = check_target(
            catalogue, change.indicator, change.start, change.end, change.where, figures_of(change.bounds)
        )
    except TargetError as error:
        return error.said
    if change.bounds is None:
        return "" if may_set else spoken(gettext_noop("Only who sets targets can take one back."))
    return misfit(indicator, change.bounds)


def misfit(indicator: Indicator, bounds: Bounds) -> str:
    """Why these bounds are not what the indicator asks for: two to stay within, or one value."""
    ranged = indicator.direction == Direction.RANGE
    if ranged and bounds.high is None:
        return spoken(
            gettext_noop("“%(indicator)s” has two bounds to stay within."), indicator=indicator.name
        )
    if not ranged and bounds.high is not None:
        return spoken(gettext_noop("“%(indicator)s” has one value to reach."), indicator=indicator.name)
    return ""


def figures_of(bounds: Bounds | None) -> dict[str, Decimal | None]:
    """The columns of a target."""
    if bounds is None:
        return {"value": None, "low": None, "high": None}
    if bounds.high is None:
        return {"value": bounds.value, "low": None, "high": None}
    return {"value": None, "low": bounds.value, "high": bounds.high}


def _unsaved(changes: Sequence[TargetChange], catalogue: Catalogue) -> list[Target]:
    """What each is to become, without a figure where it is taken back."""
    ids = ensure_segments([change.where for change in changes])
    segments = Segment.objects.in_bulk(ids.values())
    return [
        Target(
            indicator=catalogue.indicators[change.indicator],
            segment=segments[ids[key_of(change.where)]],
            start=change.start,
            end=change.end,
            **figures_of(change.bounds),
        )
        for change in changes
    ]


def _live(wanted: Sequence[Target]) -> dict[Cell, Target]:
    found = Target.objects.live().filter(
        indicator__in={target.indicator_id for target in wanted},
        segment__in={target.segment_id for target in wanted},
        start__in={target.start for target in wanted},
    )
    return {cell_of(target): target for target in found.select_related("created_by")}


def _is_overtaken(change: TargetChange, now: Target | None) -> bool:
    """Whether somebody set something else since it was seen; what is as it shall become is nobody's loss."""
    if change.seen is ... or bounds_of(now) == change.bounds:
        return False
    return bounds_of(now) != change.seen


def _figures(target: Target) -> dict[str, Any]:
    fields = ("indicator", "segment", "start", "end", "value", "low", "high")
    return {name: getattr(target, name) for name in fields}
