"""Targets that make no sense at first sight: they are asked about, never refused."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils.translation import gettext_noop

from base import formats
from base.calendar import Period, add_months, month_end
from base.sentences import spoken
from kpis.catalogue import Catalogue
from kpis.models import Indicator, Unit
from kpis.targets import Bounds
from kpis.values import Question, compute

_NEGATIVE = gettext_noop("%(value)s is negative.")
_OVER_ALL = gettext_noop("%(value)s is more than 100%%.")
_FAR_ABOVE = gettext_noop("%(value)s is more than ten times %(last)s, the figure of last year.")
_FAR_BELOW = gettext_noop("%(value)s is less than a tenth of %(last)s, the figure of last year.")
FAR = 10  # times last year's figure, or as small a part of it: a slip of a digit or of a unit


def doubt_about(indicator: Indicator, bounds: Bounds, last_year: Decimal | None) -> str:
    """Why somebody may not have meant it, in a sentence; empty when nothing is odd.

    What last year already was (negative, over 100 %) is not odd.
    """
    for value in (bounds.value, bounds.high):
        if value is not None and (found := _doubt(indicator, value, last_year)):
            return found
    return ""


def _doubt(indicator: Indicator, value: Decimal, last_year: Decimal | None) -> str:
    told = {"value": formats.figure_of(indicator, value), "last": formats.figure_of(indicator, last_year)}
    if value < 0 and not (last_year is not None and last_year < 0):
        return spoken(_NEGATIVE, **told)
    if indicator.unit == Unit.RATIO and value > 1 and not (last_year is not None and last_year > 1):
        return spoken(_OVER_ALL, **told)
    if last_year and abs(value) > FAR * abs(last_year):
        return spoken(_FAR_ABOVE, **told)
    if last_year and abs(value) * FAR < abs(last_year):
        return spoken(_FAR_BELOW, **told)
    return ""


def year_before(period: Period) -> Period:
    """The same dates last year; whole months stay whole."""
    end = add_months(period.end, -12)
    return Period(add_months(period.start, -12), month_end(end) if period.is_whole_months else end)


def last_year_of(
    indicator: Indicator, period: Period, where: Mapping[str, str], catalogue: Catalogue
) -> Decimal | None:
    """The figure of the same dates last year, where all its days are known."""
    asked = indicator.code, period
    return last_years_of([asked], where, catalogue).get(asked)


def last_years_of(
    asked: Collection[tuple[str, Period]], where: Mapping[str, str], catalogue: Catalogue
) -> dict[tuple[str, Period], Decimal]:
    """The same of several indicators and periods in one question; those not known whole are left out."""
    codes = tuple(sorted({code for code, _period in asked}))
    periods = tuple({year_before(period) for _code, period in asked})
    found = {
        (value.indicator, value.period): value.value
        for value in compute(Question(codes, periods, where=where), catalogue)
        if value.value is not None and value.days_present == value.days_expected
    }
    before = {(code, period): found.get((code, year_before(period))) for code, period in asked}
    return {place: figure for place, figure in before.items() if figure is not None}
