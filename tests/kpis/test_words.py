"""Every code the figures can carry has words, and segments read as people say them."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from base.calendar import Grain
from base.components import Verdict
from kpis import comparisons
from kpis.coverage import Days
from kpis.deviations import RULES, WATCHED
from kpis.expectation.types import Reason, Rule
from kpis.models import DeviationState, NightState, Severity, StepState
from kpis.pages import words
from kpis.pages.filters import FLAGGED_GRAINS

# what the code can store, and the table that says it
TABLES: list[tuple[Any, Any]] = [
    (Grain, words.GRAINS),
    (WATCHED, words.GRAINS),
    (FLAGGED_GRAINS, words.THE_PERIOD),
    (RULES, words.RULES),
    (Rule, words.SIGNAL_RULES),
    (Reason, words.REASONS),
    (comparisons.Reason, words.REASONS),
    (["no_data", "not_by_dimension", "nothing_to_divide_by", "no_target", "no_expectation"], words.REASONS),
    (DeviationState.values, words.STATES),
    (Severity.values, words.SEVERITIES),
    (NightState.values, words.NIGHT_STATES),
    (StepState.values, words.STEP_STATES),
    (["schedule", "command", "page"], words.TRIGGERS),
    (["read", "publish", "tell"], words.STEPS),
]


@pytest.mark.parametrize(("codes", "table"), TABLES)
def test_every_code_has_words(codes: Any, table: Any) -> None:
    assert [code for code in map(str, codes) if code not in table] == []


@pytest.mark.parametrize(("_codes", "table"), TABLES)
def test_words_are_not_codes(_codes: Any, table: Any) -> None:
    with translation.override("en"):
        for code, word in table.items():
            said = str(word.word if isinstance(word, Verdict) else word)
            assert "_" not in said
            assert said != code


NAMES = {"channel": "Channel", "device": "Device"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "All"),
        ({"channel": "SEA"}, "Channel: SEA"),
        ({"device": "mobile", "channel": "SEA"}, "Channel: SEA · Device: mobile"),  # the catalogue's order
        ({"device": "Desktop"}, "Device: computer"),
        ({"channel": None}, "Channel: unknown"),
        ({"channel": "(not set)"}, "Channel: not set"),
        ({"planet": "Mars", "device": "mobile"}, "Device: mobile · planet: Mars"),
    ],
)
def test_a_segment_in_words(values: dict[str, str | None], said: str) -> None:
    with translation.override("en"):
        assert words.segment_in_words(values, NAMES) == said


def test_unknown_codes_are_shown_as_they_are() -> None:
    assert words.reason("moon_phase") == "moon_phase"
    assert words.reason(None) == ""
    assert words.signal_rules("moon_phase") == "moon_phase"
    with translation.override("en"):
        assert words.step("gaps:orders", {"orders": "Orders"}) == "Gaps of “Orders”"
        assert words.step("gaps:gone", {}) == "Gaps of “gone”"


def test_known_days_say_how_many_are_missing_among_them() -> None:
    days = Days(((date(2026, 10, 1), date(2026, 10, 9)), (date(2026, 10, 12), date(2026, 10, 31))))
    with translation.override("en"):
        assert words.days_in_words(Days()) == ""
        assert words.days_in_words(Days(days.ranges[:1])) == "1–9 Oct 2026"
        assert words.days_in_words(days) == "October 2026, 2 days missing"
