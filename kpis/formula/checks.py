"""Whether the formulas of a catalogue hold together: codes, dimensions, cycles and units."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from typing import TypeAlias

from django.utils.translation import gettext as _

from kpis.formula.expansion import cycle_message, references, size
from kpis.formula.language import parse
from kpis.formula.nodes import BinOp, FormulaError, Neg, Node, Number, Percentile, Ref

# Of a whole catalogue: beyond, reading it costs seconds. That of a business has some 3,000 nodes.
MAX_NODES = 100_000
MAX_ERRORS = 20  # of a kind told at once

# Powers of money and of duration; None is a bare constant, which fits any unit.
Vector: TypeAlias = tuple[int, int] | None

UNITS: dict[str, tuple[int, int]] = {
    "money": (1, 0),
    "duration": (0, 1),
    "count": (0, 0),
    "ratio": (0, 0),
    "score": (0, 0),
}


def check_all(
    indicators: Mapping[str, tuple[str, str]], measures: Mapping[str, str], dimensions: Collection[str]
) -> list[FormulaError]:
    """What is wrong with the formulas of a catalogue, indicator by indicator; empty when all is well. Of cycles and of
    formulas too large, the first ``MAX_ERRORS``.

    :param indicators: code → (formula, unit).
    :param measures: code → unit.
    :param dimensions: the codes a filter may use.
    """
    return _Catalogue(indicators, measures, frozenset(dimensions)).errors()


@dataclass(frozen=True)
class _Catalogue:
    indicators: Mapping[str, tuple[str, str]]
    measures: Mapping[str, str]
    dimensions: frozenset[str]

    def errors(self) -> list[FormulaError]:
        nodes: dict[str, Node] = {}
        errors: list[FormulaError] = []
        for code, (text, _unit) in self.indicators.items():
            try:
                nodes[code] = parse(text)
            except FormulaError as error:
                errors.append(error.of(code))
        for code, node in nodes.items():
            errors += (error.of(code) for error in self._errors_of(code, node))
        errors += islice(_cycles(nodes, self.measures), MAX_ERRORS)
        return errors or list(islice(_expansion_errors(nodes), MAX_ERRORS))

    def _errors_of(self, code: str, node: Node) -> Iterator[FormulaError]:
        unknown = [error for ref in _in_order(node) for error in self._unknown(ref)]
        yield from unknown
        yield from self._shared_code(code, node)
        if not unknown:
            yield from self._unit_errors(code, node)

    def _shared_code(self, code: str, node: Node) -> Iterator[FormulaError]:
        if code in self.measures and node != Ref(code):
            words = {"code": code}
            yield FormulaError(
                _("“%(code)s” is a measure too: its formula can only be its own code.") % words, node.at
            )

    def _unknown(self, ref: Ref) -> Iterator[FormulaError]:
        if ref.code not in self.measures and ref.code not in self.indicators:
            message = _("“%(code)s” is neither a measure nor an indicator.")
            yield FormulaError(message % {"code": ref.code}, ref.at)
        for dimension, _value in ref.where:
            if dimension not in self.dimensions:
                message = _("“%(dimension)s” is not a dimension.")
                yield FormulaError(message % {"dimension": dimension}, ref.at)

    def _unit_errors(self, code: str, node: Node) -> Iterator[FormulaError]:
        unit = self.indicators[code][1]
        try:
            found = self._vector(node)
            if unit not in UNITS:
                message = _("“%(unit)s” is not a unit: use one of %(units)s.")
                raise FormulaError(message % {"unit": unit, "units": ", ".join(UNITS)}, node.at)
            if found not in (None, UNITS[unit]):
                message = _("the formula gives %(found)s, but the unit declared is “%(unit)s”.")
                raise FormulaError(message % {"found": _words(found), "unit": unit}, node.at)
        except FormulaError as error:
            yield error

    def _vector(self, node: Node) -> Vector:
        match node:
            case Number():
                return None
            case Ref():
                return self._unit_of(node)
            case Neg(operand):
                return self._vector(operand)
            case BinOp("+" | "-", left, right):
                return _same(node, self._vector(left), self._vector(right))
            case BinOp(op, left, right):
                return _product(self._vector(left), self._vector(right), 1 if op == "*" else -1)
            case Percentile(_share, buckets):
                return self._histogram([(count, self._vector(count)) for count, _bound in buckets])

    def _histogram(self, counts: list[tuple[Node, Vector]]) -> Vector:
        """A percentile has the unit of its bounds, which are plain numbers, if its buckets do count."""
        for count, found in counts:
            if found not in (None, UNITS["count"]):
                message = _("a bucket of a percentile counts: %(found)s is no count.") % {
                    "found": _words(found)
                }
                raise FormulaError(message, count.at)
        return None

    def _unit_of(self, ref: Ref) -> Vector:
        unit = self.measures.get(ref.code) or self.indicators[ref.code][1]
        return UNITS.get(unit)  # a unit that does not exist is told where it is declared


def _same(node: BinOp, left: Vector, right: Vector) -> Vector:
    if left is not None and right is not None and left != right:
        words = {"left": _words(left), "right": _words(right), "op": node.op}
        raise FormulaError(_("“%(op)s” joins %(left)s and %(right)s.") % words, node.at)
    return right if left is None else left


def _product(left: Vector, right: Vector, sign: int) -> Vector:
    if left is None and right is None:
        return None
    money, duration = left or (0, 0)
    other_money, other_duration = right or (0, 0)
    return money + sign * other_money, duration + sign * other_duration


def _words(vector: Vector) -> str:
    """``money``, ``money / duration``, ``money^2``…, or that it is a plain number."""
    powers = list(zip((_("money"), _("duration")), vector or (0, 0), strict=True))
    above = " × ".join(_power(name, power) for name, power in powers if power > 0)
    below = " / ".join(_power(name, -power) for name, power in powers if power < 0)
    if not above and not below:
        return _("a plain number")
    return f"{above or 1} / {below}" if below else above


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _in_order(node: Node) -> list[Ref]:
    return sorted(references(node), key=lambda ref: ref.at)


def _cycles(nodes: Mapping[str, Node], measures: Mapping[str, str]) -> Iterator[FormulaError]:
    """One error a cycle, at the reference by which the first indicator of it leaves."""
    graph = {code: _steps(code, node, measures) for code, node in nodes.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            way = error.args[1][::-1]  # graphlib tells it from what is used to what uses it
            place = min(ref.at for ref in references(nodes[way[0]]) if ref.code == way[1])
            yield FormulaError(cycle_message(way), place, way[0])
            graph.pop(way[0])
        else:
            return


def _expansion_errors(nodes: Mapping[str, Node]) -> Iterator[FormulaError]:
    """What shows only once indicators are written out: filters that contradict, formulas too large."""
    total = 0
    for code, node in nodes.items():
        try:
            total += size(node, nodes)
        except FormulaError as error:
            yield error.of(code)
        if total > MAX_NODES:
            said = _("all formulas together are too large once written out: at most %(most)d terms.")
            yield FormulaError(said % {"most": MAX_NODES}, node.at, code)
            return


def _steps(code: str, node: Node, measures: Mapping[str, str]) -> list[str]:
    """The indicators a formula leads to; its own code, alone, leads to the measure of that name."""
    if code in measures and node == Ref(code):
        return []
    return sorted({ref.code for ref in references(node)})
