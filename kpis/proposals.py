"""Targets that somebody proposes: they count once another person, who may set targets, agrees."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import Right, people_with
from accounts.models import User
from base.components import Verdict
from base.notify.tell import tell
from base.workflow.actions import begun_together
from base.workflow.transitions import Transition, Workflow
from kpis import notifications as told
from kpis.catalogue import load_catalogue
from kpis.models import TargetProposal
from kpis.models.proposals import AGREED
from kpis.segments import segment
from kpis.targets import TargetError, cell_of, check_target, set_target

PROPOSED, RETURNED, WITHDRAWN = "proposed", "returned", "withdrawn"


def _set(proposal: TargetProposal, by: User, at: datetime) -> None:
    """The target is that of whoever agreed; its proposal says who asked for it."""
    try:
        proposal.target = set_target(
            indicator=proposal.indicator.code,
            start=proposal.start,
            end=proposal.end,
            value=proposal.value,
            low=proposal.low,
            high=proposal.high,
            where=proposal.segment.values,
            at=at,
            by=by,
        )
    except TargetError as error:
        raise ValidationError(str(error)) from error
    _answer(proposal, by, at)


def _answer(proposal: TargetProposal, by: User, at: datetime) -> None:
    key = f"target_proposal:{proposal.pk}:{proposal.state}"
    tell(told.DECIDED, [proposal.begun_by], key=key, at=at, about=proposal, name=str(by))


FLOW = Workflow(
    states={
        PROPOSED: Verdict("info", "hourglass", pgettext_lazy("a target", "Proposed")),
        AGREED: Verdict("good", "circle-check", pgettext_lazy("a target", "Agreed")),
        RETURNED: Verdict("warn", "undo-2", pgettext_lazy("a target", "Returned")),
        WITHDRAWN: Verdict("neutral", "circle-minus", pgettext_lazy("a target", "Withdrawn")),
    },
    begun=pgettext_lazy("a target", "Proposed"),
    transitions=(
        Transition(
            "agree",
            _("Agree and set the target"),
            pgettext_lazy("a target", "Agreed"),
            frozenset({PROPOSED}),
            AGREED,
            right=Right.SET_TARGETS,
            two_people=True,
            then=_set,
            tone="primary",
        ),
        Transition(
            "return",
            _("Return it, saying why"),
            pgettext_lazy("a target", "Returned"),
            frozenset({PROPOSED}),
            RETURNED,
            right=Right.SET_TARGETS,
            two_people=True,
            reason=True,
            then=_answer,
        ),
        Transition(
            "withdraw",
            _("Withdraw"),
            pgettext_lazy("a target", "Withdrawn"),
            frozenset({PROPOSED, RETURNED}),
            WITHDRAWN,
            own=True,
        ),
    ),
)


@transaction.atomic
def propose_target(  # noqa: PLR0913  # those of set_target, and a reason
    *,
    indicator: str,
    start: date,
    end: date,
    at: datetime,
    by: User,
    value: Decimal | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
    where: dict[str, str] | None = None,
    reason: str = "",
) -> TargetProposal:
    """Keep a target for somebody else to agree to; the same one of theirs that waits already stands. Raises TargetError
    as ``set_target`` does.
    """
    figures: dict[str, Any] = {"value": value, "low": low, "high": high}
    where = where or {}
    found = check_target(load_catalogue(), indicator, start, end, where, figures)
    proposal = TargetProposal(indicator=found, segment=segment(where), start=start, end=end, **figures)
    return keep_proposals(proposals=[proposal], by=by, at=at, reason=reason)[0]


def keep_proposals(
    *, proposals: Sequence[TargetProposal], by: User, at: datetime, reason: str
) -> list[TargetProposal]:
    """Begin new proposals, checked by the caller; those of theirs that wait already stand. Who may agree is told once
    of them all.
    """
    waiting = {_asked(proposal): proposal for proposal in _waiting(proposals, by)}
    begin = [proposal for proposal in proposals if _asked(proposal) not in waiting]
    begun_together(FLOW, records=begin, by=by, at=at, reason=reason)
    _tell(begin, by, at)
    return [waiting.get(_asked(proposal), proposal) for proposal in proposals]


def _waiting(proposals: Sequence[TargetProposal], by: User) -> Iterable[TargetProposal]:
    same = {"indicator__in": {proposal.indicator_id for proposal in proposals}}
    return TargetProposal.objects.waiting().filter(begun_by=by, **same)


def _asked(proposal: TargetProposal) -> tuple[Any, ...]:
    return *cell_of(proposal), proposal.value, proposal.low, proposal.high


def _tell(proposals: Sequence[TargetProposal], by: User, at: datetime) -> None:
    others = people_with(Right.SET_TARGETS).exclude(pk=by.pk)
    if len(proposals) == 1:
        key = f"target_proposal:{proposals[0].pk}:proposed"
        tell(told.PROPOSED, others, key=key, at=at, about=proposals[0], name=str(by))
    elif proposals:
        key = f"target_proposal:{proposals[0].pk}:{proposals[-1].pk}:proposed"
        tell(told.SEVERAL_PROPOSED, others, key=key, at=at, name=str(by), count=len(proposals))
