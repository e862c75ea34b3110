"""What people say when they give an object, set it aside or talk of it."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from base.attachments.types import LARGEST
from base.fields import day_field

A_YEAR = timedelta(days=366)


class AssignForm(forms.Form):
    """Who takes care of it, of the ``people`` who may; nobody is an answer."""

    owner = forms.TypedChoiceField(label=_("Owner"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in people}
        found: list[tuple[Any, str]] = [(pk, str(person)) for pk, person in self.people.items()]
        self.fields["owner"].choices = [("", gettext("Nobody")), *found]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_owner(self) -> User | None:
        pk = self.cleaned_data["owner"]
        return None if pk is None else self.people[pk]


class SnoozeForm(forms.Form):
    """Until when, and why. ``today`` is the day the reader lives in."""

    until = day_field(_("Until"))
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"until": today + timedelta(days=7)})
        self.today = today
        self.fields["until"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until <= self.today:
            raise ValidationError(_("Choose a day after today."))
        if until > self.today + A_YEAR:
            raise ValidationError(_("Choose a day within a year."))
        return until


class AttachForm(forms.Form):
    """A file to put beside it; what it is, ``base.attachments`` finds."""

    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(
            _("PDF, picture, office document or text, {most} MB at most."), most=LARGEST >> 20
        ),
        allow_empty_file=True,  # refused in words
    )


class CommentForm(forms.Form):
    """A remark; who is named in it after an @ is told. ``people`` are those who may see what it is about."""

    text = forms.CharField(
        label=_("Your comment"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("To tell somebody of it, write @ and their name."),
    )

    def __init__(self, data: Any = None, *, people: Iterable[User] = ()) -> None:
        super().__init__(data)
        self.people = list(people)
        self.fields["text"].widget.attrs["data-mentions"] = "\n".join(str(person) for person in self.people)
