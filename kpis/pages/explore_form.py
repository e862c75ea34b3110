"""What a reader may ask of an indicator's page; anything unusable in the address falls back on the usual view."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import F, Func, TextField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from base.calendar import CalendarRules, Grain
from kpis.models import Segment
from kpis.pages import words
from kpis.pages.explore import GRAINS, SEGMENT_GRAINS, View

GRAIN_WORDS = {
    Grain.DAY: _("by day"),
    Grain.WEEK: _("by week"),
    Grain.MONTH: _("by month"),
    Grain.QUARTER: _("by quarter"),
    Grain.YEAR: _("by year"),
    Grain.WTD: _("week to date"),
    Grain.MTD: _("month to date"),
    Grain.QTD: _("quarter to date"),
    Grain.YTD: _("year to date"),
}


class IndicatorView(forms.Form):
    """The grain of the chart, one segment to look at, a dimension to split by and over which period."""

    grain = forms.ChoiceField(
        label=_("Show"), required=False, choices=[(str(g), GRAIN_WORDS[g]) for g in GRAINS]
    )
    where = forms.ChoiceField(label=_("Segment"), required=False)
    by = forms.ChoiceField(label=_("Split by"), required=False)
    over = forms.ChoiceField(
        label=_("Split over"),
        required=False,
        choices=[(str(g), GRAIN_WORDS[g]) for g in reversed(SEGMENT_GRAINS)],
    )

    def __init__(self, data: Any, *, names: Mapping[str, str], reader: Any) -> None:
        """``names`` of the dimensions that may be asked for, by code."""
        super().__init__(data)
        self.names, self.reader = names, reader
        self._choices("by", [("", _("nothing")), *self.names.items()])
        self._choices("where", [("", pgettext("segment", "All")), *self._segments()])
        self._choices("over", [(str(g), GRAIN_WORDS[g]) for g in SEGMENT_GRAINS])

    def _choices(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # declared above
        field.choices = choices

    def _segments(self) -> list[tuple[str, str]]:
        """Single-dimension segments whose value is known, as ``dimension=value``; there may be hundreds."""
        first = Func(
            F("values"), F("dimensions__0"), function="jsonb_extract_path_text", output_field=TextField()
        )
        seen = Segment.objects.visible_to(self.reader)
        rows = seen.filter(dimensions__len=1, dimensions__0__in=self.names).annotate(value=first)
        said = words.part_in_words()
        found = [
            (f"{name}={value}", said(self.names[name], value))
            for name, value in rows.values_list("dimensions__0", "value")
            if value is not None
        ]
        return sorted(found, key=lambda choice: choice[1].casefold())

    def view(self, as_of: date, rules: CalendarRules) -> View:
        """The view asked for; a field that cannot be read counts as not given."""
        self.is_valid()
        asked = self.cleaned_data
        name, _sign, value = (asked.get("where") or "").partition("=")
        return View(
            grain=Grain(asked.get("grain") or "day"),
            as_of=as_of,
            rules=rules,
            where={name: value} if name else {},
            by=asked.get("by") or "",
        )
