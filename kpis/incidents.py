"""Step ⑤, its end: what one cause moved is one incident, told once.

A large order lifts revenue, basket, margin and return on advertising, in its channel, its region and its category, for
the day, the week and the month: dozens of episodes and one thing to know. Of the episodes that belong together the
plainest leads; the others are its companions (``Deviation.part_of``). Pure functions above, storing below.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from kpis.catalogue import Catalogue
from kpis.deviations import Changed
from kpis.models import Deviation, DeviationState, NightlyRun
from kpis.same_cause import (
    LENGTH,
    Natures,
    are_kin,
    is_carried,
    knew_its_order,
    may_coincide,
    natures,
    outweighed,
    same_cause,
    same_figure,
    same_order,
    share_a_measure,
    touch,
    within,
)

# For so long a figure of the same kind may still join an incident.
A_WEEK = timedelta(days=7)
# Of an incident, whatever carries this share of the most at stake may lead.
FAIR_SHARE = 0.5


@dataclass
class Incident:
    lead: Deviation
    members: list[Deviation] = field(default_factory=list)


def by_stake(d: Deviation) -> tuple[float, float, date, int]:
    """Most at stake first; without a path to money, the larger relative gap first."""
    money = -abs(d.money) if d.money is not None else 1.0
    return money, -abs(d.gap_relative or 0.0), d.start, d.pk


def plainest(members: Sequence[Deviation], known: Natures) -> Deviation:
    """Of those with a fair share at stake: one carried by an order, else of the whole, else of the fewest measures."""
    most = max(abs(d.money or 0.0) for d in members)
    fair = [d for d in members if abs(d.money or 0.0) >= FAIR_SHARE * most]

    def plain(d: Deviation) -> tuple[Any, ...]:
        measures = len(known[d.indicator_id].moves)
        return not is_carried(d), len(d.segment.values), measures, by_stake(d)

    return min(fair, key=plain)


def fresh(waiting: Sequence[Deviation], known: Natures) -> Iterator[Incident]:
    """The incidents that the episodes opened in one night make."""
    left = sorted(waiting, key=by_stake)
    while left:
        found = [left[0], *(d for d in left[1:] if same_cause(left[0], d, known))]
        lead = plainest(found, known)
        found += [d for d in left if d not in found and same_cause(lead, d, known)]
        left = [d for d in left if d not in found]
        yield Incident(lead, found)


# ---- what goes on -------------------------------------------------------------------------------------------------


def carried_along(incident: Incident, new: Deviation, _known: Natures) -> bool:
    """A new episode carried by an order that an older incident was about from its start: what it is about tonight may
    be the very order that is new.
    """
    return any(may_coincide(m, new) and same_order(m, new) and knew_its_order(m) for m in incident.members)


def goes_on(incident: Incident, new: Deviation, known: Natures) -> bool:
    """A new episode in which an older incident goes on: of the same or a longer period, next to it in time.

    A new day is never lost in a month that was off before it, nor a target missed in a signal. What was part of an
    incident yesterday, and is still off today, is part of it today.
    """
    lead = incident.lead
    near = [m for m in incident.members if LENGTH[m.grain] <= LENGTH[new.grain] and touch(m, new)]
    if any(same_figure(m, new) or (may_coincide(m, new) and outweighed(m, new)) for m in near):
        return True
    if not near or new.rule != lead.rule or not (within(lead, new) or within(new, lead)):
        return False
    recent = new.opened_on - lead.opened_on <= A_WEEK and within(new, lead)
    return share_a_measure(lead, new, known) or (recent and are_kin(lead, new, known))


# ---- storing ------------------------------------------------------------------------------------------------------


def gather(run: NightlyRun, changed: Changed, catalogue: Catalogue) -> None:
    """Make incidents of the episodes a night left; must run inside the transaction that publishes it.

    A historical view is gathered anew each time: all of it is of one night.
    """
    known = natures(catalogue)
    standing = _standing(run)
    new = {d.pk for d in (*changed.opened, *changed.reopened)}
    waiting = [d for d in standing if run.historical or d.pk in new]
    incidents = _incidents(d for d in standing if d not in waiting)
    for belongs in (carried_along, goes_on):
        waiting = _join(incidents, waiting, belongs, known)
    incidents += fresh(waiting, known)
    for incident in incidents:
        _settle(incident, known)
    Deviation.objects.bulk_update([d for i in incidents for d in i.members], _SETTLED)
    _flatten()


_SEEN = ("acknowledged_by", "acknowledged_at")
_SNOOZE = ("state", "snoozed_until", "snooze_reason")
_SETTLED = ("part_of", "owner", *_SEEN, *_SNOOZE)


def _standing(run: NightlyRun) -> list[Deviation]:
    """The episodes of the view that stand, and those that ended tonight."""
    found = Deviation.objects.filter(view=run.as_of if run.historical else None)
    found = found.filter(~Q(state=DeviationState.CLOSED) | Q(closed_on=run.as_of)).order_by("id")
    return list(found.select_related("indicator", "segment").select_for_update(of=("self",)))


def _incidents(found: Iterable[Deviation]) -> list[Incident]:
    by_lead: dict[int, Incident] = {}
    for d in sorted(found, key=lambda d: (d.part_of_id is not None, by_stake(d))):
        by_lead.setdefault(d.part_of_id or d.pk, Incident(d)).members.append(d)
    return list(by_lead.values())


def _join(
    incidents: Sequence[Incident],
    waiting: Sequence[Deviation],
    belongs: Callable[[Incident, Deviation, Natures], bool],
    known: Natures,
) -> list[Deviation]:
    """Put what belongs to a standing incident there; returns what is left."""
    left = []
    for new in sorted(waiting, key=by_stake):
        home = next((i for i in incidents if belongs(i, new, known)), None)
        if home is None:
            left.append(new)
            continue
        home.members.append(new)
        if home.lead.state == DeviationState.SNOOZED:
            _copy(home.lead, new, _SNOOZE)
    return left


def _settle(incident: Incident, known: Natures) -> None:
    """Where the one that leads has ended and others stand, the plainest of those takes over, with what people did."""
    stand = [d for d in incident.members if d.state != DeviationState.CLOSED]
    before = incident.lead
    if before.state == DeviationState.CLOSED and stand:
        incident.lead = plainest(stand, known)
        _take_over(before, incident.lead)
    for d in incident.members:
        d.part_of = None if d is incident.lead else incident.lead


def _take_over(before: Deviation, lead: Deviation) -> None:
    """Those that ended on an earlier night follow too."""
    Deviation.objects.filter(part_of=before).exclude(pk=lead.pk).update(part_of=lead)
    if before.owner_id is not None:
        lead.owner_id = before.owner_id
    if lead.acknowledged_at is None:
        _copy(before, lead, _SEEN)


def _flatten() -> None:
    """What followed a lead that now follows another, say since it closed and came back, follows that one."""
    above = Deviation.objects.filter(pk=OuterRef("part_of")).values("part_of")[:1]
    Deviation.objects.filter(part_of__part_of__isnull=False).update(part_of=Subquery(above))


def _copy(source: Deviation, target: Deviation, names: Iterable[str]) -> None:
    for name in names:
        setattr(target, name, getattr(source, name))
