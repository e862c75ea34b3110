"""What a file replaces: the days it spans, or what it names and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext_noop

from base.sentences import Sentence, sentence
from intake.covering import CHANGES, FULL, VANISHING
from intake.models import ImportRun
from intake.problems import Refused
from kpis.coverage import Span

# A handful dated apart from all the others does not make a file speak for the days between: a slip, or an old order
# among new ones.
APART = timedelta(days=7)
FEW = 0.01  # share of all in one such group; a single one always is few
MOST_APART = 0.2  # share of all such groups together; beyond, the file is simply sparse
_SHOWN = 5


@dataclass(frozen=True)
class Reach:
    """``span`` is what a file replaces whole, None of a file of changes.

    ``named`` are the days of which it replaces only what it names.
    """

    span: Span | None
    named: list[date] = field(default_factory=list)


def outlying_days(counted: Sequence[tuple[date, int]]) -> list[date]:
    """The days, of (day, how many) in order, that hold few and lie apart from all the others, at either end.

    Apart is more than a week away, and more than twice what the others ever are from one another.
    """
    groups = _groups(counted, APART)
    total = sum(map(_size, groups))
    large = [n for n, group in enumerate(groups) if _size(group) > max(1, FEW * total)]
    if not large:
        return []
    body = [day for group in groups[large[0] : large[-1] + 1] for day in group]
    usual = max((b[0] - a[0] for a, b in pairwise(body)), default=timedelta(0))
    found = [
        day
        for group in _groups(counted, max(APART, 2 * usual))
        if body[0] not in group and _size(group) <= max(1, FEW * total)
        for day in group
    ]
    return [day for day, _count in found] if _size(found) <= MOST_APART * total else []


def _groups(counted: Sequence[tuple[date, int]], apart: timedelta) -> list[Sequence[tuple[date, int]]]:
    """Runs of days none of which is further than that from the next."""
    starts = [n for n, (a, b) in enumerate(pairwise(counted), 1) if b[0] - a[0] > apart]
    return [counted[low:high] for low, high in pairwise([0, *starts, len(counted)])]


def _size(group: Iterable[tuple[date, int]]) -> int:
    return sum(count for _day, count in group)


def named_days(run: ImportRun, counted: Sequence[tuple[date, int]]) -> list[date]:
    """The days of which a file only names rows: all of a file of changes, those lying apart unless it is full."""
    covers = run.asked.get("covers")
    if covers == CHANGES:
        return [day for day, _count in counted]
    return [] if covers == FULL else outlying_days(counted)


def refuse_vanishing(run: ImportRun, *, gone: int, back: int, start: date, end: date) -> None:
    """Refused where more of what is known would vanish than come back, unless the file is said to be full."""
    if gone > back and run.asked.get("covers") != FULL:
        raise Refused(VANISHING, gone=gone, back=back, start=start.isoformat(), end=end.isoformat())


def told_apart(run: ImportRun, days: Iterable[date]) -> list[Sentence]:
    """Says which days lie apart, if a file has such."""
    found = sorted(days)
    if not found or run.asked.get("covers") == CHANGES:
        return []
    told = gettext_noop(
        "Dated far from the rest of the file: %(days)s. These rows replace what they name, and the days between stay "
        "as they were."
    )
    shown = ", ".join(day.isoformat() for day in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    return [sentence(told, days=shown)]
