"""The columns of a record in a workflow, and the trail of its steps."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.handling.models import OnAnObject

LONGEST_REASON = 1000


class WorkflowEvent(OnAnObject):
    """A step that somebody took, kept for good; who may see the record may see it."""

    step = models.CharField(max_length=20)
    source = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(_("reason"), max_length=LONGEST_REASON, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="workflow_of_object")]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"


class InWorkflow(models.Model):
    """A record that goes through states. ``revision`` counts its steps: who decides on an older one is told."""

    state = models.CharField(_("state"), max_length=16)
    revision = models.PositiveIntegerField(default=0)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    begun_at = models.DateTimeField()
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    moved_at = models.DateTimeField(null=True)
    trail = GenericRelation(WorkflowEvent)

    class Meta:
        abstract = True
