"""Figures and dates as people read them, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import parse_decimal
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from base import dates, formats
from base.rounding import rounded

NARROW, WIDE = "\u202f", "\u00a0"
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False)


def back(text: str, locale: str) -> Decimal:
    """The number a reader reads in ``text``."""
    bare = text.replace(formats.MINUS, "-").replace("+", "").strip(" €%£" + WIDE + NARROW)
    return Decimal(parse_decimal(bare.replace("€", ""), locale="fr" if locale == "fr" else "en_GB"))


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (1234567, f"1{NARROW}234{NARROW}567{WIDE}€", "€1,234,567"),
        (Decimal("-1234.5"), f"−1{NARROW}235{WIDE}€", "−€1,235"),
        (0, f"0{WIDE}€", "€0"),
        (Decimal("-0.4"), f"0{WIDE}€", "€0"),
        (None, "—", "—"),
        (float("nan"), "—", "—"),
    ],
)
def test_money(value: Decimal, french: str, english: str) -> None:
    assert formats.money(value, locale="fr") == french
    assert formats.money(value, locale="en") == english


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (1_243_567, f"1,24{WIDE}M€", "€1.24M"),
        (84_210, f"84,2{WIDE}k€", "€84.2k"),
        (999_999, f"1,00{WIDE}M€", "€1.00M"),
        (999_499, f"999{WIDE}k€", "€999k"),
        (123_456_789, f"123{WIDE}M€", "€123M"),
        (2_500_000_000, f"2,50{WIDE}Md€", "€2.50bn"),
        (-84_210, f"−84,2{WIDE}k€", "−€84.2k"),
        (119, f"119{WIDE}€", "€119"),
        (None, "—", "—"),
    ],
)
def test_short_money_says_three_digits(value: int, french: str, english: str) -> None:
    assert formats.money_short(value, locale="fr") == french
    assert formats.money_short(value, locale="en") == english


def test_percentages_and_points() -> None:
    assert formats.percent(0.125, locale="fr") == f"12,5{WIDE}%"
    assert formats.percent(0.125, locale="en") == "12.5%"
    assert formats.percent(0.0198, 2, locale="fr") == f"1,98{WIDE}%"
    assert formats.percent(-0.125, 0, locale="fr") == f"−13{WIDE}%"
    assert formats.change(0.032, locale="fr") == f"+3,2{WIDE}%"
    assert formats.points(0.032, locale="fr") == f"+3,2{WIDE}pts"
    assert formats.points(-0.0121, locale="en") == f"−1.2{WIDE}pp"


def test_a_change_too_small_to_show_has_no_sign() -> None:
    assert formats.change(-0.00001, locale="fr") == f"0,0{WIDE}%"
    assert formats.points(0.00001, locale="fr") == f"0,0{WIDE}pt"


def test_figure_follows_the_unit() -> None:
    assert formats.figure(0.0198, "ratio", 2, locale="fr") == f"1,98{WIDE}%"
    assert formats.figure(84_210, "money", compact=True, locale="fr") == f"84,2{WIDE}k€"
    assert formats.figure(10_432, "count", compact=True, locale="fr") == f"10{NARROW}432"
    assert formats.figure(526_890, "count", compact=True, locale="fr") == f"527{WIDE}k"
    assert formats.figure(Decimal("119.205"), "money", 2, locale="fr") == f"119,21{WIDE}€"
    assert formats.figure(4.26, "score", locale="en") == "4.3"
    assert formats.gap(-0.0021, "ratio", locale="fr") == f"−0,2{WIDE}pt"
    assert formats.gap(1200, "money", locale="fr") == f"+1{NARROW}200{WIDE}€"
    assert formats.quantity(2.54, "h", locale="fr") == f"2,5{WIDE}h"


def test_the_currency_is_the_one_in_use() -> None:
    formats.use_currency(lambda: "GBP")
    try:
        assert formats.money(12, locale="en") == "£12"
        assert formats.money(12, currency="EUR", locale="en") == "€12"
    finally:
        formats.use_currency()


def test_the_active_language_is_the_default() -> None:
    with translation.override("en"):
        assert formats.count(1234) == "1,234"
    with translation.override("fr"):
        assert formats.count(1234) == f"1{NARROW}234"


def test_days() -> None:
    monday = date(2026, 11, 23)
    assert dates.day(monday, locale="fr") == "lun. 23 nov. 2026"
    assert dates.day(monday, locale="en") == "Mon, 23 Nov 2026"
    assert dates.day_short(monday, locale="fr") == "23 nov."
    assert dates.month(monday, locale="fr") == "novembre 2026"
    assert dates.day(None) == "—"


def test_a_moment_is_told_in_local_time() -> None:
    at = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
    with timezone.override("Europe/Paris"):
        assert dates.moment(at, locale="fr") == "lun. 23 nov. 2026 14:05"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "lun. 23 nov. 2026"),
        (date(2026, 11, 1), date(2026, 11, 30), "novembre 2026"),
        (date(2028, 2, 1), date(2028, 2, 29), "février 2028"),
        (date(2027, 2, 1), date(2027, 2, 27), "1er–27 févr. 2027"),
        (date(2026, 10, 1), date(2026, 12, 31), "T4 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (date(2026, 2, 1), date(2026, 4, 30), "1er févr. – 30 avr. 2026"),
    ],
)
def test_a_period_has_its_shortest_true_name(start: date, end: date, said: str) -> None:
    assert dates.period(start, end, locale="fr").replace("\u2009", " ") == said


@given(amounts, st.integers(0, 4), st.sampled_from(["fr", "en"]))
def test_what_is_written_reads_back_as_the_rounded_value(value: Decimal, decimals: int, locale: str) -> None:
    expected = rounded(value, decimals)
    assert back(formats.count(value, decimals, locale=locale), locale) == expected
    assert back(formats.money(value, decimals, currency="EUR", locale=locale), locale) == expected


@given(amounts, st.sampled_from(["fr", "en"]))
def test_percent_reads_back(value: Decimal, locale: str) -> None:
    expected = rounded(value, 3)
    assert expected is not None
    assert back(formats.percent(value, 1, locale=locale), locale) == expected * 100


@given(amounts)
def test_rounding_moves_by_half_a_unit_at_most_and_keeps_the_sign(value: Decimal) -> None:
    result = rounded(value, 2)
    assert result is not None
    assert abs(result - value) <= Decimal("0.005")
    assert not result.is_signed() or result < 0
    assert rounded(-value, 2) == -result


@given(st.integers(-(10**11), 10**11))
def test_short_money_is_within_half_a_percent(value: int) -> None:
    text = formats.money_short(value, locale="fr")
    factor = {"k€": 10**3, "M€": 10**6, "Md€": 10**9}.get(text.split(WIDE)[-1], 1)
    number = back(text.split(WIDE)[0], "fr") * factor
    assert abs(number - value) <= max(abs(value) * Decimal("0.005"), Decimal("0.5"))


def test_a_tidy_figure_has_only_the_decimals_it_needs() -> None:
    written = [
        formats.count_short(value, tidy=True, locale="fr") for value in (500, 1_000, 1_500, 1_250, 12_340)
    ]
    assert [text.replace("\u00a0", " ") for text in written] == ["500", "1 k", "1,5 k", "1,25 k", "12,3 k"]


@pytest.mark.parametrize(
    ("start", "end", "french", "english"),
    [
        (date(2025, 10, 1), date(2025, 10, 1), "mer. 1er oct. 2025", "Wed, 1 Oct 2025"),
        (date(2025, 10, 1), date(2025, 10, 5), "1er–5 oct. 2025", "1–5 Oct 2025"),
        (date(2025, 12, 1), date(2026, 1, 1), "1er déc. 2025 – 1er janv. 2026", "1 Dec 2025 – 1 Jan 2026"),
        (date(2025, 10, 11), date(2025, 11, 21), "11 oct. – 21 nov. 2025", "11 Oct – 21 Nov 2025"),
        (date(2025, 1, 1), date(2025, 3, 31), "T1 2025", "Q1 2025"),
    ],
)
def test_the_first_of_a_month_in_french(start: date, end: date, french: str, english: str) -> None:
    def plain(text: str) -> str:
        return text.replace("\u2009", " ").replace(WIDE, " ").replace(NARROW, " ")

    assert plain(dates.period(start, end, locale="fr")) == french
    assert plain(dates.period(start, end, locale="en")) == english


def test_the_currency_in_words() -> None:
    assert formats.currency_name(locale="fr") == "euros"
    formats.use_currency(lambda: "GBP")
    try:
        assert formats.currency_name(locale="fr") == "livres sterling"
    finally:
        formats.use_currency()


def spaced(text: str) -> str:
    return text.replace(NARROW, " ").replace(WIDE, " ")


@pytest.mark.parametrize(
    ("size", "english", "french"),
    [
        (0, "0 bytes", "0 octet"),
        (999, "999 bytes", "999 octets"),
        (4_813, "4.7 KB", "4,7 Ko"),
        (1 << 20, "1.0 MB", "1,0 Mo"),
        (3 << 30, "3.0 GB", "3,0 Go"),
        (2 << 40, "2,048.0 GB", "2 048,0 Go"),
    ],
)
def test_sizes_are_written_as_beside_every_file(size: int, english: str, french: str) -> None:
    assert spaced(formats.file_size(size, locale="en")) == english
    assert spaced(formats.file_size(size, locale="fr")) == french
