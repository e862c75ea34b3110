"""The record of each file that came in: what it was, how it was read, what became of it."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.access import Right, has_right
from base.jobs.models import Attempted, Job, JobQuerySet, job_constraints
from base.sentences import in_words
from intake.rights import visible_runs
from intake.rows.models import RememberedColumns, RowsImport, StagedSheet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

__all__ = [
    "FAULT",
    "FIRST_REJECTS",
    "IN_PROGRESS",
    "STORED",
    "Found",
    "ImportReject",
    "ImportRun",
    "ImportRunQuerySet",
    "Purge",
    "RememberedColumns",
    "RowsImport",
    "StagedSheet",
    "State",
]


class State(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    READING = "reading", _("Reading")
    STORING = "storing", _("Storing")
    DONE = "done", _("Imported")
    REFUSED = "refused", _("Refused")
    UNCHANGED = "unchanged", _("Unchanged")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")


IN_PROGRESS = (State.QUEUED, State.READING, State.STORING)
STORED = (State.DONE, State.UNCHANGED, State.UNDONE)  # its kind took the file
FAULT = "%(trace)s"  # template of the line of a log that holds a traceback
FIRST_REJECTS = 100


class ImportRunQuerySet(JobQuerySet["ImportRun"]):
    def visible_to(self, user: "User | AnonymousUser") -> "ImportRunQuerySet":
        """What each kind lets its readers and its importers see (``intake/rights.py``)."""
        return self.filter(visible_runs(user, stored=Q(state__in=STORED)))

    def live(self) -> "ImportRunQuerySet":
        return self.filter(state=State.DONE)


class ImportRun(Job, Attempted):
    """One file given to be imported. ``mapping`` is {source column: field code}, as found or as asked in
    ``asked``.

    ``dialect``: encoding, delimiter, decimal, date_format, … as read. ``message`` and each of ``warnings``
    are stored sentences (see ``base/sentences.py``). ``totals`` is {measure: decimal as text}. ``seconds`` is
    {phase: seconds}.
    """

    OPEN = IN_PROGRESS
    LOCK = 0x5649_0001

    filename = models.CharField(_("file"), max_length=255)
    path = models.CharField(max_length=255, help_text="relative to MEDIA_ROOT")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(_("size"))
    kind = models.CharField(_("kind"), max_length=50, default="auto")
    source = models.CharField(_("source"), max_length=100, blank=True)
    asked = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(_("columns"), default=dict, blank=True)
    dialect = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_accepted = models.BigIntegerField(_("rows accepted"), default=0)
    rows_rejected = models.BigIntegerField(_("rows rejected"), default=0)
    bytes_read = models.BigIntegerField(default=0)
    warnings = models.JSONField(default=list, blank=True)
    message = models.JSONField(default=list, blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    totals = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    seconds = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("received"), auto_now_add=True)
    # The last day its file and its rejected rows as they came are kept; null for good, or not said yet.
    kept_until = models.DateField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["sha256"], condition=Q(state="done"), name="import_live_by_content"),
            models.Index(fields=["id"], condition=Q(state__in=IN_PROGRESS), name="import_in_progress"),
            models.Index(fields=["kept_until"], condition=Q(purged_at=None), name="import_file_kept_until"),
            models.Index(fields=["kind", "id"], name="import_by_kind"),  # counted by who may see which kind
        ]
        constraints = [
            *job_constraints("import", State.values, unfinished=IN_PROGRESS),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="import_sha256_is_hex"),
            models.CheckConstraint(
                condition=Q(size__gte=0, bytes_read__gte=0), name="import_sizes_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(rows_read=F("rows_accepted") + F("rows_rejected"))
                & Q(rows_accepted__gte=0, rows_rejected__gte=0),
                name="import_rows_add_up",
            ),
            models.CheckConstraint(
                condition=Q(period_start=None, period_end=None)
                | Q(period_start__isnull=False, period_end__isnull=False, period_end__gte=F("period_start")),
                name="import_period_in_order",
            ),
            models.CheckConstraint(
                condition=Q(purged_at=None) | Q(finished_at__isnull=False), name="import_purged_when_over"
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_at=None)),
                name="import_undone_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("import_detail", args=[self.pk])

    @property
    def stage(self) -> str:
        """The staging table of this run."""
        return f"intake_stage_{self.pk}"

    @property
    def is_stored(self) -> bool:
        return self.state in STORED

    @property
    def said(self) -> str:
        """The message in the active language."""
        return in_words(self.message)

    @property
    def said_warnings(self) -> list[str]:
        return [in_words(kept) for kept in self.warnings]

    @cached_property
    def first_rejects(self) -> "list[ImportReject]":
        return list(self.rejects.all()[:FIRST_REJECTS])


class ImportReject(models.Model):
    """A row that was not taken, by the physical line of the file it starts on."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField(_("line"))
    reason = models.TextField(help_text="template of the sentence")
    values = models.JSONField(default=dict, blank=True)
    raw = models.TextField(_("as in the file"), blank=True)

    class Meta:
        ordering = ["run", "line", "id"]
        indexes = [models.Index(fields=["run", "line"], name="reject_by_run_and_line")]
        constraints = [models.CheckConstraint(condition=Q(line__gte=1), name="reject_line_counts_from_one")]

    def __str__(self) -> str:
        return f"{self.line}: {self.said}"

    @property
    def said(self) -> str:
        """The reason in the active language."""
        kept: list[Any] = [self.reason, self.values]
        return in_words(kept)

    @property
    def said_without_values(self) -> str:
        """The reason without what the file wrote; counts and the names of columns stay."""
        kept = {
            name: "…" if isinstance(value, str) and name != "column" else value
            for name, value in self.values.items()
        }
        return in_words([self.reason, kept])


class Found(models.TextChoices):
    """What a purge found of a file."""

    THERE = "there", _("Removed")
    SHARED = "shared", _("Kept for another import of the same file")
    GONE = "gone", _("Was not there any more")
    STRAY = "stray", _("Belonged to no import")


class PurgeQuerySet(models.QuerySet["Purge"]):
    def visible_to(self, user: "User | AnonymousUser") -> "PurgeQuerySet":
        return self if has_right(user, Right.MANAGE_SETTINGS) else self.none()


class Purge(models.Model):
    """The record of a file that was purged with its rejected rows: by which rule, and how much. ``days`` is that of the
    rule then; a stray file has no run, only its ``name`` on the disk.
    """

    run = models.OneToOneField(ImportRun, on_delete=models.CASCADE, null=True, related_name="purge")
    name = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(_("purged"))
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    days = models.PositiveIntegerField(_("days kept"), null=True)
    rows = models.PositiveBigIntegerField(_("rejected rows"), default=0)
    bytes = models.PositiveBigIntegerField(_("size"), default=0)
    found = models.CharField(_("what became of it"), max_length=10, choices=Found)

    objects = PurgeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(found__in=Found.values), name="purge_found_is_known"),
            models.CheckConstraint(
                condition=Q(found="stray", run=None) | (~Q(found="stray") & Q(run__isnull=False)),
                name="purge_is_of_a_run_or_stray",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id or self.name} {self.at:%Y-%m-%d}"
