"""Spreading a total over days: shares in proportion to weights, which sum to the total exactly."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

# Below this share of days known, last year says too little about the others to be a shape.
ENOUGH_OF_LAST_YEAR = Fraction(1, 2)


def phase(total: Decimal, weights: Sequence[Decimal | int], minor: Decimal) -> list[Decimal]:
    """Shares of the total in proportion to the weights, each a multiple of ``minor``, by largest remainder.

    The shares sum to the total to the last digit; each is less than ``minor`` away from its exact proportion.
    Units left between equal remainders go evenly over the sequence: 10 units over 30 equal days come every
    third day. Weights that are all zero count as equal. What the total holds below ``minor`` goes to the
    heaviest share. A negative total gives the opposite shares.

    :param minor: the smallest amount a share moves by, ``Decimal("0.01")`` for cents.
    :raises ValueError: without weights, for a negative weight, or a ``minor`` that is not positive.
    """
    exact = [Fraction(weight) for weight in weights]
    if not exact or min(exact) < 0 or minor <= 0:
        raise ValueError(
            "Phasing takes at least one weight, none of them negative, and a positive minor unit."
        )
    if not any(exact):
        exact = [Fraction(1)] * len(exact)
    units = int(Fraction(abs(total)) / Fraction(minor))
    sign = -1 if total < 0 else 1
    shares = [Fraction(sign * share) * Fraction(minor) for share in _largest_remainder(units, exact)]
    shares[exact.index(max(exact))] += Fraction(total) - sum(shares)
    return [_decimal(share) for share in shares]


def _largest_remainder(units: int, weights: Sequence[Fraction]) -> list[int]:
    """Whole shares that sum to ``units``."""
    whole = sum(weights)
    exact = [units * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    remainders = [share % 1 for share in exact]
    for place in _largest(remainders, units - sum(shares)):
        shares[place] += 1
    return shares


def _largest(remainders: Sequence[Fraction], count: int) -> list[int]:
    """The places of the ``count`` largest, those that tie for the last places being taken evenly."""
    if count == 0:
        return []
    cut = sorted(remainders, reverse=True)[count - 1]
    above = [place for place, remainder in enumerate(remainders) if remainder > cut]
    tied = [place for place, remainder in enumerate(remainders) if remainder == cut]
    wanted = count - len(above)
    return above + [tied[(2 * n + 1) * len(tied) // (2 * wanted)] for n in range(wanted)]


def _decimal(value: Fraction) -> Decimal:
    """The same number: a sum of decimals has a denominator of twos and fives only."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    return Decimal(int(value * 10**digits)).scaleb(-digits)


def weights_for(
    days: Sequence[date],
    last_year: Mapping[date, Decimal] | None,
    weekday_shape: Mapping[int, Decimal] | None,
    open_weekdays: Collection[int],
) -> list[Decimal]:
    """How much each day weighs in a target, from the first of these that says something:

    1. last year's shape. Where it knows half of the open days or more, an open day it does not know weighs
       the mean of those it knows on the same weekday, else of all it knows;
    2. the weekdays seen;
    3. every open day alike (every day, when none is open).

    Closed weekdays weigh nothing, and neither does a day whose figure was negative.

    :param last_year: for each day, the figure of the comparable day 364 days before; unknown days are absent.
    :param weekday_shape: ISO weekday → its figure, over the same number of each weekday.
    :param open_weekdays: ISO weekdays.
    """
    open_days = [day for day in days if day.isoweekday() in open_weekdays]
    for shape in (
        _last_year_shape(open_days, last_year or {}),
        _weekday_shape(open_days, weekday_shape or {}),
    ):
        if any(shape.values()):
            return [shape.get(day, Decimal(0)) for day in days]
    return [Decimal(int(not open_days or day.isoweekday() in open_weekdays)) for day in days]


def _last_year_shape(days: Sequence[date], last_year: Mapping[date, Decimal]) -> dict[date, Decimal]:
    known = {day: max(last_year[day], Decimal(0)) for day in days if day in last_year}
    if not known or Fraction(len(known), len(days)) < ENOUGH_OF_LAST_YEAR:
        return {}
    return {day: known[day] if day in known else _typical(day.isoweekday(), known) for day in days}


def _typical(weekday: int, known: Mapping[date, Decimal]) -> Decimal:
    same = [value for day, value in known.items() if day.isoweekday() == weekday] or list(known.values())
    return sum(same, Decimal(0)) / len(same)


def _weekday_shape(days: Sequence[date], shape: Mapping[int, Decimal]) -> dict[date, Decimal]:
    return {day: max(shape.get(day.isoweekday(), Decimal(0)), Decimal(0)) for day in days}
