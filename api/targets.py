"""The targets: those in force, and a new one, set or proposed as its page would."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from ninja import Field, Query, Schema, Status

from accounts.access import Right
from accounts.models import Scope
from accounts.views.acting import actor
from api.door import needs
from api.problems import unprocessable
from api.router import router
from api.shapes import (
    Code,
    Day,
    Figure,
    Given,
    Lines,
    Page,
    Paging,
    Segment,
    Text,
    described,
    page_of,
    written,
)
from base.models import Company
from base.workflow.models import LONGEST_REASON
from kpis.models import Segment as KnownSegment
from kpis.models import Target, TargetProposal, Unit
from kpis.segments import key_of
from kpis.target_changes import TargetChange, set_targets
from kpis.targets import Bounds, TargetError

IN_FORCE: dict[str, Q] = {"live": Q(replaced_at=None), "past": Q(replaced_at__isnull=False), "all": Q()}
GivenFigure = Annotated[Decimal, written(14, 6), described(14, 6)]


class TargetsAsked(Paging):
    state: Literal["live", "past", "all"] = Field(
        "live", description=said("live: in force; past: replaced or withdrawn.")
    )
    indicator: Code | None = Field(
        None, description=said("The code of the indicator."), examples=["net_revenue"]
    )


class TargetOut(Schema):
    id: int
    indicator: str
    segment: Segment
    start: Day
    end: Day
    value: Figure | None = Field(description=said("null where there are two bounds."))
    low: Figure | None
    high: Figure | None
    unit: str
    currency: str | None
    version: int = Field(description=said("How often this target was set."))
    state: Literal["live", "past"]


class Targets(Page):
    targets: list[TargetOut]


class TargetIn(Given):
    indicator: Code = Field(description=said("The code of the indicator."), examples=["net_revenue"])
    start: Day
    end: Day
    value: GivenFigure | None = Field(
        None, description=said("As text, so that it stays exact; a ratio is 0.125, not 12.5.")
    )
    low: GivenFigure | None = Field(
        None, description=said("With high, in the place of value: for an indicator kept within bounds.")
    )
    high: GivenFigure | None = Field(None, description=said("See low."))
    segment: dict[Code, Annotated[Text, Field(max_length=200)]] = Field(
        default_factory=dict,
        max_length=10,
        description=said("Values by dimension; the whole unless said."),
        json_schema_extra={"additionalProperties": False},  # no key but a code: left out by the library
    )
    reason: Lines = Field(
        "", max_length=LONGEST_REASON, description=said("Why, for whoever agrees to a proposal.")
    )


class TargetSet(Schema):
    target: int
    state: Literal["set"]


class TargetProposed(Schema):
    proposal: int
    state: Literal["proposed"] = Field(
        description=said("It counts once somebody who may set targets agrees on its page.")
    )
    page: str = Field(description=said("The address of its page, for people."))


@router.get("/targets", response=Targets, url_name="api_targets", summary=said("The targets"))
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def targets(request: HttpRequest, asked: Query[TargetsAsked]) -> dict[str, Any]:
    found = Target.objects.visible_to(request.user).filter(IN_FORCE[asked.state])
    if asked.indicator is not None:
        found = found.filter(indicator__code=asked.indicator)
    currency = Company.current().currency
    rows = found.select_related("indicator", "segment").order_by("-start", "indicator", "id")
    return page_of(request, asked, "targets", rows, lambda row: _document(row, currency))


@router.get("/targets/{int:pk}", response=TargetOut, url_name="api_target", summary=said("One target"))
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def target(request: HttpRequest, pk: int) -> dict[str, Any]:
    rows = Target.objects.visible_to(request.user).select_related("indicator", "segment")
    return _document(get_object_or_404(rows, pk=pk), Company.current().currency)


@router.post(
    "/targets",
    response={200: TargetSet, 201: TargetSet, 202: TargetProposed},
    url_name="api_targets",
    summary=said("Set a target, or propose it"),
    description=said(
        "201 where the owner of the token may set targets, 202 where they may only propose them, 200 where it stands"
        " so already: the same sent twice changes nothing the second time."
    ),
)
@needs(Right.PROPOSE_TARGETS, Scope.TARGETS_WRITE)
def target_new(request: HttpRequest, response: HttpResponse, given: TargetIn) -> Status[dict[str, Any]]:
    by = actor(request)
    if given.segment and not KnownSegment.objects.visible_to(by).filter(key=key_of(given.segment)).exists():
        raise unprocessable(_("No figure is known of this segment."))
    change = TargetChange(given.indicator, given.start, given.end, _bounds(given), where=given.segment)
    try:
        stored = set_targets(changes=[change], by=by, at=timezone.now(), reason=given.reason.strip())
    except TargetError as error:
        raise unprocessable(str(error)) from error
    (made,) = stored.records
    if isinstance(made, TargetProposal):
        return Status(202, _proposed(made))
    assert made is not None  # nothing is taken back here
    response["Location"] = reverse("api_target", args=[made.pk])
    return Status(201 if stored.set else 200, {"target": made.pk, "state": "set"})


def _proposed(proposal: TargetProposal) -> dict[str, Any]:
    page = reverse("target_proposal_detail", args=[proposal.pk])
    return {"proposal": proposal.pk, "state": "proposed", "page": page}


def _bounds(given: TargetIn) -> Bounds:
    """One value or two bounds; which of them the indicator takes, ``set_targets`` says."""
    if given.value is not None and given.low is None and given.high is None:
        return Bounds(given.value)
    if given.value is None and given.low is not None and given.high is not None:
        return Bounds(given.low, given.high)
    raise unprocessable(_("Give a value, or low and high in its place."))


def _document(found: Target, currency: str) -> dict[str, Any]:
    about = {name: getattr(found, name) for name in ("start", "end", "value", "low", "high", "version")}
    return {
        "id": found.pk,
        "indicator": found.indicator.code,
        "segment": found.segment.values,
        "unit": found.indicator.unit,
        "currency": currency if found.indicator.unit == Unit.MONEY else None,
        "state": "live" if found.replaced_at is None else "past",
        **about,
    }
