"""Dates as people read them: ``lun. 23 nov. 2026``, ``1er oct.``, ``novembre 2026``, ``5–11 oct. 2026``.

Patterns are those of the CLDR through Babel. ``locale`` is ``fr`` or ``en``, by default the active language; English
is written the European way (``Mon, 23 Nov 2026``).
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, dates
from django.utils import timezone
from django.utils.translation import get_language

MISSING = "—"
KEPT = 20_000  # written figures and dates kept by a process: pages show the same ones again and again
REGION = {"fr": "FR", "en": "GB"}
_LOCALES = {"fr": Locale("fr"), "en": Locale("en", REGION["en"])}
_FIRST_OF_MONTH = re.compile(r"\b1\b")  # no other number of a date is a lone 1: its months are words


def active_locale(locale: str | None = None) -> Locale:
    return _LOCALES.get((locale or get_language() or "fr")[:2], _LOCALES["fr"])


@lru_cache(KEPT)
def _skeleton(skeleton: str, value: date, locale: Locale) -> str:
    return _first(dates.format_skeleton(skeleton, value, locale=locale), locale)


def _first(text: str, locale: Locale) -> str:
    """In French the first of a month is ``1er``, which the CLDR leaves out."""
    return _FIRST_OF_MONTH.sub("1er", text) if locale.language == "fr" else text


def day(value: date | None, *, locale: str | None = None) -> str:
    """``lun. 23 nov. 2026``"""
    return MISSING if value is None else _skeleton("yMMMEd", value, active_locale(locale))


def day_short(value: date | None, *, locale: str | None = None) -> str:
    """``23 nov.``: where the year is said elsewhere."""
    return MISSING if value is None else _skeleton("MMMd", value, active_locale(locale))


def month(value: date | None, *, locale: str | None = None) -> str:
    """``novembre 2026``"""
    return MISSING if value is None else _skeleton("yMMMM", value, active_locale(locale))


def month_short(value: date | None, *, locale: str | None = None) -> str:
    """``nov. 2026``"""
    return MISSING if value is None else _skeleton("yMMM", value, active_locale(locale))


def moment(value: datetime | None, *, locale: str | None = None) -> str:
    """``lun. 23 nov. 2026 14:05``, in the current time zone."""
    if value is None:
        return MISSING
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local.date(), locale=locale)} {local:%H:%M}"


def period(start: date | None, end: date | None, *, locale: str | None = None) -> str:
    """The shortest true name of these days: a day, a month, a quarter, a year, or both ends."""
    if start is None or end is None:
        return MISSING
    where = active_locale(locale)
    if start == end:
        return day(start, locale=locale)
    after = end + timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    if start.day == after.day == 1 and months == 1:
        return month(start, locale=locale)
    if start.day == after.day == 1 and months == 3 and start.month % 3 == 1:
        return _skeleton("yQQQ", start, where)
    if start.day == after.day == 1 and months == 12 and start.month == 1:
        return str(start.year)
    return _interval(start, end, where)


@lru_cache(KEPT)
def _interval(start: date, end: date, locale: Locale) -> str:
    return _first(str(dates.format_interval(start, end, skeleton="yMMMd", locale=locale)), locale)
