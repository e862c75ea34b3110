"""The shapes every document is made of: figures, pages of a list, texts without what no text holds."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_noop as said
from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from api.problems import Problem
from base.commands import FIRST_YEAR, LAST_YEAR, dimension_values

MOST_A_PAGE = 1_000
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def exact(value: Decimal) -> str:
    """Digits only, as many as are known and no zero for show: what any language reads as the same number."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: Any) -> Any:
    """Figures of a night are kept as floats: the shortest digits that mean the same."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def _iso(value: Any) -> Any:
    """A day is written in one way: other readings of a text (a moment, seconds since 1970) are no day."""
    if isinstance(value, int | float) or (isinstance(value, str) and not _ISO_DATE.fullmatch(value)):
        raise ValueError("it is not a day like 2026-11-28")
    return value


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds what is no character of a text")
    return text


def _printable_lines(text: str) -> str:
    return "\n".join(map(_printable, text.splitlines()))


_FIGURE = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["1250.5"]}
# As text: a JSON number is a float to most programs, and loses cents of large sums.
Figure = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(exact, return_type=str),
    WithJsonSchema(_FIGURE, mode="serialization"),
]
Text = Annotated[str, AfterValidator(_printable)]
Lines = Annotated[str, AfterValidator(_printable_lines)]
Code = Annotated[Text, Field(min_length=1, max_length=60)]
Codes = Annotated[Text, Field(max_length=2_000)]
Day = Annotated[date, BeforeValidator(_iso), Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Segment = dict[str, str | None]


class Paging(Schema):
    page: int = Field(1, ge=1, le=1_000_000, description=said("Which page, from 1 on."))
    per_page: int = Field(100, ge=1, le=MOST_A_PAGE, description=said("How many on a page."))


class Page(Schema):
    count: int = Field(description=said("How many there are on all pages."))
    page: int
    next: str | None = Field(description=said("The address of the next page; null on the last."))


def page_of(
    request: HttpRequest,
    paging: Paging,
    name: str,
    rows: Sequence[Any] | QuerySet[Any],
    document: Callable[[Any], Any] = lambda row: row,
    **more: Any,
) -> dict[str, Any]:
    """One page of a list, under its ``name``: a query for the count and those of the rows."""
    page, per_page = paging.page, paging.per_page
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    start = (page - 1) * per_page
    further = {key: values for key, values in request.GET.lists() if key != "page"} | {
        "page": [str(page + 1)]
    }
    is_last = start + per_page >= count
    return {
        "count": count,
        "page": page,
        "next": None if is_last else f"{request.path}?{urlencode(further, doseq=True)}",
        name: [document(row) for row in rows[start : start + per_page]],
        **more,
    }


def where_of(pairs: Sequence[str]) -> dict[str, str]:
    """``DIMENSION=VALUE`` parameters. Raises Problem with a plain sentence."""
    try:
        return dimension_values(list(pairs))
    except CommandError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
