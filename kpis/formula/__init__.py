"""The KPI language: ``100 * (promoters - detractors) / nps_answers``, ``orders[channel="SEA"] / sessions``.

A formula speaks of measures and indicators by their codes, which share one namespace. It is applied after
aggregation: a ratio is sum over sum at any grain and segment. A blank operand makes the result blank, and so
does a division by zero.

Usual order: ``parse`` each formula, ``check_all`` of them together, ``expand`` an indicator down to measures,
look its ``references`` up, ``evaluate``.
"""

from kpis.formula.checks import check_all
from kpis.formula.evaluation import evaluate, evaluate_arrays
from kpis.formula.expansion import counted, denominator, expand, is_additive, references
from kpis.formula.language import parse
from kpis.formula.nodes import BinOp, FormulaError, Neg, Node, Number, Percentile, Ref, Spelling, to_text

__all__ = [
    "BinOp",
    "FormulaError",
    "Neg",
    "Node",
    "Number",
    "Percentile",
    "Ref",
    "Spelling",
    "check_all",
    "counted",
    "denominator",
    "evaluate",
    "evaluate_arrays",
    "expand",
    "is_additive",
    "parse",
    "references",
    "to_text",
]
