"""Numbers as people type them, in either language: read exactly, or asked about in a sentence."""

import json
import re
from contextlib import suppress
from decimal import Decimal

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from base.fields import NumberField
from base.typed_numbers import UnreadError, read_number, written
from runtime.instance import ROOT

CASES = json.loads((ROOT / "tests/base/number_cases.json").read_text())
SPACES = ["", " ", "\u00a0", "\u202f"]
NUMBERS = st.decimals(-(10**12), 10**12, places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(("raw", "unit", "language", "number"), CASES)
def test_ways_to_type_a_number(raw: str, unit: str, language: str, number: str | None) -> None:
    if number in ("!", "?"):
        with pytest.raises(
            UnreadError, match="could be|peut" if number == "?" else "is|pas|porte|pourcentage"
        ):
            read_number(raw, unit, locale=language)
    else:
        assert read_number(raw, unit, locale=language) == (None if number is None else Decimal(number))


@given(
    value=NUMBERS,
    space=st.sampled_from(SPACES),
    minus=st.sampled_from(["-{}", "\u2212{}", "({})", "{}-", "- {}"]),
    sign=st.sampled_from(["{}", "{} €", "{}€", "{} EUR", "€{}"]),
    language=st.sampled_from(["fr", "en"]),
)
def test_every_french_spelling_is_read_exactly(
    value: Decimal, space: str, minus: str, sign: str, language: str
) -> None:
    """Grouped or not, with a comma and two decimals or four, the minus before, behind or as parentheses."""
    digits = f"{abs(value):,f}".replace(",", space).replace(".", ",")
    text = sign.format(digits)
    text = minus.format(text) if value < 0 else text
    assert read_number(text, "money", locale=language) == value


@given(
    value=NUMBERS,
    unit=st.sampled_from(["money", "count", "ratio", "score", ""]),
    language=st.sampled_from(["fr", "en"]),
)
def test_what_a_field_shows_is_read_back(value: Decimal, unit: str, language: str) -> None:
    text = written(value, unit, decimals=2, locale=language)
    assert read_number(text, unit, locale=language) == value


@given(
    text=st.text("0123456789 .,'’-+()%€kM\u202f\u00a0", max_size=14), language=st.sampled_from(["fr", "en"])
)
def test_any_text_is_a_number_or_a_sentence(text: str, language: str) -> None:
    with suppress(UnreadError):
        found = read_number(text, "money", locale=language)
        assert found is None or found.is_finite()


def test_other_currencies_and_too_many_decimals_are_told() -> None:
    with pytest.raises(UnreadError, match="euros"):
        read_number("60 000 $", "money")
    with pytest.raises(UnreadError):
        read_number("0,1234567", places=6)
    assert read_number("0,1234560", places=6) == Decimal("0.123456")


class Form(forms.Form):
    value = NumberField(unit="ratio", decimal_places=6, max_digits=20)


def test_a_field_reads_as_people_write_and_keeps_their_text() -> None:
    form = Form({"value": "2,5 %"})
    assert form.is_valid()
    assert form.cleaned_data["value"] == Decimal("0.025")
    refused = Form({"value": "a lot"})
    assert not refused.is_valid()
    assert 'value="a lot"' in str(refused["value"])
    assert 'type="text"' in str(refused["value"])
    assert 'value="2' in str(Form(initial={"value": Decimal("0.025")})["value"])


def test_no_form_reads_numbers_in_another_way() -> None:
    """A browser drops what ``type=number`` cannot read, and Django knows only the mark of its language."""
    other = re.compile(r"forms\.(DecimalField|FloatField|NumberInput)|type=\"number\"")
    folders = ("accounts", "base", "intake", "kpis", "cockpit", "steering", "teams", "budgets", "templates")
    paths = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".html")
    ]
    assert len(paths) > 200
    found = [str(path) for path in paths if other.search(path.read_text())]
    assert found == [str(ROOT / "base/fields.py")]
