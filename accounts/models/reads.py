"""Who read whose confidential records: written once, never changed, dropped when its time is over."""

from datetime import date
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User

KEPT_AT_LEAST = 180  # days: the database refuses to delete a younger row


class Channel(models.TextChoices):
    PAGE = "page", _("Page")
    EXPORT = "export", _("File")
    API = "api", _("Program")


class RecordReadQuerySet(models.QuerySet["RecordRead"]):
    def visible_to(self, user: Any, *, as_of: date | None = None) -> "RecordReadQuerySet":
        """Reads of one's own records, and, for human resources, of those of the people they look after."""
        from accounts.relations import Relation, related  # it reads the models beside this one

        day = as_of or timezone.localdate()
        return self.filter(related(user, Relation.OWN, Relation.HR, path="person", as_of=day))


def _survives(label: Any) -> Any:
    """To a person who may be erased later: the row stays."""
    return models.ForeignKey(
        User,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=label,
    )


class RecordRead(models.Model):
    """``reader`` read a record about ``person``; ``what`` is a code of ``accounts.reads.KINDS``."""

    at = models.DateTimeField(_("read"))
    reader = _survives(_("reader"))
    person = _survives(_("person concerned"))
    what = models.CharField(_("what was read"), max_length=50)
    channel = models.CharField(_("by"), max_length=10, choices=Channel)

    objects = RecordReadQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["person", "-at"], name="record_read_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="record_read_channel_is_known"
            ),
            models.CheckConstraint(condition=~Q(what=""), name="record_read_says_what"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Protect(
                name="kept_its_time",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition(f"OLD.at > NOW() - INTERVAL '{KEPT_AT_LEAST} days'"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader} · {self.what} · {self.person}"
