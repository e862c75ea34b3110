"""The flagged deviations: the list with the filters of its page, and one of them."""

from typing import Any, Literal

import django_filters
from django.db.models import Prefetch
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from ninja import Field, Query, Schema

from accounts.access import Right
from accounts.models import Scope
from api.door import needs
from api.problems import unprocessable
from api.router import router
from api.shapes import Code, Day, Figure, Page, Paging, Segment, Text, page_of
from base.models import Company
from kpis.catalogue import catalogue_for
from kpis.documents import deviation_document
from kpis.models import Deviation
from kpis.models.deviations import DeviationQuerySet
from kpis.pages.filters import DeviationFilter, indicators


class ByCode(DeviationFilter):
    """The filters of the page, with the code of an indicator in the place of its number."""

    indicator = django_filters.ModelChoiceFilter(queryset=indicators, to_field_name="code")


class DeviationsAsked(Paging):
    state: Literal["open", "snoozed", "closed", "all"] = Field(
        "open", description=said("Open ones unless said.")
    )
    indicator: Code | None = Field(
        None, description=said("The code of the indicator."), examples=["net_revenue"]
    )
    grain: Literal["day", "week", "month"] | None = Field(
        None, description=said("Only periods of this length.")
    )
    severity: Literal["high", "medium", "low"] | None = Field(
        None, description=said("Only those this severe.")
    )
    owner: Literal["mine", "nobody"] | None = Field(
        None, description=said("mine: given to the owner of the token; nobody: given to nobody.")
    )
    rule: Text | None = Field(None, max_length=30, description=said("Only those flagged by this rule."))
    direction: Literal["worse", "better", "above", "below"] | None = Field(
        None, description=said("worse or better for the indicator; above or below its reference.")
    )
    as_of: Day | None = Field(
        None, description=said("As the historical view of that day saw them; live unless said.")
    )


class Companion(Schema):
    id: int
    indicator: str
    segment: Segment
    grain: str


class DeviationOut(Schema):
    id: int
    indicator: str
    segment: Segment
    grain: str
    start: Day
    end: Day
    rule: str
    state: str
    severity: str
    value: Figure | None
    reference: Figure | None
    gap: Figure | None
    gap_relative: Figure | None = Field(description=said("Relative: 0.05 is +5 %."))
    money: Figure | None = Field(
        description=said("What is at stake, in the currency of the company; null without a path to money.")
    )
    currency: str
    diagnosis: dict[str, Any] = Field(
        description=said("What the night can say of it: the orders that weigh most, the numbers of the rule.")
    )
    part_of: int | None = Field(description=said("The deviation that leads its incident."))
    companions: list[Companion] = Field(description=said("The others of the incident it leads."))


class Deviations(Page):
    deviations: list[DeviationOut]


@router.get(
    "/deviations",
    response=Deviations,
    url_name="api_deviations",
    summary=said("The deviations, most money at stake first"),
)
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def deviations(request: HttpRequest, asked: Query[DeviationsAsked]) -> dict[str, Any]:
    given = QueryDict(mutable=True)
    given.update(asked.model_dump(mode="json", exclude_none=True, exclude={"page", "per_page"}))
    filters = ByCode(given, queryset=_visible(request).ranked(), request=request)
    if not filters.form.is_valid():
        errors = [
            {"where": f"query.{name}", "detail": " ".join(map(str, told))}
            for name, told in filters.form.errors.items()
        ]
        raise unprocessable(_("There is nothing of this kind to filter by."), errors)
    return page_of(request, asked, "deviations", filters.qs, _documents(request))


@router.get(
    "/deviations/{int:pk}", response=DeviationOut, url_name="api_deviation", summary=said("One deviation")
)
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def deviation(request: HttpRequest, pk: int) -> dict[str, Any]:
    found: dict[str, Any] = _documents(request)(get_object_or_404(_visible(request), pk=pk))
    return found


def _visible(request: HttpRequest) -> DeviationQuerySet:
    seen = Deviation.objects.visible_to(request.user)
    companions = Prefetch("companions", queryset=seen.select_related("indicator", "segment"))
    return seen.select_related("indicator", "segment", "part_of__indicator").prefetch_related(companions)


def _documents(request: HttpRequest) -> Any:
    """What makes a document of an episode; a lead that is closed to the reader is not named."""
    currency, open_to_reader = Company.current().currency, catalogue_for(request.user).indicators

    def document(found: Deviation) -> dict[str, Any]:
        lead = found.part_of
        known = lead is not None and lead.indicator.code in open_to_reader
        return deviation_document(found) | {
            "currency": currency,
            "part_of": found.part_of_id if known else None,
        }

    return document
