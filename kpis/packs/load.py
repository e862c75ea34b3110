"""A checked pack → the catalogue, in one transaction; what the instance already has and the pack lacks stays."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from base.models import Company
from kpis.models import Dimension, Indicator, Measure
from kpis.packs.read import (
    Pack,
    check_columns,
    check_count,
    check_drivers,
    check_formulas,
    read_pack,
)


@transaction.atomic
def load_pack(text: str) -> dict[str, int]:
    """Load a pack over the instance; returns how many of each it holds. Raises PackError and changes nothing."""
    pack = read_pack(text)
    _load_calendar(pack.calendar)
    for position, entry in enumerate(pack.dimensions):
        Dimension.objects.update_or_create(code=entry["code"], defaults={**entry, "position": position})
    for entry in pack.measures:
        Measure.objects.update_or_create(code=entry["code"], defaults=dict(entry))
    for entry in pack.indicators:
        Indicator.objects.update_or_create(code=entry["code"], defaults=dict(entry))
    _check_catalogue()
    return _counts(pack)


def _load_calendar(calendar: Mapping[str, Any]) -> None:
    if calendar:
        Company.objects.update_or_create(id=Company.SINGLETON, defaults=dict(calendar))


def _check_catalogue() -> None:
    check_count("dimension", Dimension.objects.count())
    check_count("measure", Measure.objects.count())
    check_count("indicator", Indicator.objects.count())
    measures = dict(Measure.objects.values_list("code", "unit"))
    dimensions = list(Dimension.objects.values_list("code", flat=True))
    check_formulas(Indicator.objects.values_list("code", "formula", "unit"), measures, dimensions)
    check_columns(dimensions, measures)
    drivers = dict(Indicator.objects.values_list("code", "drivers"))
    check_drivers(drivers.items(), measures.keys() | drivers.keys())


def _counts(pack: Pack) -> dict[str, int]:
    return {
        "measures": len(pack.measures),
        "indicators": len(pack.indicators),
        "dimensions": len(pack.dimensions),
    }
