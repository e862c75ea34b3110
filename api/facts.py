"""Figures by day that a program sends: a batch is an import, with its state, report and undo as of any file."""

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from ninja import Field, Header, Schema, Status

from accounts.access import Right
from accounts.models import Scope
from accounts.views.acting import actor
from api.batches import Batch, KeyTaken, Row, push
from api.door import needs
from api.models import LONGEST_KEY
from api.problems import Problem, failures, unprocessable
from api.router import router
from api.shapes import Code, Day, Figure, Given, Text, described, written
from intake.mapping import LONGEST_SOURCE
from intake.models import ImportRun
from intake.problems import Refused
from intake.report import document
from intake.runs import undo
from kpis.models import Dimension
from kpis.sources.stage import DIGITS

MOST_ROWS = 10_000
GivenFigure = Annotated[Decimal, written(DIGITS, 12), described(DIGITS, 12)]
Key = Annotated[Text, Field(min_length=1, max_length=LONGEST_KEY)]
DimensionValue = Annotated[Text, Field(min_length=1, max_length=200)]


class FactIn(Given):
    date: Day
    measure: Code = Field(description=said("The code of a measure of the catalogue."), examples=["sessions"])
    value: GivenFigure = Field(description=said("As text, so that it stays exact."))
    segment: dict[Code, DimensionValue | None] = Field(
        default_factory=dict,
        max_length=10,
        description=said("Values by dimension, the same dimensions on every row; null where it is unknown."),
        json_schema_extra={"additionalProperties": False},  # no key but a code: left out by the library
    )


class FactsIn(Given):
    source: str = Field(
        min_length=1,
        max_length=LONGEST_SOURCE,
        pattern=r"^[-a-zA-Z0-9_]+$",
        description=said(
            "The code of where the figures come from; made on first use. A measure has one source."
        ),
        examples=["webshop"],
    )
    covers: Literal["changes", "full"] = Field(
        "changes",
        description=said(
            "changes: each row replaces the figure it names; full: the rows are all there is of their measures between "
            "their first and their last day."
        ),
    )
    rows: list[FactIn] = Field(min_length=1, max_length=MOST_ROWS)


class Rows(Schema):
    read: int
    accepted: int
    rejected: int


class Reject(Schema):
    line: int = Field(description=said("The row, counted from 2: line 1 is the header."))
    reason: str


class Period(Schema):
    start: Day | None
    end: Day | None


class RunOut(Schema):
    run: int
    state: str = Field(
        description=said("queued, reading, storing; then done, refused, unchanged, undone or failed.")
    )
    message: str = Field(description=said("What became of it, in a sentence."))
    source: str
    kind: str
    mapping: dict[str, str]
    dialect: dict[str, str | None]
    rows: Rows
    rejects: list[Reject] = Field(description=said("The first 100 rows that were not taken."))
    warnings: list[str]
    period: Period
    totals: dict[str, Figure] = Field(description=said("The sum of each measure that was stored."))
    page: str = Field(description=said("The address of its page, for people."))


class Undone(Schema):
    run: int
    facts_removed: int


@router.post(
    "/facts",
    response={202: RunOut},
    url_name="api_facts",
    summary=said("Send figures by day"),
    description=said(
        "Answers at once with the import they become; ask for its state until it is over. The same key with the same "
        "figures is the same import, however often it is sent."
    ),
)
@needs(Right.IMPORT_DATA, Scope.FACTS_WRITE)
def facts(
    request: HttpRequest,
    response: HttpResponse,
    given: FactsIn,
    idempotency_key: Annotated[
        Key, Header(alias="Idempotency-Key", description=said("Names what is sent, for example a UUID."))
    ],
) -> Status[dict[str, Any]]:
    try:
        run = push(_batch(given), key=idempotency_key, by=actor(request))
    except KeyTaken:
        told = _("This key was sent before with other figures: give what you send a key of its own.")
        raise unprocessable(told) from None
    except Refused as refused:
        raise unprocessable(refused.said) from refused
    response["Location"] = reverse("api_fact_batch", args=[run.pk])
    return Status(202, _document(run))


@router.get(
    "/facts/{int:pk}", response=RunOut, url_name="api_fact_batch", summary=said("What became of figures sent")
)
@needs(Right.IMPORT_DATA, Scope.FACTS_WRITE)
def fact_batch(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _document(_visible(request, pk))


@router.post(
    "/facts/{int:pk}/undo",
    response=Undone,
    url_name="api_fact_batch_undo",
    summary=said("Take figures back"),
    openapi_extra={"responses": failures(HTTPStatus.CONFLICT)},
)
@needs(Right.IMPORT_DATA, Scope.FACTS_WRITE)
def fact_batch_undo(request: HttpRequest, pk: int) -> dict[str, Any]:
    run = _visible(request, pk)
    try:
        return {"run": run.pk, "facts_removed": undo(run.pk, by=actor(request))}
    except Refused as refused:
        raise Problem(HTTPStatus.CONFLICT, refused.said) from refused


def _visible(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(ImportRun.objects.visible_to(request.user).exclude(batch=None), pk=pk)


def _batch(given: FactsIn) -> Batch:
    """Raises Problem where rows could not stand side by side in one file."""
    splits = {tuple(sorted(row.segment)) for row in given.rows}
    if len(splits) > 1:
        told = _("All rows name the same dimensions: send the others apart.")
        raise unprocessable(told)
    (dimensions,) = splits
    known = set(Dimension.objects.filter(code__in=dimensions).values_list("code", flat=True))
    unknown = [name for name in dimensions if name not in known]
    if unknown:
        told = _("There is no dimension “%(name)s”.") % {"name": ", ".join(unknown)}
        raise unprocessable(told)
    rows = [Row(row.date, row.measure, row.value, row.segment) for row in given.rows]
    return Batch(given.source, given.covers, dimensions, rows)


def _document(run: ImportRun) -> dict[str, Any]:
    found = document(run)
    found["totals"] = {code: Decimal(text) for code, text in run.totals.items()}
    return found | {"message": run.said, "source": run.source, "page": run.get_absolute_url()}
