"""What people say to a night and a target."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, has_right
from base import formats
from base.calendar import CalendarRules, month_end
from base.fields import NumberField, day_field
from base.workflow.models import LONGEST_REASON
from kpis.models import Direction, Indicator, Segment, Target, TargetProposal, Unit
from kpis.pages import words
from kpis.pages.tiles import GROUPS


class NightForm(forms.Form):
    """The day a night stands on; ``last`` is the last day known, ``today`` the day the reader lives in."""

    as_of = day_field(_("As of the end of"))

    def __init__(self, data: Any = None, *, last: date | None, today: date) -> None:
        super().__init__(data, initial={"as_of": last})
        self.today = today

    def clean_as_of(self) -> date:
        day: date = self.cleaned_data["as_of"]
        if day > self.today:
            raise ValidationError(_("This day has not come yet."))
        return day


WHOLE = "whole"


def segment_choices(names: Mapping[str, str], reader: Any) -> list[tuple[str, Any]]:
    """The whole, then the known values of each dimension in its group; ``names`` are those of the dimensions."""
    groups: dict[str, list[tuple[str, str]]] = {}
    found = Segment.objects.visible_to(reader).filter(dimensions__len=1)
    for dimensions, values in found.values_list("dimensions", "values"):
        code, value = dimensions[0], values[dimensions[0]]
        if code in names and value is not None:
            groups.setdefault(code, []).append((f"{code}:{value}", words.value_in_words(value)))
    ordered = [(names[code], sorted(groups[code], key=lambda c: c[1])) for code in names if code in groups]
    return [(WHOLE, pgettext("segment", "All")), *ordered]


class TargetForm(forms.Form):
    """A target: one value, or two bounds for an indicator that must stay within them.

    Both are offered until the indicator is known; then only what its direction asks for.
    """

    indicator = forms.ModelChoiceField(Indicator.objects.none(), label=_("Indicator"), to_field_name="code")
    segment = forms.ChoiceField(label=_("Segment"), initial=WHOLE)
    start = day_field(_("From"))
    end = day_field(_("To"))
    value = NumberField(label=_("Value"), required=False, max_digits=20, decimal_places=6)
    low = NumberField(label=_("Lower bound"), required=False, max_digits=20, decimal_places=6)
    high = NumberField(label=_("Upper bound"), required=False, max_digits=20, decimal_places=6)
    reason = forms.CharField(
        label=_("Why this target"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever agrees to it."),
    )

    def __init__(self, *args: Any, today: date, by: Any, **kwargs: Any) -> None:
        first = today.replace(day=1)
        usual = {"segment": WHOLE, "start": first, "end": month_end(first)}
        kwargs["initial"] = usual | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = segment_choices(words.dimension_names(), by)  # type: ignore[attr-defined]  # a ChoiceField
        self.indicators = Indicator.objects.visible_to(by)
        self.fields["indicator"].queryset = self.indicators  # type: ignore[attr-defined]  # a ModelChoiceField
        if has_right(by, Right.SET_TARGETS):
            del self.fields["reason"]
        self.chosen = self._chosen()
        if self.chosen is not None:
            self._ask_only_what_fits(self.chosen)

    def _chosen(self) -> Indicator | None:
        code = self.data.get("indicator") if self.is_bound else self.initial.get("indicator")
        return self.indicators.filter(code=code).first() if code else None

    def _ask_only_what_fits(self, indicator: Indicator) -> None:
        ranged = indicator.direction == Direction.RANGE
        for name in ("value",) if ranged else ("low", "high"):
            del self.fields[name]
        for name in ("low", "high") if ranged else ("value",):
            field = self.fields[name]
            field.required = True
            field.help_text = unit_hint(indicator)
            field.unit = indicator.unit  # type: ignore[attr-defined]  # a NumberField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The target ends before it starts."))
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and high < low:
            self.add_error("high", _("The upper bound is below the lower one."))
        return data

    def where(self) -> dict[str, str]:
        code, colon, value = str(self.cleaned_data["segment"]).partition(":")
        return {code: value} if colon else {}

    def asked(self) -> dict[str, Any]:
        """The arguments of ``set_target`` but for who and when; only once valid."""
        data = self.cleaned_data
        return {
            "indicator": data["indicator"].code,
            "start": data["start"],
            "end": data["end"],
            "where": self.where(),
            **{name: data.get(name) for name in ("value", "low", "high")},
        }

    def fingerprint(self) -> str:
        """The same for two forms that ask the same."""
        return "|".join(str(part) for part in self.asked().values())


class YearForm(forms.Form):
    """Which fiscal year of targets, and which group of indicators."""

    year = forms.TypedChoiceField(label=_("Fiscal year"), coerce=int)
    group = forms.ChoiceField(label=_("Group"), required=False)

    def __init__(self, *, initial: Mapping[str, Any], rules: CalendarRules) -> None:
        super().__init__(initial=dict(initial))
        shown, first = initial["year"], rules.fiscal_year_start
        years = range(shown - 3, shown + 4)
        self.fields["year"].choices = [(year, fiscal_year_name(year, first)) for year in years]  # type: ignore[attr-defined]  # a ChoiceField
        groups = [(code, word) for code, word in GROUPS.items() if code]
        self.fields["group"].choices = [("", pgettext("groups of indicators", "All")), *groups]  # type: ignore[attr-defined]  # a ChoiceField


def fiscal_year_name(year: int, first_month: int) -> str:
    """``2026``, or ``2026-2027`` where it begins in another month than January."""
    return str(year) if first_month == 1 else f"{year}-{year + 1}"


class FillForm(forms.Form):
    """Cells filled from last year and so many percent: of all indicators of a sheet or of one."""

    growth = NumberField(
        label=_("Last year, plus (%)"), unit="ratio", min_value=-1, max_value=100, decimal_places=6
    )
    which = forms.ChoiceField(
        label=_("Cells"), choices=[("empty", _("Empty cells only")), ("all", _("All cells"))], initial="empty"
    )
    row = forms.ChoiceField(label=_("Indicator"), required=False)

    def __init__(self, data: Any = None, *, indicators: Iterable[Indicator]) -> None:
        super().__init__(data, auto_id="fill_%s", use_required_attribute=False)
        rows = [(str(indicator.pk), indicator.name) for indicator in indicators]
        self.fields["row"].choices = [("", pgettext("indicators", "All")), *rows]  # type: ignore[attr-defined]  # a ChoiceField


def asked_again(target: Target | TargetProposal) -> str:
    """The query that fills the form with this target, to set its next version or to propose it again."""
    values = target.segment.values
    scope = [f"{name}:{value}" for name, value in values.items()] if len(values) == 1 else []
    asked = {
        "indicator": target.indicator.code,
        "segment": "".join(scope) or WHOLE,
        "start": target.start.isoformat(),
        "end": target.end.isoformat(),
    }
    return urlencode(asked)


def unit_hint(indicator: Indicator) -> str:
    """In which unit a target is typed: a ratio in percent."""
    if indicator.unit == Unit.RATIO:
        return gettext("In percent: 12.5 means %(percent)s.") % {"percent": formats.percent(0.125)}
    if indicator.unit == Unit.MONEY:
        return gettext("In %(currency)s.") % {"currency": formats.currency_name()}
    return ""
