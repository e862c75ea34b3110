"""A file beside an object. Once removed its content is gone; that it was there stays."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.attachments.types import TYPES
from base.handling.models import OnAnObject


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def there(self) -> "AttachmentQuerySet":
        """Those not removed, without their content: whoever downloads one asks for it."""
        return self.filter(removed_at=None).defer("content")


class Attachment(OnAnObject):
    """``kind`` is its type (``types.py``). In the database, so that a backup holds it and a purge of files does not."""

    name = models.CharField(_("name"), max_length=130)
    kind = models.CharField(max_length=4)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(default=b"")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="attachment_of_object")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="attachment_sha256_is_hex"
            ),
            models.CheckConstraint(condition=Q(kind__in=TYPES), name="attachment_kind_is_known"),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(content=b""), name="attachment_removed_has_no_content"
            ),
            models.UniqueConstraint(
                fields=["content_type", "object_id", "sha256"],
                condition=Q(removed_at=None),
                name="attachment_once_on_an_object",
            ),
        ]

    def __str__(self) -> str:
        return self.name
