"""Questions about a formula's shape: what it refers to, what it is down to measures, how it adds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from django.utils.translation import gettext as _

from kpis.formula.nodes import BinOp, FormulaError, Neg, Node, Percentile, Ref, Where

# A formula written out to measures may not exceed these: indicators of indicators double in size quickly.
MAX_NODES = 2000
MAX_DEPTH = 150
MAX_WAY = 12  # codes of a cycle told one by one


def references(node: Node) -> frozenset[Ref]:
    """Every measure or indicator the formula names, with its filter."""
    match node:
        case Ref():
            return frozenset({node})
        case Neg(operand):
            return references(operand)
        case BinOp(_op, left, right):
            return references(left) | references(right)
        case Percentile(_share, buckets):
            return frozenset[Ref]().union(*(references(count) for count, _bound in buckets))
    return frozenset()


def expand(node: Node, formulas: Mapping[str, Node]) -> Node:
    """The formula in measures only: each indicator is replaced by its own formula.

    A filter on an indicator goes down to its measures. A code without formula, or whose formula is the code
    itself, is a measure.

    :raises FormulaError: for a cycle, filters that contradict each other, or a formula that grows too large;
        the place is in the formula given, where it names the indicator that holds the fault.
    """
    return _Expansion(formulas).of(node, (), ())


def size(node: Node, formulas: Mapping[str, Node]) -> int:
    """How many nodes the formula has once written out. Raises FormulaError as ``expand``."""
    expansion = _Expansion(formulas)
    expansion.of(node, (), ())
    return expansion.nodes


@dataclass
class _Expansion:
    formulas: Mapping[str, Node]
    nodes: int = 0
    depth: int = 0
    place: int = 0  # of the reference, in the formula given, that we are inside of

    def of(self, node: Node, where: Where, path: tuple[str, ...]) -> Node:
        """``where`` filters all below; ``path`` is the indicators we are inside of."""
        self.nodes += 1
        self.depth += 1
        if not path:
            self.place = node.at
        if self.nodes > MAX_NODES or self.depth > MAX_DEPTH:
            raise FormulaError(_("the formula is too large once its indicators are written out."), self.place)
        result = self._replaced(node, where, path)
        self.depth -= 1
        return result

    def _replaced(self, node: Node, where: Where, path: tuple[str, ...]) -> Node:
        match node:
            case Ref():
                return self._reference(node, where, path)
            case Neg(operand):
                return Neg(self.of(operand, where, path), node.at)
            case BinOp(op, left, right):
                return BinOp(op, self.of(left, where, path), self.of(right, where, path), node.at)
            case Percentile(share, buckets):
                inner = tuple((self.of(count, where, path), bound) for count, bound in buckets)
                return Percentile(share, inner, node.at)
        return node

    def _reference(self, ref: Ref, where: Where, path: tuple[str, ...]) -> Node:
        narrowed = Ref(ref.code, self._both(ref, where), ref.at)
        formula = self.formulas.get(ref.code)
        if formula is None or formula == Ref(ref.code):
            return narrowed
        if ref.code in path:
            raise FormulaError(cycle_message([*path[path.index(ref.code) :], ref.code]), self.place)
        return self.of(formula, narrowed.where, (*path, ref.code))

    def _both(self, ref: Ref, where: Where) -> Where:
        """The filter of a reference together with the one it stands under."""
        merged = dict(where)
        for dimension, value in ref.where:
            if merged.setdefault(dimension, value) != value:
                words = {"code": ref.code, "dimension": dimension, "one": value, "other": merged[dimension]}
                message = _(
                    "“%(code)s” is filtered on two values of “%(dimension)s”: “%(one)s” and “%(other)s”."
                )
                raise FormulaError(message % words, self.place)
        return tuple(sorted(merged.items()))


def cycle_message(codes: list[str]) -> str:
    """``codes`` is the way round, the first again at the end."""
    way = codes if len(codes) <= MAX_WAY else [*codes[: MAX_WAY - 2], "…", codes[-1]]
    return _("“%(code)s” is defined by itself: %(way)s.") % {"code": codes[0], "way": " → ".join(way)}


def is_constant(node: Node) -> bool:
    return not references(node)


def is_additive(node: Node) -> bool:
    """True when the formula of a whole is the sum of the formulas of its parts, if its measures add up:
    measures summed, subtracted, or multiplied and divided by constants."""
    match node:
        case Ref():
            return True
        case Neg(operand):
            return is_additive(operand)
        case BinOp("+" | "-", left, right):
            return is_additive(left) and is_additive(right)
        case BinOp("*", left, right) if is_constant(left):
            return is_additive(right)
        case BinOp(_op, left, right) if is_constant(right):
            return is_additive(left)
    return False


def denominator(node: Node) -> Node | None:
    """The weight under which parts average to the whole: value = Σ (value × weight) / Σ weight.

    It is the right side of the division of two additive formulas, also where constants multiply it or are
    added to it (``100 * (a - b) / c``, ``1 - a / b``); None when the formula has no such weight. Give it a
    formula expanded to measures.
    """
    match node:
        case Neg(operand):
            return denominator(operand)
        case BinOp("/", left, right) if not is_constant(right):
            return right if is_additive(left) and is_additive(right) else None
        case BinOp(_op, left, right) if is_constant(right):
            return denominator(left)
        case BinOp(_op, left, right) if is_constant(left):
            return denominator(right)
    return None


def counted(node: Node) -> Node | None:
    """All that the histogram of a percentile counts; None for any other formula.

    Percentiles of parts average by it to about the whole's, exactly when the parts are of one shape.
    """
    match node:
        case Percentile(_share, buckets):
            return reduce(lambda left, right: BinOp("+", left, right), [count for count, _bound in buckets])
    return None
