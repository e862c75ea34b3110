"""Rows somebody brings in: the file they came in, as it was read, what they would do, and what they did."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import has_right
from base.jobs.models import job_constraints
from intake.rows.kinds import kinds

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class RowsState(models.TextChoices):
    DRAFT = "draft", _("To confirm")
    DONE = "done", pgettext_lazy("an import of rows", "Imported")
    DROPPED = "dropped", pgettext_lazy("an import of rows", "Abandoned")


class RowsImportQuerySet(models.QuerySet["RowsImport"]):
    def visible_to(self, user: "User | AnonymousUser") -> "RowsImportQuerySet":
        """One's own, and those of the others once done, of what one may bring in oneself."""
        mine = [kind for kind in kinds() if has_right(user, kind.right)]
        shared = Q(state=RowsState.DONE, kind__in=[kind.code for kind in mine if kind.shared])
        own = Q(by=user.pk, kind__in=[kind.code for kind in mine])
        return self.filter(own | shared) if mine else self.none()


class RowsImport(models.Model):
    """A file of rows. ``sheet`` and ``header`` (0-based row) say where they stand, ``columns`` is {code: 0-based
    column}.

    ``lines`` is what was shown of each row (``lines.py``), ``digest`` its fingerprint: what is confirmed is what was
    shown. ``said`` are stored sentences on the whole.
    """

    kind = models.CharField(_("kind"), max_length=50)
    filename = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("received"))
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RowsState, default=RowsState.DRAFT)
    sheet = models.PositiveSmallIntegerField(default=0)
    header = models.PositiveIntegerField(default=0)
    columns = models.JSONField(default=dict, blank=True)
    lines = models.JSONField(default=list, blank=True)
    said = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    rows_new = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_same = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)

    objects = RowsImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "sha256"], name="rows_import_by_content")]
        constraints = [
            *job_constraints("rows", RowsState.values, unfinished=["draft"]),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="rows_sha256_is_hex"),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(digest=""), name="rows_done_as_they_were_shown"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("rows_import", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == RowsState.DRAFT

    @property
    def rows_to_store(self) -> int:
        return self.rows_new + self.rows_changed


class StagedSheet(models.Model):
    """A sheet as it was read, kept until its rows are stored or given up: lists of cells (``cells.py``)."""

    run = models.ForeignKey(RowsImport, on_delete=models.CASCADE, related_name="sheets")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    is_hidden = models.BooleanField(default=False)
    rows = models.JSONField(default=list)
    hidden_rows = models.JSONField(default=list)  # 1-based numbers
    said = models.JSONField(default=list)  # stored sentences on this sheet
    delimiter = models.CharField(max_length=1, blank=True)  # of a delimited file

    class Meta:
        ordering = ["run", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="staged_sheet_once")]

    def __str__(self) -> str:
        return self.name


class RememberedColumns(models.Model):
    """What somebody said the columns of a kind of rows are: {plain heading: code, or blank for not used}."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=50)
    headings = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="remembered_columns_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {len(self.headings)}"
