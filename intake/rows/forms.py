"""Giving a file of rows, and saying where they stand and which column is which."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.rows.cells import is_blank
from intake.rows.headings import Guess, heading, letter, months_in
from intake.rows.kinds import MONTH, VALUE, Column, may_go_across
from intake.rows.models import StagedSheet

NOT_USED = "-"
_LOOKED_AT = 200  # rows among which the header may be said


class RowsForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("An Excel (.xlsx) or LibreOffice (.ods) workbook, or CSV."),
        allow_empty_file=True,  # an empty file is refused in words
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.ods,.csv,.tsv,.txt"}),
    )


class PlaceForm(forms.Form):
    """Which sheet, and in which of its rows the headings stand, as spreadsheets count."""

    sheet = forms.TypedChoiceField(label=_("Sheet"), coerce=int)
    header = forms.IntegerField(label=_("Row of the headings"), min_value=1, max_value=_LOOKED_AT)

    def __init__(self, *args: Any, sheets: Sequence[StagedSheet], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [(one.position, one.name or "—") for one in sheets]  # type: ignore[attr-defined]  # a ChoiceField
        if len(sheets) == 1:
            self.fields["sheet"].widget = forms.HiddenInput()


class ColumnsForm(forms.Form):
    """One question a column of the file: what is it? ``columns()`` answers {code: 0-based column} once valid."""

    def __init__(
        self,
        *args: Any,
        header: Sequence[Any],
        samples: Mapping[int, str],
        known: Sequence[Column],
        told: Guess,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known, self.header = known, header
        self.months = months_in(header) if may_go_across(known) else {}
        by_place = {place: code for code, place in told.columns.items()}
        choices = [(NOT_USED, _("— Not used —")), *((column.code, column.label) for column in known)]
        for place, cell in enumerate(header):
            if place in self.months and place not in by_place:
                continue
            if is_blank(cell) and place not in samples:
                continue
            field = forms.ChoiceField(
                label=_as_written(f"{letter(place)} · {heading(cell) or '—'}"),
                choices=choices,
                initial=by_place.get(place, NOT_USED),
                help_text=self._hint(samples.get(place, ""), by_place.get(place, "") in told.unsure),
            )
            self.fields[f"column-{place}"] = field

    def _hint(self, sample: str, is_unsure: bool) -> str:
        said = gettext("For example: %(sample)s") % {"sample": sample} if sample else ""
        check = gettext("To check.") if is_unsure else ""
        return escape(" ".join(part for part in (check, said) if part))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        places: dict[str, str] = {}
        for name, code in list(given.items()):
            if code in places:
                self.add_error(name, _("Another column is said to be that already."))
            elif code != NOT_USED:
                places[code] = name
        across = {MONTH, VALUE} if self.months else set()
        for column in self.known:
            if column.required and column.code not in places and column.code not in across:
                said = _("Say which column is this one, which is needed: %(column)s.")
                self.add_error(None, forms.ValidationError(said, params={"column": column.label}))
        return given

    def columns(self) -> dict[str, int]:
        return {
            code: int(name.removeprefix("column-"))
            for name, code in self.cleaned_data.items()
            if code != NOT_USED
        }


def _as_written(text: str) -> SafeString:
    """Words of the file, which no reader's language changes."""
    return format_html('<span translate="no">{}</span>', text)
