"""Text → nodes.

::

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = "-" signed | atom
    atom    = number | code [filter] | "(" sum ")" | "percentile" "(" number ("," sum ":" number)+ ")"
    filter  = "[" dimension "=" text ("," dimension "=" text)* "]"

A code or dimension is letters, digits and ``_``, not starting with a digit. A text stands between double
quotes, where ``\\"`` is a quote and ``\\\\`` a backslash. A number has a decimal point. ``−``, ``×`` and
``÷`` are read as ``-``, ``*`` and ``/``. ``percentile(75, to_1s: 1000, to_2s: 2000)`` reads a histogram: how many
lie up to each bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import cast

from django.utils.translation import gettext as _

from kpis.formula.nodes import BinOp, FormulaError, Neg, Node, Number, Operator, Percentile, Ref, Where

# Bounds on what one formula may be, so that no text exhausts the stack of a reader.
MAX_TOKENS = 250
MAX_NESTING = 40
MAX_DIGITS = 20  # of one number: more is no figure of a business, and no float holds it

_TOKEN = re.compile(
    r"""(?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<code>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<sign>[-+*/()\[\],:=−×÷])
    | (?P<space>\s+)""",
    re.VERBOSE | re.DOTALL,
)
_SAME_SIGN = {"−": "-", "×": "*", "÷": "/"}


@dataclass(frozen=True)
class _Token:
    kind: str  # number, code, text, end, or the sign itself
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(_unreadable(text[at]), at)
        kind, word = str(match.lastgroup), match.group()
        if kind == "sign":
            word = kind = _SAME_SIGN.get(word, word)
        if kind != "space":
            yield _Token(kind, word, at)
        at = match.end()
    yield _Token("end", "", at)


def _unreadable(character: str) -> str:
    if character == '"':
        return _("the text that starts here has no closing quote.")
    return _("“%(character)s” is not part of the formula language.") % {"character": character}


def _figure(token: _Token) -> Decimal:
    if len(token.text) > MAX_DIGITS:
        raise FormulaError(_("a number has at most %(most)d digits.") % {"most": MAX_DIGITS}, token.at)
    return Decimal(token.text)


def parse(text: str) -> Node:
    """The formula as nodes. :raises FormulaError: with a sentence and the place, when it cannot be read."""
    tokens = list(_tokens(text))
    if len(tokens) > MAX_TOKENS:
        message = _("the formula is too long: name a part of it as an indicator of its own.")
        raise FormulaError(message, tokens[MAX_TOKENS].at)
    return _Reader(tokens).formula()


class _Reader:
    """Recursive descent over the tokens, one method a rule of the grammar."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._nesting = 0

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *kinds: str) -> _Token | None:
        """The next token, taken, when it is of one of the kinds."""
        token = self._token
        if token.kind not in kinds:
            return None
        self._next += 1
        return token

    def _need(self, kind: str, what: str) -> _Token:
        token = self._take(kind)
        if token is None:
            raise self._unexpected(what)
        return token

    def _unexpected(self, expected: str) -> FormulaError:
        words = {"expected": expected, "found": self._token.text}
        if self._token.kind == "end":
            return FormulaError(_("%(expected)s is missing at the end.") % words, self._token.at)
        return FormulaError(_("%(expected)s is expected here, not “%(found)s”.") % words, self._token.at)

    def formula(self) -> Node:
        node = self._sum()
        if self._token.kind != "end":
            raise self._unexpected(_("an operator (+, -, *, /)"))
        return node

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._take("+", "-"):
            node = BinOp(cast(Operator, sign.kind), node, self._product(), sign.at)
        return node

    def _product(self) -> Node:
        node = self._signed()
        while sign := self._take("*", "/"):
            node = BinOp(cast(Operator, sign.kind), node, self._signed(), sign.at)
        return node

    def _signed(self) -> Node:
        self._enter()
        minus = self._take("-")
        node = Neg(self._signed(), minus.at) if minus else self._atom()
        self._nesting -= 1
        return node

    def _enter(self) -> None:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise FormulaError(_("parentheses and signs are nested too deeply here."), self._token.at)

    def _atom(self) -> Node:
        if number := self._take("number"):
            return Number(_figure(number), number.at)
        if code := self._take("code"):
            if code.text == "percentile" and self._take("("):
                return self._percentile(code.at)
            return Ref(code.text, self._filter(), code.at)
        if self._take("("):
            node = self._sum()
            self._need(")", _("a closing parenthesis"))
            return node
        raise self._unexpected(_("a code, a number or an opening parenthesis"))

    def _percentile(self, at: int) -> Node:
        share, buckets = self._number(), list[tuple[Node, Decimal]]()
        while self._take(","):
            count = self._sum()
            self._need(":", _("a colon and the upper bound"))
            buckets.append((count, self._number()))
        self._need(")", _("a comma or a closing parenthesis"))
        bounds = [Decimal(0), *(bound for _count, bound in buckets)]
        if not 0 < share < 100 or not buckets or any(a >= b for a, b in pairwise(bounds)):
            message = _("a percentile is between 0 and 100, and its bounds rise from above 0.")
            raise FormulaError(message, at)
        return Percentile(share, tuple(buckets), at)

    def _number(self) -> Decimal:
        return _figure(self._need("number", _("a number")))

    def _filter(self) -> Where:
        where: dict[str, str] = {}
        if not self._take("["):
            return ()
        self._condition(where)
        while self._take(","):
            self._condition(where)
        self._need("]", _("a comma or a closing bracket"))
        return tuple(sorted(where.items()))

    def _condition(self, where: dict[str, str]) -> None:
        dimension = self._need("code", _("a dimension"))
        if dimension.text in where:
            message = _("“%(dimension)s” is filtered twice.") % {"dimension": dimension.text}
            raise FormulaError(message, dimension.at)
        self._need("=", _("an equals sign"))
        value = self._need("text", _("a value between double quotes"))
        where[dimension.text] = re.sub(r"\\(.)", r"\1", value.text[1:-1], flags=re.DOTALL)
