"""Figures before they are written: rounded, and scaled to the power of ten that says them in three digits. Pure."""

from decimal import ROUND_HALF_UP, Decimal

Number = Decimal | int | float
_POWERS = ((Decimal(10) ** 9, "Md", "bn"), (Decimal(10) ** 6, "M", "M"), (Decimal(10) ** 3, "k", "k"))


def rounded(value: Number | None, decimals: int) -> Decimal | None:
    """The value at ``decimals`` places, ties away from zero, never a negative zero; ``None`` when missing."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite():
        return None
    result = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return result if result else abs(result)


def _compact_scale(number: Decimal) -> tuple[Decimal, str, str]:
    """The scale at which three digits say the number; 999 999 is already 1 M."""
    for factor, french, english in _POWERS:
        if abs(number) >= factor - factor / 2000:
            return factor, french, english
    return Decimal(1), "", ""


def compact_parts(value: Number | None, *, tidy: bool) -> tuple[Decimal, int, str, str] | None:
    """The scaled value, its decimals and the French and English sign of its power of ten."""
    number = rounded(value, 6)
    if number is None:
        return None
    factor, french, english = _compact_scale(number)
    small = number / factor
    decimals = 0 if factor == 1 or abs(small) >= Decimal("99.95") else 1
    if factor > 1 and abs(small) < Decimal("9.995"):
        decimals = 2
    if tidy:  # as many decimals as say it all: 1,5 k and 2 k, not 1,50 k
        decimals = next(n for n in range(decimals + 1) if n == decimals or rounded(small, n) == small)
    return small, decimals, french, english
