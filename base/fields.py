"""Fields that forms of several floors share."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.fields import DayInput
from base.calendar import EARLIEST, LATEST


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day that calendars and comparisons can reckon with."""
    within = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
    return forms.DateField(
        label=label, widget=DayInput, input_formats=["%Y-%m-%d"], validators=within, **kwargs
    )
