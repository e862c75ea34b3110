"""TOML a person gives: whatever is wrong with it is one sentence, told before it costs anything."""

import pytest
from django.utils import translation

from base.toml import TomlError, read_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "9" * 900_000, "line 1 has a number of too many digits"),
        ("a = 1\nb = 0x" + "f" * 900_000, "line 2 has a number of too many digits"),
        ("a = " + "_".join("9" * 900), "line 1 has a number of too many digits"),
        ("a = 0o" + "7" * 399, "too large"),
        ("a = 9223372036854775808", "too large"),
        ("a = [" + "[" * 9_000, "nested too deeply"),
        ("a = " + "{a=" * 3_000, "nested too deeply"),
        (".".join("b" * 4_000) + " = 1", "nested too deeply"),
        ("[" + ".".join("b" * 4_000) + "]", "nested too deeply"),
        ("[[" + " . ".join("b" * 2_000) + "]]", "nested too deeply"),
        (f"a = {'[' * 20}1{']' * 20}", "nested too deeply"),
        ("#" * 1_000_001, "too large"),
        ("g" * 900_000, "line 1 is too long"),
        ('a = "\\u0000"', "NUL"),
        ('"\\u0000" = 1', "NUL"),
        ("a = 2026-13-01", "Expected"),
        ("a = 1\na = 2", "overwrite"),
        ("a = \x01", "Invalid"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, said: str) -> None:
    with translation.override("en"), pytest.raises(TomlError, match=said) as refused:
        read_toml(text)
    assert len(str(refused.value)) < 320
    assert "\n" not in str(refused.value)


def test_what_can_be_read_is_read() -> None:
    assert read_toml('a.b = [1.5, "x", {c = -1}]\nd = 9223372036854775807') == {
        "a": {"b": [1.5, "x", {"c": -1}]},
        "d": 9223372036854775807,
    }
