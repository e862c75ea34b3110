"""How somebody wants to be written to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from base.notify.kinds import kinds_for
from base.notify.models import Frequency, Notification, NotificationPreferences
from base.notify.schedule import USUAL_QUIET
from base.notify.tell import mail_time_of

PREFIX = "kind-"


def _hours() -> list[tuple[Any, str]]:
    return [("", gettext("No quiet hours")), *((hour, f"{hour:02d}:00") for hour in range(24))]


class PreferencesForm(forms.Form):
    """A choice for each kind this person may be told, and the hours without letters."""

    quiet_from = forms.TypedChoiceField(
        label=_("No e-mail from"), choices=_hours, coerce=int, empty_value=None, required=False
    )
    quiet_to = forms.TypedChoiceField(
        label=_("No e-mail until"), choices=_hours, coerce=int, empty_value=None, required=False,
        help_text=_("What comes in these hours is sent when they are over."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, person: User) -> None:
        super().__init__(data)
        self.person, self.kinds = person, kinds_for(person)
        self.row = NotificationPreferences.objects.filter(user=person).first() or _usual(person)
        for kind in self.kinds:
            chosen = self.row.frequencies.get(kind.code, kind.usual)
            self.fields[PREFIX + kind.code] = forms.ChoiceField(
                label=str(kind.label), choices=Frequency.choices, initial=chosen
            )
        self.initial = {"quiet_from": self.row.quiet_from, "quiet_to": self.row.quiet_to}
        self.order_fields([PREFIX + kind.code for kind in self.kinds])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hours = [data.get("quiet_from"), data.get("quiet_to")]
        if hours.count(None) == 1:
            raise ValidationError(_("Choose both hours, or neither."))
        if hours[0] is not None and hours[0] == hours[1]:
            raise ValidationError(_("Choose two different hours."))
        return data

    @transaction.atomic
    def save(self) -> None:
        """Keep what was chosen; what waits for a letter follows it."""
        chosen = {kind.code: self.cleaned_data[PREFIX + kind.code] for kind in self.kinds}
        self.row.frequencies = {**self.row.frequencies, **chosen}
        self.row.quiet_from, self.row.quiet_to = (
            self.cleaned_data["quiet_from"],
            self.cleaned_data["quiet_to"],
        )
        NotificationPreferences.objects.update_or_create(
            user=self.person,
            defaults={name: getattr(self.row, name) for name in ("frequencies", "quiet_from", "quiet_to")},
        )
        by_code = {kind.code: kind for kind in self.kinds}
        waiting = Notification.objects.filter(user=self.person, kind__in=by_code, mail_at__isnull=False)
        notes = list(waiting.select_for_update())
        for note in notes:
            note.mail_at = mail_time_of(by_code[note.kind], self.row, note.created_at)
        Notification.objects.bulk_update(notes, ["mail_at"])


def _usual(person: User) -> NotificationPreferences:
    start, end = USUAL_QUIET
    return NotificationPreferences(user=person, quiet_from=start, quiet_to=end)
