"""The gaps of one indicator as the published night saw them: against its target, last year and what was expected."""

from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from ninja import Field, Query, Schema

from accounts.access import Right
from accounts.models import Scope
from api.door import needs
from api.problems import unprocessable
from api.router import router
from api.shapes import By, Code, Day, Figure, Page, Paging, Segment, Wheres, as_decimal, page_of, where_of
from base.models import Company
from kpis.comparisons import change
from kpis.models import Gap, Indicator, Publication, Unit
from kpis.models.nights import GapQuerySet
from kpis.questions import codes_in

GapGrain = Literal["day", "wtd", "mtd", "week", "month"]
AS_KEPT = (
    *("grain", "start", "end", "value", "target", "target_high", "low", "high", "status", "signal", "rule"),
    *("unit_money", "days_present", "days_expected", "reason", "stale"),
)


class GapsAsked(Paging):
    indicator: Code = Field(description=said("The code of the indicator."), examples=["net_revenue"])
    grain: GapGrain | None = Field(
        None,
        description=said(
            "Only periods of this length: the day, the week or month to date, or the last whole one."
        ),
    )
    by: By = ""
    where: Wheres = []


class Against(Schema):
    reference: Figure | None = Field(
        description=said("What it is compared with; of two bounds, the nearer one.")
    )
    gap: Figure | None = Field(description=said("The value less its reference."))
    gap_relative: Figure | None = Field(description=said("Relative: 0.05 is +5 %."))


class GapOut(Schema):
    indicator: str
    segment: Segment
    grain: str
    start: Day
    end: Day
    value: Figure | None
    unit: str
    currency: str | None
    against: dict[Literal["target", "n1", "n1_comparable", "expected"], Against]
    target: Figure | None = Field(description=said("The target over the days known, or its lower bound."))
    target_high: Figure | None = Field(description=said("Its upper bound, where there are two."))
    low: Figure | None = Field(description=said("The lower end of the expected range."))
    high: Figure | None = Field(description=said("The upper end of the expected range."))
    status: str = Field(description=said("good, amber, red, or none without a target."))
    signal: str = Field(
        description=said("high or low where the movement is a signal, else noise or unknown.")
    )
    rule: str = Field(description=said("Which rule says that it is a signal."))
    unit_money: Figure | None = Field(
        description=said("What one unit is worth in money; null without a path to money.")
    )
    days_present: int
    days_expected: int
    reason: str
    stale: bool = Field(description=said("Kept from an earlier night, because this one failed on it."))


class Gaps(Page):
    as_of: Day | None = Field(
        description=said("The day the published night stands on; null before the first night.")
    )
    gaps: list[GapOut]


@router.get("/gaps", response=Gaps, url_name="api_gaps", summary=said("Gaps of one indicator"))
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def gaps(request: HttpRequest, asked: Query[GapsAsked]) -> dict[str, Any]:
    indicator = Indicator.objects.visible_to(request.user).filter(code=asked.indicator).first()
    if indicator is None:
        raise unprocessable(_("There is no indicator “%(code)s”.") % {"code": asked.indicator})
    currency = Company.current().currency if indicator.unit == Unit.MONEY else None
    as_of = Publication.objects.values_list("run__as_of", flat=True).first()
    found = _asked(Gap.objects.visible_to(request.user).published().filter(indicator=indicator), asked)

    def document(gap: Gap) -> dict[str, Any]:
        return _document(gap) | {"indicator": indicator.code, "unit": indicator.unit, "currency": currency}

    return page_of(request, asked, "gaps", found, document, as_of=as_of)


def _asked(found: GapQuerySet, asked: GapsAsked) -> GapQuerySet:
    """The whole, or the segments that are split as asked and hold the values asked for."""
    where = where_of(asked.where)
    by = set(codes_in(asked.by))
    if asked.grain is not None:
        found = found.filter(grain=asked.grain)
    found = found.select_related("segment")
    if not where and not by:
        return found.whole().order_by("grain", "start")
    split = found.filter(segment__dimensions=sorted(by | set(where)), segment__values__contains=where)
    return split.order_by("segment__key", "grain", "start")


def _document(gap: Gap) -> dict[str, Any]:
    return {
        **{name: getattr(gap, name) for name in AS_KEPT},
        "segment": gap.segment.values,
        "against": {
            "target": _against(gap.value, _aimed_at(gap)),
            "n1": _against(gap.n1_now, gap.n1),
            "n1_comparable": _against(gap.value, gap.n1_comparable),
            "expected": _against(gap.value, gap.expected),
        },
    }


def _aimed_at(gap: Gap) -> float | None:
    """The target, or the nearest figure within its two bounds."""
    if gap.target is None or gap.target_high is None or gap.value is None:
        return gap.target
    return min(max(gap.value, gap.target), gap.target_high)


def _against(value: float | None, reference: float | None) -> dict[str, Decimal | None]:
    now, then = as_decimal(value), as_decimal(reference)
    gap = None if now is None or then is None else now - then
    return {"reference": then, "gap": gap, "gap_relative": change(now, then)}
