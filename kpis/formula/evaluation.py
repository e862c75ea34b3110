"""Values of a formula: one at a time in exact decimals, or many at once in arrays of floats.

Both ways walk the formula with the same function and differ in their arithmetic only. Blank is None in
decimals and NaN in arrays; a blank operand and a division by zero give blank.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from kpis.formula.nodes import BinOp, Neg, Node, Number, Operator, Ref

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


_DECIMALS: _Arithmetic[Decimal | None] = _Arithmetic(
    constant=lambda value: value,
    negative=_opposite,
    operators={
        "+": _unless_blank(_EXACT.add),
        "-": _unless_blank(_EXACT.subtract),
        "*": _unless_blank(_EXACT.multiply),
        "/": _divide,
    },
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

    return _Arithmetic(
        constant=lambda value: np.asarray(float(value)),
        negative=np.negative,
        operators={
            "+": lambda left, right: settled(left + right, left, right),
            "-": lambda left, right: settled(left - right, left, right),
            "*": np.multiply,
            "/": lambda left, right: np.divide(left, np.where(np.equal(right, 0), np.nan, right)),
        },
    )
