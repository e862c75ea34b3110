"""Values of a formula: one at a time in exact decimals, or many at once in arrays of floats.

Both ways walk the formula with the same function and differ in their arithmetic only. Blank is None in
decimals and NaN in arrays; a blank operand and a division by zero give blank.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from kpis.formula.nodes import BinOp, Neg, Node, Number, Operator, Percentile, Ref

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

V = TypeVar("V")

# Sums and products of amounts with up to 25 digits stay exact; only divisions are rounded, at the 50th digit.
_EXACT = Context(prec=50)
# Below this share of its operands, the difference of two floats is rounding, not an amount.
_FLOAT_NOISE = 1e-12


@dataclass(frozen=True)
class _Arithmetic(Generic[V]):
    constant: Callable[[Decimal], V]
    negative: Callable[[V], V]
    operators: Mapping[Operator, Callable[[V, V], V]]
    percentile: Callable[[Decimal, Sequence[V], Sequence[Decimal]], V]

    def of(self, node: Node, lookup: Callable[[Ref], V]) -> V:
        match node:
            case Number(value):
                return self.constant(value)
            case Ref():
                return lookup(node)
            case Neg(operand):
                return self.negative(self.of(operand, lookup))
            case BinOp(op, left, right):
                return self.operators[op](self.of(left, lookup), self.of(right, lookup))
            case Percentile(share, buckets):
                counts = [self.of(count, lookup) for count, _bound in buckets]
                return self.percentile(share, counts, [bound for _count, bound in buckets])


def evaluate(node: Node, lookup: Callable[[Ref], Decimal | None]) -> Decimal | None:
    """The value of the formula where ``lookup`` gives each reference's; None is blank."""
    return _DECIMALS.of(node, lookup)


def _unless_blank(
    operation: Callable[[Decimal, Decimal], Decimal],
) -> Callable[[Decimal | None, Decimal | None], Decimal | None]:
    def applied(left: Decimal | None, right: Decimal | None) -> Decimal | None:
        return None if left is None or right is None else operation(left, right)

    return applied


def _divide(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return _EXACT.divide(left, right) if left is not None and right else None


def _opposite(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def _percentile(
    share: Decimal, counts: Sequence[Decimal | None], bounds: Sequence[Decimal]
) -> Decimal | None:
    """Inside the bucket where the share falls, what it counts is taken as evenly spread, as Prometheus does
    (histogram_quantile). Blank without anything counted, or with a count below zero.
    """
    known = [count for count in counts if count is not None and count >= 0]
    total = sum(known, Decimal(0))
    if len(known) < len(counts) or not total:
        return None
    left, low = _EXACT.multiply(total, share / 100), Decimal(0)
    for count, high in zip(known, bounds, strict=True):
        if count and left <= count:
            return low + _EXACT.divide((high - low) * left, count)
        left, low = left - count, high
    return low


_DECIMALS: _Arithmetic[Decimal | None] = _Arithmetic(
    constant=lambda value: value,
    negative=_opposite,
    operators={
        "+": _unless_blank(_EXACT.add),
        "-": _unless_blank(_EXACT.subtract),
        "*": _unless_blank(_EXACT.multiply),
        "/": _divide,
    },
    percentile=_percentile,
)


def evaluate_arrays(node: Node, lookup: "Callable[[Ref], Array]") -> "Array":
    """The values of the formula, element by element, where ``lookup`` gives each reference's array.

    NaN is blank. Shapes follow numpy's broadcasting; a formula without reference gives a scalar array.
    Floats are for statistics: a figure that is shown as the truth comes from ``evaluate``.
    """
    values: Array = _float_arithmetic().of(node, lookup)
    return values


@cache
def _float_arithmetic() -> "_Arithmetic[Any]":
    # numpy is loaded on first use: the web process does not need it to start.
    import numpy as np

    def settled(total: "Array", left: "Array", right: "Array") -> "Array":
        """Amounts that cancel out exactly in decimals leave a residue in floats, a poor denominator."""
        noise = np.abs(total) <= _FLOAT_NOISE * np.maximum(np.abs(left), np.abs(right))
        return np.where(noise, 0.0, total)

    def percentile(share: Decimal, counts: "Sequence[Array]", bounds: Sequence[Decimal]) -> "Array":
        stacked = np.stack(np.broadcast_arrays(*counts))
        edges = np.array([0.0, *map(float, bounds)])
        total = np.where((stacked >= 0).all(axis=0), stacked.sum(axis=0), np.nan)
        wanted = float(share) / 100 * np.where(total > 0, total, np.nan)
        upto = np.cumsum(stacked, axis=0)
        bucket = np.minimum((upto < wanted * (1 - _FLOAT_NOISE)).sum(axis=0), len(bounds) - 1)
        inside = np.take_along_axis(stacked, bucket[None], axis=0)[0]
        before = np.take_along_axis(upto, bucket[None], axis=0)[0] - inside
        part = np.clip((wanted - before) / np.where(inside > 0, inside, np.nan), 0.0, 1.0)
        return np.asarray(edges[bucket] + part * np.diff(edges)[bucket])

    return _Arithmetic(
        constant=lambda value: np.asarray(float(value)),
        negative=np.negative,
        operators={
            "+": lambda left, right: settled(left + right, left, right),
            "-": lambda left, right: settled(left - right, left, right),
            "*": np.multiply,
            "/": lambda left, right: np.divide(left, np.where(np.equal(right, 0), np.nan, right)),
        },
        percentile=percentile,
    )
