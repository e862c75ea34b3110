"""The columns of an object that people handle, what they did with it, and what they said of it."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class OnAnObject(models.Model):
    """A row about one object of any model; who may see the object may see it."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.BigIntegerField()
    target = GenericForeignKey("content_type", "object_id")

    class Meta:
        abstract = True


class Comment(OnAnObject):
    """A remark on any object; who may see the object may see its comments."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField(_("comment"), max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="comment_of_object")]

    def __str__(self) -> str:
        return self.text[:60]


class Act(models.TextChoices):
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    GIVEN = "given", _("Given to somebody")
    SNOOZED = "snoozed", _("Snoozed")
    WOKEN = "woken", _("Opened again")
    ATTACHED = "attached", _("File added")
    DETACHED = "detached", _("File removed")


class HandlingEvent(OnAnObject):
    """What somebody did with an object, kept for good: its history. ``by`` is null once that person is removed."""

    act = models.CharField(max_length=20, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    until = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="handling_of_object")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(act__in=Act.values), name="handling_event_act_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(act="snoozed") | (models.Q(until__isnull=False) & ~models.Q(reason="")),
                name="handling_event_snoozed_with_date_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d}"


class Handled(models.Model):
    """An object that somebody takes care of. Its manager has ``visible_to``."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_%(class)ss",
    )
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=300, blank=True)
    comments = GenericRelation(Comment)
    handling_events = GenericRelation(HandlingEvent)

    # What else changes in a row that is set aside, and in one that comes back: a room's own column of its state.
    SNOOZED: ClassVar[dict[str, Any]] = {}
    AWAKE: ClassVar[dict[str, Any]] = {}

    class Meta:
        abstract = True

    @property
    def can_be_handled(self) -> bool:
        """False of what is looked at and nothing more, whoever asks."""
        return True

    @property
    def is_over(self) -> bool:
        """True of what can no longer be set aside."""
        return False

    def hold(self) -> None:
        """Lock its row until the transaction ends: of two clicks, one comes after the other."""
        type(self)._default_manager.select_for_update(of=("self",)).get(pk=self.pk)

    def handled_with(self, reader: Any) -> models.QuerySet[Any]:
        """The rows that are handled as one with this, of those the reader may see; itself alone unless a room says
        more.
        """
        found: models.QuerySet[Any] = type(self)._default_manager.visible_to(reader)  # type: ignore[attr-defined]  # each room's
        return found.filter(pk=self.pk)
