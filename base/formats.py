"""Figures as people read them: ``1 234 567 €``, ``12,5 %``, ``+3,2 pts``.

Numbers come in as ``Decimal``, ``int`` or ``float`` (ratios as fractions: ``0.125`` is 12.5 %); ``None`` and
NaN come out as ``MISSING``. Ties round away from zero. All functions take ``locale`` (``fr`` or ``en``) and
default to the active language.
Dates are written by ``base.dates``.
Patterns are those of the CLDR through Babel, but for the true minus sign and the compact forms.
"""

from collections.abc import Callable
from contextvars import ContextVar
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from babel import Locale, numbers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext_lazy

from base.dates import KEPT, MISSING, active_locale
from base.rounding import Number, compact_parts, rounded

MINUS = "\u2212"
NO_BREAK = "\u00a0"
SCALES = {
    "d": pgettext_lazy("days, after a number", "d"),
    "h": pgettext_lazy("hours, after a number", "h"),
    "min": pgettext_lazy("minutes, after a number", "min"),
    "s": pgettext_lazy("seconds, after a number", "s"),
    "ms": pgettext_lazy("milliseconds, after a number", "ms"),
}
_UNIT_DECIMALS = {"money": 0, "count": 0, "ratio": 1, "duration": 1, "score": 1}
# From where a tile writes a figure short; 10 432 orders fit as they are.
_LARGE = {"money": 10_000}


def _default_currency() -> str:
    return "EUR"


_currency: ContextVar[Callable[[], str]] = ContextVar("currency", default=_default_currency)


class HasUnit(Protocol):
    """What a figure needs to know of its indicator."""

    unit: str
    decimals: int


def use_currency(source: Callable[[], str] = _default_currency) -> None:
    """Say where the currency of this request comes from; it is asked only when a sum of money is written."""
    _currency.set(source)


def currency_code() -> str:
    return _currency.get()()


def currency_sign(*, locale: str | None = None) -> str:
    """``€``, ``£``."""
    return numbers.get_currency_symbol(currency_code(), locale=active_locale(locale))


def currency_name(*, locale: str | None = None) -> str:
    """The currency in words, as after a number: ``euros``."""
    return numbers.get_currency_name(currency_code(), count=2, locale=active_locale(locale))


def _signed(text: str, value: Decimal, *, signed: bool) -> str:
    """``text`` is the value without its sign."""
    if value < 0:
        return MINUS + text
    return "+" + text if signed and value > 0 else text


def count(value: Number | None, decimals: int = 0, *, signed: bool = False, locale: str | None = None) -> str:
    """A plain number: ``1 234``."""
    number = rounded(value, decimals)
    if number is None:
        return MISSING
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return _signed(_decimal(abs(number), pattern, active_locale(locale)), number, signed=signed)


@lru_cache(KEPT)
def _decimal(number: Decimal, pattern: str, locale: Locale) -> str:
    return numbers.format_decimal(number, format=pattern, locale=locale)


def money(
    value: Number | None,
    decimals: int = 0,
    *,
    currency: str | None = None,
    signed: bool = False,
    locale: str | None = None,
) -> str:
    """A sum of money: ``1 234 567 €``, ``€1,234,567``."""
    number = rounded(value, decimals)
    if number is None:
        return MISSING
    where = active_locale(locale)
    pattern = where.currency_formats["standard"].pattern.split(";")[0]
    pattern = pattern.replace("0.00", "0." + "0" * decimals if decimals else "0")
    text = _currency_text(abs(number), currency or currency_code(), pattern, where)
    return _signed(text, number, signed=signed)


@lru_cache(KEPT)
def _currency_text(number: Decimal, currency: str, pattern: str, locale: Locale) -> str:
    return numbers.format_currency(number, currency, format=pattern, locale=locale, currency_digits=False)


def money_short(
    value: Number | None, *, currency: str | None = None, tidy: bool = False, locale: str | None = None
) -> str:
    """Money for tiles, three digits: ``1,24 M€``, ``€84.2k``; ``tidy`` drops decimals that are zero."""
    parts = compact_parts(value, tidy=tidy)
    if parts is None:
        return MISSING
    small, decimals, french, english = parts
    code = currency or currency_code()
    if not french:
        return money(small, decimals, currency=code, locale=locale)
    if active_locale(locale).language == "fr":
        symbol = numbers.get_currency_symbol(code, locale=active_locale(locale))
        return f"{count(small, decimals, locale=locale)}{NO_BREAK}{french}{symbol}"
    return money(small, decimals, currency=code, locale=locale) + english


def count_short(value: Number | None, *, tidy: bool = False, locale: str | None = None) -> str:
    """A number for tiles: ``1,24 M``, ``84.2k``."""
    parts = compact_parts(value, tidy=tidy)
    if parts is None:
        return MISSING
    small, decimals, french, english = parts
    text = count(small, decimals, locale=locale)
    if not french:
        return text
    return f"{text}{NO_BREAK}{french}" if active_locale(locale).language == "fr" else text + english


