"""Days in full, as French and English write them."""

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from accounts.days import long_day


@pytest.mark.parametrize(
    ("language", "day", "said"),
    [
        ("fr", date(2024, 1, 1), "1er janvier 2024"),
        ("fr", date(2024, 1, 11), "11 janvier 2024"),
        ("fr", date(2011, 11, 21), "21 novembre 2011"),
        ("en", date(2024, 1, 1), "Jan. 1, 2024"),
        ("fr", datetime(2023, 12, 31, 23, 30, tzinfo=UTC), "1er janvier 2024"),  # in Paris
    ],
)
def test_a_day_in_full(language: str, day: date, said: str) -> None:
    with override(language):
        assert long_day(day) == said
