"""Fields that forms of several floors share."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator


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
