"""Fields that forms of several floors share."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.fields import DayInput
from base.calendar import EARLIEST, LATEST
from base.typed_numbers import UnreadError, read_number, written


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day that calendars and comparisons can reckon with."""
    within = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
    return forms.DateField(
        label=label, widget=DayInput, input_formats=["%Y-%m-%d"], validators=within, **kwargs
    )


class NumberField(forms.DecimalField):
    """A number as people write it in either language: ``60 000,50 €``. A ratio is typed in percent and is a fraction.

    ``unit`` (of ``formats.figure``) may be said once the form knows it. Never ``type=number``: a browser reads that
    in its own language and drops what it cannot read.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, unit: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return super().to_python(value)
        try:
            return read_number(value, self.unit, places=self.decimal_places)
        except UnreadError as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return written(value, self.unit) if isinstance(value, Decimal) else value
