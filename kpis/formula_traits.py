"""What the form of a formula says of its indicator: whether days add up, what it is over, what it is worth."""

from collections.abc import Iterator
from decimal import Decimal

from kpis.catalogue import Catalogue
from kpis.formula import BinOp, Neg, Node, Number, Percentile, Ref, denominator, is_additive
from kpis.models import Aggregation, Direction, Unit


def adds_up(catalogue: Catalogue, code: str) -> bool:
    """True when an indicator's days sum to its periods: a sum of measures that themselves add up over time."""
    measures = [catalogue.measures[ref.code] for ref in catalogue.refs(code)]
    return is_additive(catalogue.formula(code)) and all(m.over_time == Aggregation.SUM for m in measures)


def has_distinct(catalogue: Catalogue, code: str) -> bool:
    """True when some measure of the indicator is a distinct count: no period can be had from its days."""
    return any(catalogue.measures[ref.code].over_time == Aggregation.DISTINCT for ref in catalogue.refs(code))


def counts_customers(catalogue: Catalogue, code: str) -> bool:
    """True for a distinct count itself, whose target belongs to its own period only."""
    return is_additive(catalogue.formula(code)) and has_distinct(catalogue, code)


def leading(node: Node) -> Ref | None:
    """The first measure of a formula's numerator: the one whose single orders can carry the figure."""
    match node:
        case Ref():
            return node
        case BinOp(left=left, right=right):
            return leading(right) if isinstance(left, Number) else leading(left)
        case Neg() | Number() | Percentile():
            return None
    return None


def signs(node: Node) -> dict[str, int]:
    """By measure of a formula: 1 where more of it lifts the figure, -1 where it lowers it, 0 where it may be both."""
    found: dict[str, int] = {}
    for code, sign in _signed(node, 1):
        found[code] = sign if found.get(code, sign) == sign else 0
    return found


def _signed(node: Node, sign: int) -> Iterator[tuple[str, int]]:
    match node:
        case Ref(code=code):
            yield code, sign
        case Neg(operand=operand):
            yield from _signed(operand, -sign)
        case BinOp(op=op, left=left, right=right):
            yield from _signed(left, sign)
            yield from _signed(right, -sign if op in "-/" else sign)
        case Percentile(buckets=buckets):
            for bucket, _bound in buckets:
                yield from _signed(bucket, 0)


def above_the_line(node: Node) -> frozenset[str]:
    """The measures of a formula that nothing is divided by."""
    match node:
        case BinOp(op="/", left=left):
            return above_the_line(left)
        case BinOp(left=left, right=right):
            return above_the_line(left) | above_the_line(right)
        case Neg(operand=operand):
            return above_the_line(operand)
    return frozenset(signs(node))


def money_per_unit(catalogue: Catalogue, code: str, seen: frozenset[str] = frozenset()) -> Node | None:
    """A formula for what one unit of the indicator is worth in money over the same period; None without a path.

    Money itself is worth 1. A ratio over money is worth its denominator (a point of cancellation rate is worth a
    hundredth of revenue). A count that a money indicator is a product of is worth that money divided by the count.
    """
    if code in seen or code not in catalogue.sound:
        return None
    formula, seen = catalogue.formula(code), seen | {code}
    if is_additive(formula):
        if catalogue.indicators[code].unit == Unit.MONEY:
            return Number(_ONE)
        return _share_of_money(catalogue, code, formula)
    below, above = denominator(formula), leading(formula)
    if below is None or above is None:
        return None
    worth = _worth_of_numerator(catalogue, above, seen)
    return BinOp("*", below, worth) if worth else None


_ONE = Decimal(1)


def _worth_of_numerator(catalogue: Catalogue, ref: Ref, seen: frozenset[str]) -> Node | None:
    if catalogue.measures[ref.code].unit == Unit.MONEY:
        return Number(_ONE)
    return money_per_unit(catalogue, ref.code, seen)


def _share_of_money(catalogue: Catalogue, code: str, formula: Node) -> Node | None:
    """money / count, for the first money indicator of which the count is a factor."""
    for money in catalogue.sound.values():
        if money.unit == Unit.MONEY and _is_factor(catalogue, code, money.code, money.drivers):
            return BinOp("/", catalogue.formula(money.code), formula)
    return None


def _is_factor(catalogue: Catalogue, code: str, money: str, drivers: list[str]) -> bool:
    """Drivers whose product is the money: the count is one of them, or below the line of one that is money ÷ count."""
    product = [name for name in drivers if name in catalogue.sound]
    if any(
        catalogue.indicators[name].unit == Unit.MONEY and is_additive(catalogue.formula(name))
        for name in product
    ):
        return False  # drivers that are terms of a sum, not factors
    per_count = BinOp("/", catalogue.formula(money), catalogue.formula(code))
    return code in product or any(catalogue.formula(name) == per_count for name in product)


def benefit(direction: str, change: float) -> float:
    """A change in money signed by what it does to the business: a cost that rises is a loss."""
    if direction == Direction.RANGE:
        return -abs(change)
    return -change if direction == Direction.DOWN else change
