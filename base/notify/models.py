"""What was told to whom, the letters made of it, and how each person wants to be told."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.jobs.models import Attempted, job_constraints
from base.notify import kinds

if TYPE_CHECKING:
    from accounts.models import User


class Frequency(models.TextChoices):
    """How often somebody is written to of a kind; in the app they are always told at once."""

    NOW = "now", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    NEVER = "never", _("Never by e-mail")


class LetterState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", pgettext_lazy("a letter", "sent")
    DROPPED = "dropped", _("nothing left to say")
    FAILED = "failed", _("given up")


class Letter(Attempted):
    """One e-mail to one person. ``message_id`` is the same however often it is tried: who got it twice sees it once."""

    OPEN = (LetterState.WAITING,)
    LOCK = 0x5649_0006
    MOST_ATTEMPTS = 12  # with the pauses between them, about two days

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="letters")
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=LetterState, default=LetterState.WAITING)
    try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["try_at"], condition=models.Q(state="waiting"), name="letter_waiting")
        ]
        constraints = [
            *job_constraints("letter", LetterState.values),
            models.CheckConstraint(
                condition=models.Q(state="waiting", ended_at=None)
                | (~models.Q(state="waiting") & models.Q(ended_at__isnull=False)),
                name="letter_ended_with_time",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: "User | Any") -> "NotificationQuerySet":
        """One's own, of kinds one has the right to and about objects one may see, as things stand now."""
        told = self.model._base_manager.filter(user_id=user.pk)
        return self.filter(kinds.open_to(user, told), user_id=user.pk)

    def unread_count(self, user: "User | Any") -> int:
        """How many one has not read and may: asked on every page, so of the objects only where there are some."""
        found = self.filter(user_id=user.pk).unread().order_by()
        told = found.values_list("content_type", "kind").annotate(n=models.Count("pk"))
        types = {content_type for content_type, _kind, _n in told}
        if types <= {None}:
            known = {"", *(kind.code for kind in kinds.kinds_for(user))}
            return sum(n for _content_type, kind, n in told if kind in known)
        return found.filter(kinds.open_to(user, found, types=types)).count()

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def with_objects(self) -> "NotificationQuerySet":
        """With what each is about: one query a model."""
        return self.prefetch_related(GenericPrefetch("about", kinds.rows_told_of()))


class Notification(models.Model):
    """A sentence told to one person; ``key`` makes telling the same thing twice impossible.

    Of a ``kind``, its words are found when it is read; without one, or from before there were kinds, it is ``plain``.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=50, blank=True)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True)
    object_id = models.BigIntegerField(null=True)
    about = GenericForeignKey("content_type", "object_id")
    values = models.JSONField(default=dict)
    plain = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # When it is to go into a letter; null when it is in one, or shall be in none.
    mail_at = models.DateTimeField(null=True, blank=True)
    letter = models.ForeignKey(Letter, on_delete=models.SET_NULL, null=True, related_name="notifications")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notification_told_once"),
            models.CheckConstraint(
                condition=models.Q(content_type=None, object_id=None)
                | models.Q(content_type__isnull=False, object_id__isnull=False),
                name="notification_about_a_whole_object",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notification_unread"),
            models.Index(
                fields=["mail_at"], condition=models.Q(mail_at__isnull=False), name="notification_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """What it says, in the language of whom it is told to."""
        if self.plain or (self.object_id is not None and self.about is None):
            return self.plain
        with translation.override(self.user.language):
            return kinds.sentence_of(self.kind, self.about, self.values)


class NotificationPreferences(models.Model):
    """How somebody wants to be written to: by kind how often, and the hours in which nothing is sent at once."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    frequencies = models.JSONField(default=dict)
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_to = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_to=None)
                | (
                    models.Q(quiet_from__isnull=False, quiet_to__isnull=False)
                    & models.Q(quiet_from__range=(0, 23), quiet_to__range=(0, 23))
                    & ~models.Q(quiet_from=models.F("quiet_to"))
                ),
                name="quiet_hours_are_two_hours_of_a_day",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

    def quiet(self) -> tuple[int, int] | None:
        return None if self.quiet_from is None or self.quiet_to is None else (self.quiet_from, self.quiet_to)
