"""What several floors share: the company and its calendar, comments and notifications."""

from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.attachments.models import Attachment
from base.calendar import CalendarRules
from base.deadlines.models import CalendarFeed
from base.events import EVENT_NAMES
from base.handling.models import Act, Comment, Handled, HandlingEvent
from base.notify.models import Letter, Notification, NotificationPreferences
from base.workflow.models import InWorkflow, WorkflowEvent

__all__ = [
    "Act",
    "Attachment",
    "CalendarEvent",
    "CalendarFeed",
    "Comment",
    "Company",
    "Handled",
    "HandlingEvent",
    "InWorkflow",
    "Letter",
    "Notification",
    "NotificationPreferences",
    "WorkflowEvent",
]


def every_weekday() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


@pghistory.track(append_only=True)
class Company(models.Model):
    """The one company of this instance and the calendar all its figures follow."""

    SINGLETON: ClassVar[int] = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    name = models.CharField(_("company name"), max_length=150)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    country = models.CharField(_("country"), max_length=2, default="FR")
    timezone = models.CharField(_("time zone"), max_length=63, default="Europe/Paris")
    week_start = models.PositiveSmallIntegerField(
        _("first day of the week"), default=1, validators=[MinValueValidator(1), MaxValueValidator(7)]
    )
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    open_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=every_weekday, verbose_name=_("open days")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="company_is_one"),
            models.CheckConstraint(
                condition=models.Q(week_start__range=(1, 7)), name="company_week_start_is_a_weekday"
            ),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start__range=(1, 12)),
                name="company_fiscal_year_start_is_a_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Company":
        """The company of this instance, or an unsaved one with the defaults before the first start."""
        return cls.objects.first() or cls(name="")

    @property
    def rules(self) -> CalendarRules:
        return CalendarRules(
            week_start=self.week_start,
            fiscal_year_start=self.fiscal_year_start,
            open_weekdays=frozenset(self.open_weekdays),
        )


def event_kinds() -> list[tuple[str, Any]]:
    return list(EVENT_NAMES.items())


@pghistory.track(append_only=True)
class CalendarEvent(models.Model):
    """What the company decided of its calendar: an event or a closure of its own, or instead of the one of that code
    which law or habit starts on ``replaces``; without dates, that one is not held. ``base.events`` gives the defaults.
    """

    code = models.SlugField(_("kind of event"), choices=event_kinds)
    name = models.CharField(_("name"), max_length=100, blank=True)
    replaces = models.DateField(null=True, blank=True)
    start = models.DateField(_("first day"), null=True, blank=True)
    end = models.DateField(_("last day of an event"), null=True, blank=True)

    class Meta:
        ordering = ["start", "replaces", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start__isnull=False, end__isnull=False, end__gte=models.F("start"))
                | models.Q(start=None, end=None, replaces__isnull=False),
                name="event_ends_after_start_or_is_not_held",
            ),
            models.UniqueConstraint(fields=["code", "start"], name="event_code_unique_at_start"),
            models.UniqueConstraint(
                fields=["code", "replaces"],
                condition=models.Q(replaces__isnull=False),
                name="event_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(EVENT_NAMES.get(self.code, self.code))
