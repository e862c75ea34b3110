"""The columns of a job, of what is done in one go, and of a step; each room keeps them in tables of its own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import BaseConstraint, CheckConstraint, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.sentences import Sentence, Value, in_words, keep

Row = TypeVar("Row", bound=models.Model)


class Attempted(models.Model):
    """A row that one process at a time works on: from its start, whatever an earlier attempt left.

    In the states ``OPEN`` there is something to do. ``attempts`` counts the times work began, those that ended their
    worker included. ``LOCK`` is the class of its advisory locks, unlike that of any other model.
    """

    LOCK: ClassVar[int]
    OPEN: ClassVar[tuple[str, ...]]
    MOST_ATTEMPTS: ClassVar[int] = 5

    state = models.CharField(max_length=10)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)

    began: float | None = None  # by a clock that is never put back; of an attempt of this process

    class Meta:
        abstract = True


class JobQuerySet(models.QuerySet[Row]):
    def in_progress(self) -> Self:
        """Those that are not over."""
        return self.filter(state__in=self.model.OPEN)  # type: ignore[attr-defined]  # of a Job

    def pks_in_progress(self) -> list[int]:
        """The same by their keys, the oldest first: what a sweep asks for."""
        return list(self.in_progress().order_by("pk").values_list("pk", flat=True))


class Job(models.Model):
    """What takes a worker a while, with a log: a list of [ISO time, template, values].

    Done in one go, it is ``Attempted`` too; in several steps, it has a model of those, a ``JobStep``.
    """

    OPEN: ClassVar[tuple[str, ...]]

    state = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    log = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def in_progress(self) -> bool:
        return self.state in self.OPEN

    def note(self, template: str, **values: Value) -> None:
        """Add a line to the log; the caller saves."""
        self.log.append([timezone.now().isoformat(timespec="seconds"), *keep(Sentence(template, values))])

    def log_in_words(self, but: Collection[str] = ()) -> list[tuple[datetime, str]]:
        """Its lines in the active language, without those of the templates named."""
        return [
            (datetime.fromisoformat(at), in_words([template, values]))
            for at, template, values in self.log
            if template not in but
        ]


class StepState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class JobStep(Attempted):
    """A part of a job that is done in one transaction.

    Those of one ``position`` are done in any order by any worker, once all before them are done or failed. A room adds
    ``run``, the job, with ``related_name="steps"``. ``error`` is a msgid: what readers are told.
    """

    OPEN = (StepState.WAITING,)

    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    error = models.TextField(blank=True)
    seconds = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


def job_constraints(
    prefix: str, states: Sequence[str], unfinished: Sequence[str] = ()
) -> list[BaseConstraint]:
    """What the database holds of states: they are known and, where the ``unfinished`` ones are named, those have no
    ``finished_at`` and all others have one.
    """
    held: list[BaseConstraint] = [
        CheckConstraint(condition=Q(state__in=states), name=f"{prefix}_state_is_known")
    ]
    if unfinished:
        timed = Q(state__in=unfinished, finished_at=None) | (
            ~Q(state__in=unfinished) & Q(finished_at__isnull=False)
        )
        held.append(CheckConstraint(condition=timed, name=f"{prefix}_finished_when_over"))
    return held
