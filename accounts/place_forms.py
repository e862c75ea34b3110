"""The forms of where people work besides, who stands in, what human resources look after, and leaving."""

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, people_with
from accounts.fields import LineField, day_field
from accounts.models import Department, Team, User


class PlaceForm(forms.Form):
    """Where a person works too, besides where they mainly do."""

    department = forms.ModelChoiceField(
        Department.objects.open(), label=_("Department"), required=False, empty_label=_("None")
    )
    team = forms.ModelChoiceField(
        Team.objects.open().select_related("department"),
        label=_("Team"),
        required=False,
        empty_label=_("None"),
        help_text=_("A team brings its department with it."),
    )
    start = day_field(_("From"), initial=localdate)
    end = day_field(_("Until"), required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("department") and not given.get("team"):
            self.add_error("department", _("Choose a department or a team."))
        if given.get("end") and given.get("start") and given["end"] < given["start"]:
            self.add_error("end", _("The last day comes before the first one."))
        return given


class StandInForm(forms.Form):
    """Who stands in for a manager who is away, from when to when."""

    stand_in = forms.ModelChoiceField(User.objects.none(), label=_("Stand-in"))
    start = day_field(_("From"), initial=localdate)
    end = day_field(_("Until"), help_text=_("The last day."))
    reason = LineField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, person: User, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = people_with(Right.SEE_COLLEAGUES).exclude(pk__in=[person.pk, by.pk])
        self.fields["stand_in"].queryset = others  # type: ignore[attr-defined]  # a ModelChoiceField


class HRScopeForm(forms.Form):
    """The departments that somebody of human resources looks after."""

    departments = forms.ModelMultipleChoiceField(
        Department.objects.open(), label=_("Departments"), widget=forms.CheckboxSelectMultiple
    )
    start = day_field(_("From"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        today = localdate()
        scopes = person.hr_scopes.in_force(today)
        kwargs["initial"] = {"departments": [scope.department_id for scope in scopes], "start": today}
        super().__init__(*args, **kwargs)


class LeavingForm(forms.Form):
    last = day_field(_("Last day"), initial=localdate)
