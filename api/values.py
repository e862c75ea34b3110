"""Values at the period asked, with their comparisons: the same door as the command ``kpi_values``."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from ninja import Field, Query, Schema

from accounts.access import Right, rights_of
from accounts.models import Scope
from api.door import needs
from api.problems import unprocessable
from api.router import router
from api.shapes import By, Codes, Day, Figure, Page, Paging, Segment, Wheres, page_of, where_of
from base.calendar import Grain
from base.models import Company
from kpis.catalogue import catalogue_for, load_catalogue
from kpis.compared_values import Answers
from kpis.documents import value_document
from kpis.models import Unit
from kpis.questions import MOST_PERIODS, QuestionError, Script, question_of

GrainName = Literal["day", "week", "month", "quarter", "year", "wtd", "mtd", "qtd", "ytd", "range"]
MOST_VALUES = 50_000  # of one question, over all its pages


class ValuesAsked(Paging):
    indicator: Codes = Field(
        description=said("Codes of indicators, separated by commas."), examples=["net_revenue,orders"]
    )
    grain: GrainName = Field(
        description=said(
            "How long each period is; wtd, mtd, qtd and ytd are to date, range is from start to end."
        )
    )
    as_of: Day | None = Field(
        None, description=said("The day it is seen from: nothing after it counts. Today unless said.")
    )
    last: int | None = Field(
        None,
        ge=1,
        le=MOST_PERIODS,
        description=said("How many whole periods, the last one ending on as_of or before; 1 unless said."),
    )
    start: Day | None = Field(
        None, description=said("With end, in the place of last: every period that overlaps these days.")
    )
    end: Day | None = Field(None, description=said("See start."))
    by: By = ""
    where: Wheres = []
    compare: Codes = Field(
        "",
        description=said(
            "What to compare with, separated by commas: n1, n1_comparable, n1_event, previous, target, expected."
        ),
        examples=["n1,target"],
    )


class ComparedOut(Schema):
    value: Figure | None = Field(description=said("The value compared with."))
    start: Day | None
    end: Day | None
    current: Figure | None = Field(description=said("The value itself, over the days both sides know."))
    current_start: Day | None
    current_end: Day | None
    change: Figure | None = Field(description=said("Relative: 0.05 is +5 %."))
    change_points: Figure | None = Field(
        description=said("Of a ratio, the difference: 0.012 is +1.2 points.")
    )
    reason: str | None = Field(description=said("Why there is no comparison."))


class ValueOut(Schema):
    indicator: str
    grain: str
    start: Day
    end: Day
    segment: Segment
    value: Figure | None = Field(description=said("null where it is not known: never 0 in its place."))
    unit: str
    currency: str | None
    days_present: int = Field(description=said("How many days of the period are known."))
    days_expected: int
    reason: str | None = Field(description=said("Why there is no value."))
    compare: dict[str, ComparedOut]


class Values(Page):
    values: list[ValueOut]


@router.get("/values", response=Values, url_name="api_values", summary=said("Values of indicators"))
@needs(Right.VIEW_FIGURES, Scope.FIGURES_READ)
def values(request: HttpRequest, asked: Query[ValuesAsked]) -> dict[str, Any]:
    company, catalogue = Company.current(), catalogue_for(request.user)
    if asked.as_of is not None:
        catalogue = load_catalogue(asked.as_of).readable_with(rights_of(request.user))
    try:
        question = question_of(_script(asked), catalogue, company.rules)
    except QuestionError as error:
        raise unprocessable(str(error)) from error
    found = Answers(question, catalogue)
    if len(found) > MOST_VALUES:
        told = _("These are more than %(most)d values: ask for fewer periods or segments.") % {
            "most": MOST_VALUES
        }
        raise unprocessable(told)
    units = {code: catalogue.indicators[code].unit for code in question.question.indicators}

    def document(row: Any) -> dict[str, Any]:
        unit = units[row[0].indicator]
        currency = company.currency if unit == Unit.MONEY else None
        return value_document(question.grain, *row) | {"unit": unit, "currency": currency}

    return page_of(request, asked, "values", found, document)


def _script(asked: ValuesAsked) -> Script:
    as_said = asked.model_dump(include={"indicator", "as_of", "last", "start", "end", "by", "compare"})
    where = where_of(asked.where)
    return Script(grain=Grain(asked.grain), today=timezone.localdate(), where=where, **as_said)