def percent(
    value: Number | None, decimals: int = 1, *, signed: bool = False, locale: str | None = None
) -> str:
    """A fraction as a percentage: ``0.125`` → ``12,5 %``."""
    number = rounded(value, decimals + 2)
    if number is None:
        return MISSING
    pattern = active_locale(locale).percent_formats[None].pattern.split(";")[0]
    pattern = pattern.replace("0", "0." + "0" * decimals if decimals else "0")
    return _signed(_percent_text(abs(number), pattern, active_locale(locale)), number, signed=signed)


@lru_cache(KEPT)
def _percent_text(number: Decimal, pattern: str, locale: Locale) -> str:
    return numbers.format_percent(number, format=pattern, locale=locale)


def change(value: Number | None, decimals: int = 1, *, locale: str | None = None) -> str:
    """A relative change: ``0.032`` → ``+3,2 %``."""
    return percent(value, decimals, signed=True, locale=locale)


def points(value: Number | None, decimals: int = 1, *, locale: str | None = None) -> str:
    """A change between two ratios: ``0.032`` → ``+3,2 pts``."""
    number = rounded(value, decimals + 2)
    if number is None:
        return MISSING
    sign = _points_sign(int(abs(number * 100)), active_locale(locale).language)
    return f"{count(number * 100, decimals, signed=True, locale=locale)}{NO_BREAK}{sign}"


@lru_cache(KEPT)
def _points_sign(whole: int, language: str) -> str:
    """French counts them, and below two there is one: ``0,9 pt``."""
    with override(language):
        return ngettext("pp", "pp", whole)


def quantity(
    value: Number | None, scale: str, decimals: int = 1, *, signed: bool = False, locale: str | None = None
) -> str:
    """A duration with the sign of its scale (a key of ``SCALES``): ``2,5 j``."""
    text = count(value, decimals, signed=signed, locale=locale)
    return text if text == MISSING else f"{text}{NO_BREAK}{SCALES[scale]}"


def figure(
    value: Number | None,
    unit: str,
    decimals: int | None = None,
    *,
    compact: bool = False,
    signed: bool = False,
    locale: str | None = None,
) -> str:
    """A value written by its unit (``money``, ``count``, ``ratio``, ``duration``, ``score``)."""
    return writer(unit, decimals, compact=compact, signed=signed, locale=locale)(value)


def writer(
    unit: str,
    decimals: int | None = None,
    *,
    compact: bool = False,
    signed: bool = False,
    locale: str | None = None,
) -> Callable[[Number | None], str]:
    """``figure`` for many values of one unit: who reads, and in which currency, is asked once."""
    language = active_locale(locale).language
    currency = currency_code() if unit == "money" else ""

    def write(value: Number | None) -> str:
        return _figure(value, unit, decimals, compact, signed, language, currency)

    return write


@lru_cache(KEPT)
def _figure(
    value: Number | None,
    unit: str,
    decimals: int | None,
    compact: bool,
    signed: bool,
    locale: str,
    currency: str,
) -> str:
    places = _UNIT_DECIMALS.get(unit, 1) if decimals is None else decimals
    if unit == "ratio":
        return percent(value, places, signed=signed, locale=locale)
    number = rounded(value, 0)
    large = compact and number is not None and abs(number) >= _LARGE.get(unit, 100_000)
    if unit == "money":
        short = money_short(value, currency=currency, locale=locale) if large else ""
        return short or money(value, places, currency=currency, signed=signed, locale=locale)
    return count_short(value, locale=locale) if large else count(value, places, signed=signed, locale=locale)


def figure_of(indicator: HasUnit, value: Number | None, *, compact: bool = False) -> str:
    return figure(value, indicator.unit, indicator.decimals, compact=compact)


def file_size(size: int, *, locale: str | None = None) -> str:
    """Of so many bytes, in the units people read beside every file: ``4,7 Ko``, ``1.0 MB``."""
    with override(active_locale(locale).language):
        for power, unit in ((3, _("GB")), (2, _("MB")), (1, _("KB"))):
            if size >= 1 << 10 * power:
                return f"{count(Decimal(size) / (1 << 10 * power), 1)}{NO_BREAK}{unit}"
        return ngettext("%(size)s byte", "%(size)s bytes", size) % {"size": size}


def gap(value: Number | None, unit: str, decimals: int | None = None, *, locale: str | None = None) -> str:
    """An absolute gap, signed: in points for a ratio, else in the unit itself."""
    if unit == "ratio":
        return points(value, 1 if decimals is None else decimals, locale=locale)
    return figure(value, unit, decimals, signed=True, locale=locale)
