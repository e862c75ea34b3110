"""What several floors share: the company and its calendar, comments and notifications."""

from typing import TYPE_CHECKING, Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.calendar import CalendarRules
from base.events import EVENT_NAMES
from base.handling.models import Act, Comment, Handled, HandlingEvent

if TYPE_CHECKING:
    from accounts.models import User

__all__ = [
    "Act",
    "CalendarEvent",
    "Comment",
    "Company",
    "Handled",
    "HandlingEvent",
    "Notification",
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


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: "User | Any") -> "NotificationQuerySet":
        return self.filter(user_id=user.pk)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    """A sentence told to one person; ``key`` makes telling the same thing twice impossible."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=200)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_told_once")]
        indexes = [
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notification_unread")
        ]

    def __str__(self) -> str:
        return self.text
