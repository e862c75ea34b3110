"""Numbers as people type them in forms and paste them in sheets: exact, in either language, asked about where unclear.

``60 000,50 €``, ``60k€``, ``2,5 %``, ``(1 234)`` and ``1 234-`` are read whatever the language of the page.
What could be two numbers (``1.234`` on a French page) is asked, never guessed. ``static/numbers.js`` reads the same for
totals that follow what is typed; ``tests/base/number_cases.json`` holds both to it.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from babel import numbers as cldr
from django.utils.translation import gettext_noop

from base import formats
from base.dates import active_locale
from base.numbers import decimal_mark, decimals_of, number_of
from base.sentences import Sentence, as_sentence, spoken

LONGEST = 40  # characters; more is no number
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\t", " "))
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013", "-"))
_SIGN = r"[€$£¥]|[A-Za-z]{3,6}"
_TYPED = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[+-])?\s*(?P<before>{_SIGN})?\s*(?P<inner>[+-])?"
    r"(?P<digits>[0-9][0-9 .,'’]*|[.,][0-9]+)\s*(?P<scale>k|K|M|Mds?|bn)?\s*"
    rf"(?:(?P<percent>%)|(?P<after>{_SIGN}))?\s*(?P<trailing>-)?\s*(?P<close>\))?"
)
_SCALES = {"k": 3, "K": 3, "M": 6, "Md": 9, "Mds": 9, "bn": 9}
_BLANK = frozenset({"", "-", "--", "—"})
_UNREAD = gettext_noop("“%(text)s” is not read as a number.")
_PERCENTAGE = gettext_noop("“%(text)s” is a percentage; a plain number is asked for.")
_HAS_UNIT = gettext_noop("“%(text)s” has a unit; a plain number is asked for.")
_FOREIGN = gettext_noop("“%(text)s” is not in %(currency)s.")
_EITHER = gettext_noop("“%(text)s” could be %(large)s or %(small)s: please type one of them.")
_TOO_EXACT = gettext_noop("“%(text)s” has more decimals than are kept.")


class UnreadError(ValueError):
    """What was typed is no number, or could be two: its text is a sentence for who typed it, which can be kept."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.sentence = as_sentence(said)


def read_number(
    raw: str, unit: str = "", *, places: int | None = None, locale: str | None = None
) -> Decimal | None:
    """The number typed, exactly; None for nothing. A ratio is typed in percent, with or without its sign.

    :param unit: of ``formats.figure``; without one, neither a currency nor a percent sign is read.
    :param places: the most decimals it may have.
    :raises UnreadError: when it is no number, could be two, is of another unit, or has more decimals.
    """
    text = _plainly(raw)
    if text in _BLANK:
        return None
    found = _TYPED.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or not _is_whole(found):
        raise UnreadError(spoken(_UNREAD, text=raw.strip()[:LONGEST]))
    check_unit(raw, unit)
    value = _digits(found["digits"].strip(), raw.strip(), active_locale(locale).language)
    value = value.scaleb(_SCALES.get(found["scale"] or "", 0) - (2 if unit == "ratio" else 0))
    _check_places(value, raw.strip(), places)
    negative = found["open"] or "-" in (found["minus"], found["inner"], found["trailing"])
    return -value if negative and value else value


def written(value: Decimal | None, unit: str = "", *, decimals: int = 0, locale: str | None = None) -> str:
    """A number as a field shows it: to its last digit, in percent for a ratio, without a sign of its unit.

    ``read_number`` reads it back to the same number in the same language.
    """
    if value is None:
        return ""
    if unit == "ratio":
        value = value.scaleb(2)
    return formats.count(value, shown_places(value, unit, decimals), locale=locale)


def shown_places(value: Decimal, unit: str, decimals: int) -> int:
    """0 for a whole number; else as many as it has, at least ``decimals``, and two for money."""
    places = decimals_of(value)
    return max(places, least_places(unit, decimals)) if places else 0


def least_places(unit: str, decimals: int) -> int:
    """How many decimals a number that has any is written with: cents come in two."""
    return max(decimals, 2) if unit == "money" else decimals


def _is_whole(found: re.Match[str]) -> bool:
    """Parentheses come in pairs, and at most one thing says minus or plus."""
    signs = [found["open"], found["minus"], found["inner"], found["trailing"]]
    return bool(found["open"]) == bool(found["close"]) and sum(map(bool, signs)) <= 1


def check_unit(raw: str, unit: str) -> None:
    """Of a text that is a number somehow.

    :raises UnreadError: when it says a percentage, a currency or a unit that a figure of this unit does not have.
    """
    text, found = raw.strip()[:LONGEST], _TYPED.fullmatch(_plainly(raw))
    if "%" in raw and unit != "ratio":
        raise UnreadError(spoken(_PERCENTAGE, text=text))
    said = (found["before"], found["after"]) if found else re.findall(_SIGN, raw)
    signs = [sign for sign in said if sign]
    if not signs:
        return
    if unit != "money":
        raise UnreadError(spoken(_HAS_UNIT, text=text))
    if not all(sign.casefold() in _ours() for sign in signs):
        raise UnreadError(spoken(_FOREIGN, text=text, currency=formats.currency_name()))


def _plainly(raw: str) -> str:
    return raw.translate(_SPACES).translate(_MINUS).strip()


def _ours() -> set[str]:
    """How the company's currency may be written, in both languages."""
    code = formats.currency_code()
    names = (
        [cldr.get_currency_symbol(code, locale=locale), *_names(code, locale)] for locale in ("fr", "en")
    )
    return {code.casefold(), *(name.casefold() for found in names for name in found)}


def _names(code: str, locale: str) -> Iterable[str]:
    return (cldr.get_currency_name(code, count=count, locale=locale) for count in (1, 2))


def _digits(digits: str, text: str, language: str) -> Decimal:
    mark = decimal_mark(digits)
    if mark is None and language == "fr" and "." in digits:
        raise UnreadError(_either_way(digits, text))
    if mark is None:  # a whole number, or one written as this language writes
        mark = "," if language == "fr" else "."
    number = number_of(digits, mark)
    if number is None:
        raise UnreadError(spoken(_UNREAD, text=text))
    return Decimal(number)


def _either_way(digits: str, text: str) -> Sentence:
    whole, part = digits.split(".")
    large, small = Decimal(whole + part), Decimal(f"{whole}.{part}")
    return spoken(_EITHER, text=text, large=formats.count(large), small=formats.count(small, 3))


def _check_places(value: Decimal, text: str, places: int | None) -> None:
    if places is not None and decimals_of(value) > places:
        raise UnreadError(spoken(_TOO_EXACT, text=text))
