"""The address of what a figure is made of: every figure on a page is a link to it."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from kpis.models import Deviation


def made_of(code: str, start: date, end: date, segment: Mapping[str, str | None] | None = None) -> str:
    """Of an indicator over these days in a segment; a dimension alone, without ``=``, is its "unknown here"."""
    query = [("start", start.isoformat()), ("end", end.isoformat())]
    for name, value in (segment or {}).items():
        query.append(("where", name if value is None else f"{name}={value}"))
    return f"{reverse('indicator_provenance', args=[code])}?{urlencode(query)}"


def made_of_deviation(deviation: Deviation) -> str:
    """Of the value a deviation is about."""
    days = deviation.start, deviation.last_day
    return made_of(deviation.indicator.code, *days, deviation.segment.values)
