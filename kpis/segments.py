"""Segments: sets of dimension values, found or made in bulk, and their projection onto the dimensions of a cut."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kpis.models import Segment

Values = Mapping[str, str | None]

WHOLE = "{}"


def key_of(values: Values) -> str:
    """Canonical text of a set of dimension values; equal sets have equal keys."""
    if not values:  # by far the most asked for
        return WHOLE
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def values_of(key: str) -> dict[str, Any]:
    """The set of dimension values of a key."""
    found: dict[str, Any] = json.loads(key)
    return found


def ensure_segments(wanted: Iterable[Values]) -> dict[str, int]:
    """Ids by key of the segments asked for, made where they are missing. One to three queries, whatever the number."""
    by_key = {key_of(values): values for values in wanted}
    known = dict(Segment.objects.filter(key__in=by_key).values_list("key", "id"))
    missing = {key: values for key, values in by_key.items() if key not in known}
    if missing:
        Segment.objects.bulk_create(
            [
                Segment(key=key, values=dict(values), dimensions=sorted(values))
                for key, values in missing.items()
            ],
            ignore_conflicts=True,
        )
        known |= Segment.objects.filter(key__in=missing).values_list("key", "id")
    return known


def segment(values: Values) -> Segment:
    """The one segment of these values."""
    return Segment.objects.get(pk=ensure_segments([values])[key_of(values)])


def project(values: Values, dimensions: Sequence[str]) -> dict[str, str | None]:
    """The values along the given dimensions; a dimension the values lack is unknown (None), so totals agree."""
    return {dimension: values.get(dimension) for dimension in dimensions}
