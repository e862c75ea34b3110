"""Fields that forms of several floors share."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


class LineField(forms.CharField):
    """Text on one line, read in one direction, as browsers send it: another program may send more lines, or turn it.

    Names stand in letters, where what follows a line break would read as words of ours.
    """

    def to_python(self, value: Any) -> Any:
        return super().to_python(_BREAKS.sub(" ", value) if isinstance(value, str) else value)


class DayInput(forms.DateInput):
    """The browser's own calendar, which speaks ISO dates whatever the language."""

    input_type = "date"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day somebody of the company may have lived or will live."""
    within = [MinValueValidator(date(1950, 1, 1)), MaxValueValidator(date(2100, 12, 31))]
    return forms.DateField(
        label=label, widget=DayInput, input_formats=["%Y-%m-%d"], validators=within, **kwargs
    )
