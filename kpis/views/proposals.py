"""The targets that were proposed: their list, and one of them with what is in force, to agree to or return."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import Right, requires
from accounts.lists import list_page
from accounts.views.acting import actor
from base.workflow.views import Course, Refused, panel
from kpis.models import Target, TargetProposal
from kpis.models.proposals import TargetProposalQuerySet
from kpis.pages import words
from kpis.pages.filters import TargetProposalFilter
from kpis.pages.forms import asked_again
from kpis.pages.target_page import by_month
from kpis.pages.target_tables import TargetProposalTable, bounds_in_words
from kpis.proposals import FLOW
from kpis.targets import TargetError, phased


def _visible(request: HttpRequest) -> TargetProposalQuerySet:
    found = TargetProposal.objects.visible_to(request.user)
    return found.select_related("indicator", "segment", "begun_by", "moved_by", "target")


@requires(Right.PROPOSE_TARGETS)
@require_safe
def target_proposal_list(request: HttpRequest) -> HttpResponse:
    """Latest first: those that wait for somebody to agree, and those decided on."""
    return list_page(
        request,
        "kpis/target_proposal_list.html",
        name="target_proposal_list",
        rows=_visible(request),
        filters=TargetProposalFilter,
        table=lambda found: TargetProposalTable(found, dimensions=words.dimension_names()),
    )


@requires(Right.PROPOSE_TARGETS)
@require_safe
def target_proposal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(_visible(request), pk=pk), {})


def _page(request: HttpRequest, proposal: TargetProposal, refused: Refused) -> HttpResponse:
    """The page; ``refused`` says why a decision was not taken, with what was typed."""
    context: dict[str, Any] = {
        "proposal": proposal,
        "bounds": bounds_in_words(proposal),
        "segment": words.segment_in_words(proposal.segment.values, words.dimension_names()),
        "in_force": _in_force(request, proposal),
        "months": _months(proposal),
        "again": _again(request, proposal),
        **panel(COURSE, request, proposal, refused),
    }
    return render(request, "kpis/target_proposal_detail.html", context)


def _in_force(request: HttpRequest, proposal: TargetProposal) -> str:
    """The target that agreeing would replace, in words; empty where there is none."""
    now = (
        Target.objects.visible_to(request.user)
        .live()
        .select_related("indicator")
        .filter(
            indicator=proposal.indicator, segment=proposal.segment, start=proposal.start, end=proposal.end
        )
        .first()
    )
    return bounds_in_words(now) if now else ""


def _months(proposal: TargetProposal) -> list[Any]:
    if proposal.value is None or proposal.target is not None:
        return []
    where = {name: value for name, value in proposal.segment.values.items() if value is not None}
    about: dict[str, Any] = {
        "indicator": proposal.indicator.code,
        "start": proposal.start,
        "end": proposal.end,
    }
    try:
        return by_month(phased(**about, value=proposal.value, where=where))
    except TargetError:
        return []


def _again(request: HttpRequest, proposal: TargetProposal) -> str:
    """The query that fills the form with a returned proposal, for who made it."""
    if proposal.state != "returned" or proposal.begun_by_id != actor(request).pk:
        return ""
    return asked_again(proposal)


COURSE = Course(TargetProposal, FLOW, "target_proposal", Right.PROPOSE_TARGETS, page=_page)
