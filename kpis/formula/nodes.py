"""What a formula is made of once read, how it is written back, and the error that says where it is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from django.utils.translation import gettext as _

Operator: TypeAlias = Literal["+", "-", "*", "/"]
Where: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Number:
    """A constant, zero or more: a minus sign before it is a ``Neg``."""

    value: Decimal
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Ref:
    """A measure or an indicator, kept to the rows where each dimension has the value.

    ``where`` is in order of dimension. ``at`` is the place in the text, from 0, in every kind of node.
    """

    code: str
    where: Where = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Neg:
    operand: "Node"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class BinOp:
    op: Operator
    left: "Node"
    right: "Node"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Percentile:
    """The value under which ``share`` per cent of what was counted lie, of a histogram.

    ``buckets`` are (count, upper bound) in rising order; a bucket starts where the one before ends, the first at 0.
    Bounds are in the unit of the indicator.
    """

    share: Decimal
    buckets: tuple[tuple["Node", Decimal], ...]
    at: int = field(default=0, compare=False)


Node: TypeAlias = Number | Ref | Neg | BinOp | Percentile


class FormulaError(ValueError):
    """A formula that cannot be: a sentence, the place in the text (from 0) and, when known, the indicator."""

    def __init__(self, message: str, position: int = 0, code: str = "") -> None:
        super().__init__(message, position, code)
        self.message = message
        self.position = position
        self.code = code

    def __str__(self) -> str:
        place = {"code": self.code, "place": self.position + 1, "message": self.message}
        if self.code:
            return _("%(code)s, character %(place)s: %(message)s") % place
        return _("Character %(place)s: %(message)s") % place

    def of(self, code: str) -> "FormulaError":
        """The same error, said of that indicator."""
        return FormulaError(self.message, self.position, code)


_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}
_NEG_STRENGTH = 3


@dataclass(frozen=True)
class Spelling:
    """How references, signs and numbers are written; ``CODES`` is the one ``parse`` reads back."""

    ref: Callable[[Ref], str]
    signs: Mapping[str, str]
    number: Callable[[Decimal], str]


def to_text(node: Node, spelling: Spelling | None = None) -> str:
    """The formula with no more parentheses than it needs; in codes unless spelt otherwise."""
    how = spelling or CODES
    match node:
        case Number(value):
            return how.number(value)
        case Ref():
            return how.ref(node)
        case Neg(operand):
            return how.signs["-"] + _wrapped(operand, _NEG_STRENGTH, how)
        case BinOp(op, left, right):
            strength = _STRENGTH[op]
            return f"{_wrapped(left, strength, how)} {how.signs[op]} {_wrapped(right, strength + 1, how)}"
        case Percentile(share, buckets):
            told = [f"{to_text(count, how)}: {how.number(bound)}" for count, bound in buckets]
            return f"percentile({', '.join([how.number(share), *told])})"


def _wrapped(node: Node, least: int, how: Spelling) -> str:
    """The node, in parentheses when it holds together less strongly than ``least``."""
    text = to_text(node, how)
    return f"({text})" if isinstance(node, BinOp) and _STRENGTH[node.op] < least else text


def _ref_text(ref: Ref) -> str:
    if not ref.where:
        return ref.code
    filters = ", ".join(f'{dimension}="{_escaped(value)}"' for dimension, value in ref.where)
    return f"{ref.code}[{filters}]"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


CODES = Spelling(_ref_text, {sign: sign for sign in _STRENGTH}, "{:f}".format)
