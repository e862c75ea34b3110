"""Numbers as people and shops write them, in files and in forms: decimal comma or point, grouped thousands, currency
signs, percents, minus before, after or as parentheses. ``typed_numbers`` reads those of forms and sheets.
"""

import re
from decimal import Decimal

_SPACES = " \u00a0\u202f\u2009"
_CURRENCY = "€$£¥"
_NO_SIGN_AFTER = ("", ".", ",")  # 5.- is a Swiss price
_NOTHING = frozenset({"", "-", "--", "—", "n/a", "na", "#n/a", "null", "none", "nan"})
_MOST_DIGITS = 60  # beyond this a "number" is a mistake (an identifier, or 1e999999 meant to fill the disk)


def _pattern(decimal: str, grouping: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<sign>[+-]?)(?P<whole>[0-9]+|[0-9]{{1,3}}(?:[{grouping}][0-9]{{3}})+)?"
        rf"(?:{decimal}(?P<part>[0-9]*))?(?:[eE](?P<power>[+-]?[0-9]{{1,2}}))?"
    )


_PLAIN = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_READERS = {
    ".": _pattern(r"\.", f",'’{_SPACES}"),
    ",": _pattern(",", f".'’{_SPACES}"),
}
_GROUPS = re.compile(rf"[.,'’{_SPACES}]")


def is_nothing(raw: str) -> bool:
    """True for a blank cell and for the usual ways to write "no value" in a column of numbers or dates."""
    return raw.strip().lower() in _NOTHING


def number_of(raw: str, decimal: str) -> str | None:
    """The number as plain digits (``-1234.5``), or None when the text is not a number under that decimal
    mark.

    A percentage becomes a share (``12,5 %`` → ``0.125``); parentheses mean minus, as accountants write.
    """
    if decimal == "." and _PLAIN.fullmatch(raw):
        return raw
    core, percent = _bare(raw)
    found = _READERS[decimal].fullmatch(core)
    if found is None or not (found["whole"] or found["part"]):
        return None
    return _plain(found, percent)


def exact_text(value: Decimal) -> str:
    """Digits only, as many as are known and no zero for show: what any language reads as the same number."""
    return _trimmed(f"{value:f}")


def decimals_of(value: Decimal) -> int:
    """How many decimals a number has, but for zeros at their end."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def decimal_mark(raw: str) -> str | None:
    """Which decimal mark a number's own shape tells (``3,50`` → comma; ``1,234`` → could be either: None)."""
    core = _bare(raw)[0].lstrip("+-")
    comma, point = core.rfind(","), core.rfind(".")
    if comma < 0 and point < 0:
        return None
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    return _single_mark(core, "," if comma >= 0 else ".")


def _single_mark(core: str, mark: str) -> str | None:
    other = "." if mark == "," else ","
    whole, _, part = core.partition(mark)
    if mark in part:
        return other  # 1.234.567: it groups thousands
    digits = _GROUPS.sub("", whole) + part
    if not digits.isdecimal():
        return None
    if len(part) != 3 or len(whole) > 3 or whole.startswith("0") or not whole:
        return mark
    return None


def _bare(raw: str) -> tuple[str, bool]:
    text = raw.strip().replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if text.endswith("-") and text[:-1].rstrip(_SPACES)[-1:] not in _NO_SIGN_AFTER:
        text = "-" + text[:-1].rstrip(_SPACES)  # 1 234,50-, as accounting programs write
    percent = text.endswith("%")
    text = text.rstrip("%").removesuffix("EUR").strip(_CURRENCY + _SPACES)
    if text.startswith("-") and text[1:2] in _CURRENCY + _SPACES:
        text = "-" + text[1:].lstrip(_CURRENCY + _SPACES)
    return text, percent


def _plain(found: re.Match[str], percent: bool) -> str | None:
    whole = _GROUPS.sub("", found["whole"] or "0")
    value = Decimal(f"{found['sign']}{whole}.{found['part'] or '0'}E{found['power'] or 0}")
    if percent:
        value = value.scaleb(-2)
    text = format(value, "f")
    return _trimmed(text) if len(text) <= _MOST_DIGITS else None


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
