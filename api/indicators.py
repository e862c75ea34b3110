"""The catalogue: which indicators there are, and what each means."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as said
from ninja import Field, Query, Schema

from accounts.access import Right
from accounts.models import Scope
from api.door import needs
from api.router import router
from api.shapes import Figure, Page, Paging, page_of
from base.models import Company
from kpis.catalogue import catalogue_for
from kpis.models import Indicator, Unit


class Thresholds(Schema):
    amber: Figure | None = Field(description=said("Slightly off from this relative gap to the target on."))
    red: Figure | None = Field(description=said("Off target from this relative gap on."))


class Names(Schema):
    fr: str
    en: str


class IndicatorOut(Schema):
    code: str
    name: Names
    definition: Names
    formula: str = Field(description=said("The measures and other indicators it is computed from."))
    unit: str = Field(description=said("money, count, ratio, duration or score."))
    currency: str | None = Field(description=said("Of an indicator in money; null of any other."))
    direction: str = Field(description=said("up: more is better; down: less is; range: within bounds."))
    decimals: int = Field(description=said("How many decimals pages show."))
    group: str
    drivers: list[str] = Field(description=said("Codes of the indicators that move it."))
    thresholds: Thresholds


class Indicators(Page):
    indicators: list[IndicatorOut]


@router.get("/indicators", response=Indicators, url_name="api_indicators", summary=said("The indicators"))
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def indicators(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    found = Indicator.objects.visible_to(request.user).order_by("position", "code")
    about = _About(request)
    return page_of(request, paging, "indicators", found, about.document)


@router.get(
    "/indicators/{slug:code}", response=IndicatorOut, url_name="api_indicator", summary=said("One indicator")
)
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def indicator(request: HttpRequest, code: str) -> dict[str, Any]:
    found = get_object_or_404(Indicator.objects.visible_to(request.user), code=code)
    return _About(request).document(found)


class _About:
    """What the documents of one answer share: the currency, and which drivers the reader may know of."""

    def __init__(self, request: HttpRequest) -> None:
        self.currency = Company.current().currency
        self.open = catalogue_for(request.user).indicators

    def document(self, found: Indicator) -> dict[str, Any]:
        return {
            "code": found.code,
            "name": {"fr": found.name_fr, "en": found.name_en},
            "definition": {"fr": found.definition_fr, "en": found.definition_en},
            "formula": found.formula,
            "unit": found.unit,
            "currency": self.currency if found.unit == Unit.MONEY else None,
            "direction": found.direction,
            "decimals": found.decimals,
            "group": found.group,
            "drivers": [code for code in found.drivers if code in self.open],
            "thresholds": {"amber": found.amber, "red": found.red},
        }
