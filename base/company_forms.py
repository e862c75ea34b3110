"""The forms of the company and of the events of its calendar."""

from typing import Any

from django import forms
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from base import territories
from base.calendar import EARLIEST, LATEST
from base.models import CalendarEvent, Company

ISO_WEEKDAYS = [(index + 1, name) for index, name in WEEKDAYS.items()]
LONGEST_EVENT = 120  # days: longer than that is a season, not an event, and likely a year mistyped


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    country = forms.ChoiceField(label=_("Country"))
    currency = forms.ChoiceField(label=_("Currency"))
    timezone = forms.ChoiceField(label=_("Time zone"))
    week_start = forms.TypedChoiceField(label=_("First day of the week"), choices=ISO_WEEKDAYS, coerce=int)
    fiscal_year_start = forms.TypedChoiceField(
        label=_("First month of the fiscal year"), choices=list(MONTHS.items()), coerce=int
    )
    open_weekdays = forms.TypedMultipleChoiceField(
        label=_("Days with sales"),
        choices=ISO_WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A website is usually open every day."),
    )

    class Meta:
        model = Company
        fields = [
            "name",
            "country",
            "currency",
            "timezone",
            "week_start",
            "fiscal_year_start",
            "open_weekdays",
        ]
        field_classes = {"name": LineField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.instance
        for name, choices in (
            ("country", territories.countries(present.country)),
            ("currency", territories.currencies(present.currency)),
            ("timezone", territories.timezones(present.timezone)),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # ChoiceFields, above

    def fingerprint(self) -> str:
        """The same for two forms that ask the same: what was shown is what is saved."""
        return "|".join(str(self.cleaned_data[name]) for name in self.Meta.fields)


def _day(label: Any) -> forms.DateField:
    bounds = {"type": "date", "min": EARLIEST.isoformat(), "max": LATEST.isoformat()}
    return forms.DateField(label=label, widget=forms.DateInput(attrs=bounds, format="%Y-%m-%d"))


class EventForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """An event of the company's own, or other dates for one that law or habit gives."""

    start = _day(_("First day"))
    end = _day(_("Last day"))

    class Meta:
        model = CalendarEvent
        fields = ["code", "name", "start", "end"]
        field_classes = {"name": LineField}
        help_texts = {"name": _("Left blank, the name of its kind.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.replaces is not None:  # its kind is that of what it replaces
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start and end:
            if not EARLIEST <= start <= end <= LATEST:
                self.add_error("end", _("The last day must be on or after the first, between 1990 and 2100."))
            elif (end - start).days >= LONGEST_EVENT:
                self.add_error("end", _("An event lasts four months at most."))
        return data
