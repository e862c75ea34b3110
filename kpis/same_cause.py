"""Do two episodes tell of one cause? What ``kpis/incidents.py`` puts together; pure functions.

They do when one order carries them, or when a measure that both are made of moved both the way they went, over days
that touch, in segments that may hold the same sales. Nobody is asked for the cause itself: that is for the diagnosis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kpis.catalogue import Catalogue
from kpis.formula_traits import above_the_line, benefit, signs
from kpis.models import Deviation, Indicator, Unit

LENGTH = {"day": 0, "week": 1, "month": 2}
# The day after its last still touches an episode.
NEXT_DAY = timedelta(days=1)
# Two cuts of one amount differ by this factor at most; what an order carries is worth this much of its weight.
ALIKE = 3.0
HALF = 0.5
LEAST_OF_ORDER, MOST_OF_ORDER = 0.2, 1.25


@dataclass(frozen=True)
class Nature:
    """What the definition of an indicator says of what it moves with: the measures of its formula, each with the sign
    it has there, those above the line, its drivers and its group.
    """

    code: str
    moves: Mapping[str, int]
    above: frozenset[str]
    drivers: frozenset[str]
    group: str


Natures = Mapping[int, Nature]


def natures(catalogue: Catalogue) -> dict[int, Nature]:
    """By indicator; one whose formula cannot be read moves with nothing."""
    return {indicator.pk: _nature(catalogue, indicator) for indicator in catalogue.indicators.values()}


def _nature(catalogue: Catalogue, indicator: Indicator) -> Nature:
    if indicator.code not in catalogue.sound:
        return Nature(indicator.code, {}, frozenset(), frozenset(), "")
    formula = catalogue.formula(indicator.code)
    drivers = frozenset(indicator.drivers)
    return Nature(indicator.code, signs(formula), above_the_line(formula), drivers, indicator.group)


def share_a_measure(a: Deviation, b: Deviation, known: Natures) -> bool:
    """A measure that is above the line of one of them, and moved both the way they went."""
    one, other = known[a.indicator_id], known[b.indicator_id]
    for measure in one.moves.keys() & other.moves.keys() & (one.above | other.above):
        sign = one.moves[measure] * other.moves[measure]
        if sign == 0 or sign * (a.gap or 0.0) * (b.gap or 0.0) > 0:
            return True
    return False


def are_kin(a: Deviation, b: Deviation, known: Natures) -> bool:
    """Of one group, or one the driver of the other, and both good or both bad for the business."""
    one, other = known[a.indicator_id], known[b.indicator_id]
    near = one.code in other.drivers or other.code in one.drivers or (one.group == other.group != "")
    return near and _side(a) == _side(b)


def same_order(a: Deviation, b: Deviation) -> bool:
    """One and the same order, or the credit note that takes it back, weighs most in both, and carries one of them."""
    return (is_carried(a) or is_carried(b)) and not _orders(a).isdisjoint(_orders(b))


def knew_its_order(old: Deviation) -> bool:
    """Whether the older was about its order from its start: one of a later day has come to outweigh it since."""
    first: list[dict[str, Any]] = old.evidence.get("orders", [])[:1]
    return all((order.get("day") or "") <= old.opened_on.isoformat() for order in first)


def outweighed(a: Deviation, b: Deviation) -> bool:
    """What is at stake in ``b``, as good or as bad news as ``a``, is about what the order that carries ``a`` weighs."""
    orders = a.evidence.get("orders")
    if not is_carried(a) or not orders or a.evidence.get("measure") == "units":
        return False
    if is_carried(b) or _side(a) != _side(b):
        return False
    weight, stake = float(orders[0]["weight"]), abs(b.money or 0.0)
    in_money = b.indicator.unit in (Unit.MONEY, Unit.SCORE)
    return in_money and LEAST_OF_ORDER * weight <= stake <= MOST_OF_ORDER * weight


def same_figure(a: Deviation, b: Deviation) -> bool:
    """One indicator in one segment, off by one rule, above or below in both."""
    same = (a.indicator_id, a.segment_id, a.rule) == (b.indicator_id, b.segment_id, b.rule)
    return same and (a.gap or 0.0) * (b.gap or 0.0) > 0


def same_cause(a: Deviation, b: Deviation, known: Natures) -> bool:
    """Two episodes that opened in one night."""
    if not may_coincide(a, b) or not touch(a, b):
        return False
    if same_order(a, b) or outweighed(a, b) or outweighed(b, a):
        return True
    if a.rule != b.rule or not (within(a, b) or within(b, a) or _alike(a, b)):
        return False
    if LENGTH[a.grain] == LENGTH[b.grain]:
        return share_a_measure(a, b, known) or are_kin(a, b, known)
    return share_a_measure(a, b, known) and _makes_up(*sorted((a, b), key=lambda d: LENGTH[d.grain]))


def _makes_up(short: Deviation, long: Deviation) -> bool:
    """The shorter is at least half of what the longer is off: a month that was off anyway is another matter."""
    if short.money is not None and long.money is not None:
        return abs(short.money) >= HALF * abs(long.money)
    return _off(short) >= HALF * _off(long)


def _off(d: Deviation) -> float:
    """The relative gap, added up over the days elapsed."""
    return abs(d.gap_relative or 0.0) * ((d.last_day - d.start).days + 1)


def may_coincide(a: Deviation, b: Deviation) -> bool:
    """No dimension has another value in the other: the same sales may be in both."""
    mine, theirs = a.segment.values, b.segment.values
    return all(theirs.get(name, value) == value for name, value in mine.items())


def within(a: Deviation, b: Deviation) -> bool:
    """The segment of ``a`` is that of ``b`` or a part of it."""
    return bool(b.segment.values.items() <= a.segment.values.items())


def touch(a: Deviation, b: Deviation) -> bool:
    return a.start <= b.last_day + NEXT_DAY and b.start <= a.last_day + NEXT_DAY


def _alike(a: Deviation, b: Deviation) -> bool:
    """About as much at stake, on the same side: one amount in two cuts."""
    small, large = sorted((abs(a.money or 0.0), abs(b.money or 0.0)))
    return 0 < large <= ALIKE * small and _side(a) == _side(b)


def _side(d: Deviation) -> bool:
    return benefit(d.indicator.direction, d.gap or 0.0) > 0


def is_carried(d: Deviation) -> bool:
    return "one_order" in d.evidence.get("rules", "").split(",")


def _orders(d: Deviation) -> set[str]:
    """The heaviest order and its counterpart."""
    first: list[dict[str, Any]] = d.evidence.get("orders", [])[:1]
    return {order[name] for order in first for name in ("reference", "pair") if order.get(name)}
