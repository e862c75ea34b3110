"""Days in full, for the histories and letters of people: ``base/dates.py`` has the short ones of figures."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language


def long_day(day: date) -> str:
    """``January 1, 2024``; ``1er janvier 2024``: Django leaves out how French writes the first of a month."""
    day = localtime(day).date() if isinstance(day, datetime) else day
    said = date_format(day)
    return said.replace("1", "1er", 1) if day.day == 1 and get_language() == "fr" else said
