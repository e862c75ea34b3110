"""The shapes every document is made of: figures, pages of a list, texts without what no text holds."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Protocol
from urllib.parse import urlencode

from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_noop as said
from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from api.problems import unprocessable
from base.commands import FIRST_YEAR, LAST_YEAR, dimension_values
from base.numbers import exact_text

MOST_A_PAGE = 1_000
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_decimal(value: Any) -> Any:
    """Figures of a night are kept as floats: the shortest digits that mean the same."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def _iso(value: Any) -> Any:
    """A day is written in one way: other readings of a text (a moment, seconds since 1970) are no day."""
    if isinstance(value, int | float) or (isinstance(value, str) and not _ISO_DATE.fullmatch(value)):
        raise ValueError("it is not a day like 2026-11-28")
    return value


_FIGURE = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["1250.5"]}
# As text: a JSON number is a float to most programs, and loses cents of large sums.
Figure = Annotated[
    Decimal,
    BeforeValidator(as_decimal),
    PlainSerializer(exact_text, return_type=str),
    WithJsonSchema(_FIGURE, mode="serialization"),
]
# Without control characters; ``Lines`` may hold ends of lines.
Text = Annotated[str, Field(pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$")]
Lines = Annotated[
    str, Field(pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]*$")
]
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
Codes = Annotated[str, Field(max_length=2_000, pattern=r"^[-a-zA-Z0-9_, ]*$")]
Where = Annotated[
    str, Field(max_length=300, pattern=r"^[-a-zA-Z0-9_]+=[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$")
]
By = Annotated[
    Codes,
    Field(
        description=said("Codes of dimensions the values are split by, separated by commas."),
        examples=["channel"],
    ),
]
Wheres = Annotated[
    list[Where],
    Field(
        max_length=10,
        description=said("DIMENSION=VALUE: only that segment; given once for each dimension."),
        examples=[["channel=SEA"]],
    ),
]
Day = Annotated[
    date,
    BeforeValidator(_iso),
    Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31)),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"}),
]


def written(digits: int, decimals: int) -> BeforeValidator:
    """A figure as programs send it: text, or a whole number. A JSON fraction may be another one than was meant."""
    pattern = re.compile(_pattern(digits, decimals))

    def check(value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():  # 120.0 is a whole number to JSON
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError('a figure is a text like "1250.5", or a whole number')
        if not pattern.fullmatch(str(value)):
            raise ValueError(f"a figure has {digits} digits and {decimals} decimals at most, like 1250.5")
        return Decimal(value)

    return BeforeValidator(check)


def described(digits: int, decimals: int) -> WithJsonSchema:
    """What ``written`` takes, as the description of the API says it."""
    most = 10**digits - 1
    text = {"type": "string", "pattern": _pattern(digits, decimals), "examples": ["1250.50"]}
    return WithJsonSchema({"anyOf": [text, {"type": "integer", "minimum": -most, "maximum": most}]})


def _pattern(digits: int, decimals: int) -> str:
    return rf"^-?[0-9]{{1,{digits}}}(\.[0-9]{{1,{decimals}}})?$"


Segment = dict[str, str | None]


class Given(Schema):
    """What a program sends: a part nobody knows is refused, for left out in silence it would change what is meant."""

    model_config = ConfigDict(extra="forbid")


class Paging(Schema):
    page: int = Field(1, ge=1, le=1_000_000, description=said("Which page, from 1 on."))
    per_page: int = Field(100, ge=1, le=MOST_A_PAGE, description=said("How many on a page."))


class Page(Schema):
    count: int = Field(description=said("How many there are on all pages."))
    page: int
    next: str | None = Field(description=said("The address of the next page; null on the last."))


class Sliced(Protocol):
    """A list, or what can be counted and cut as one."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Iterable[Any]: ...


def page_of(
    request: HttpRequest,
    paging: Paging,
    name: str,
    rows: Sliced | QuerySet[Any],
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
        raise unprocessable(str(error)) from error
