"""Taking a step: once, by who may, on what they have seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import has_right
from accounts.models import User
from base import dates
from base.workflow.models import LONGEST_REASON, InWorkflow, WorkflowEvent
from base.workflow.transitions import Transition, Workflow

Record = TypeVar("Record", bound=InWorkflow)


def offered(flow: Workflow, record: InWorkflow, by: User) -> list[Transition]:
    """The steps this person may take now, in the order of the table."""
    return [step for step in flow.transitions if not why_not(flow, record, step, by)]


def why_not(flow: Workflow, record: InWorkflow, step: Transition, by: User) -> str:
    """Why this person cannot take this step now, in a sentence; empty when they can."""
    if record.state not in step.sources:
        return _("This was decided meanwhile: %(state)s.") % {"state": flow.states[record.state].word}
    if step.own and record.begun_by_id != by.pk:
        return _("Only %(name)s, who began it, can do this.") % {"name": record.begun_by}
    if step.right is not None and not has_right(by, step.right):
        return _("Your role does not decide this.")
    if step.two_people and record.begun_by_id == by.pk:
        return _("Somebody else decides on what you asked for.")
    return ""


@transaction.atomic
def take(
    flow: Workflow, *, record: Record, code: str, by: User, at: datetime, revision: int, reason: str = ""
) -> Record:
    """Take a step on the record as it was seen in ``revision``; answers it as it is now.

    ValidationError, and nothing changes, when somebody changed it meanwhile, when the step is not this person's to
    take, when it asks for a reason that is not given, and when what else it does refuses.
    """
    step, reason = flow.transition(code), reason.strip()
    row = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if row.revision != revision:
        raise ValidationError(_changed(flow, row))
    refused = why_not(flow, row, step, by) if step else _("There is no such step.")
    if step is None or refused:
        raise ValidationError(refused)
    if step.reason and not reason:
        raise ValidationError({"reason": _("Say why: it stays with the decision.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": _("At most %(most)d characters.") % {"most": LONGEST_REASON}})
    source, row.state, row.revision, row.moved_by, row.moved_at = row.state, step.target, revision + 1, by, at
    if step.then is not None:
        step.then(row, by, at)
    row.save()
    _event(row, code, source, by, at, reason).save()
    return row


def begun(flow: Workflow, *, record: Record, by: User, at: datetime, reason: str = "") -> Record:
    """Save a new record in the first of its states, with the first line of its trail."""
    begun_together(flow, records=[record], by=by, at=at, reason=reason)
    return record


@transaction.atomic
def begun_together(
    flow: Workflow, *, records: Sequence[InWorkflow], by: User, at: datetime, reason: str = ""
) -> None:
    """``begun`` for new records of one model; as many queries for one as for many."""
    for record in records:
        record.state, record.begun_by, record.begun_at = flow.first, by, at
    if records:
        type(records[0])._default_manager.bulk_create(records)
    WorkflowEvent.objects.bulk_create(_event(record, "begin", "", by, at, reason) for record in records)


def _event(record: InWorkflow, code: str, source: str, by: User, at: datetime, reason: str) -> WorkflowEvent:
    return WorkflowEvent(
        content_type=ContentType.objects.get_for_model(record),
        object_id=record.pk,
        step=code,
        source=source,
        state=record.state,
        by=by,
        at=at,
        reason=reason,
    )


def _changed(flow: Workflow, row: InWorkflow) -> str:
    if row.moved_by is None:  # nobody did anything since it began: no page asked this
        return _("There is no such step.")
    told = {"name": row.moved_by, "when": dates.moment(row.moved_at), "state": flow.states[row.state].word}
    return (
        _("Changed meanwhile by %(name)s, %(when)s: it is now “%(state)s”. What you typed is kept below.")
        % told
    )
