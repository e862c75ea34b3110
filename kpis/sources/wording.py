"""What a run of any kind of source stored, in words: its totals named and written as figures, where they show."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from base import formats
from intake.kinds import Label
from intake.models import ImportRun
from kpis.models import Indicator, Measure, Unit

_IN_NO_FIGURE: Mapping[str, Label] = {
    "adjustments": gettext_lazy("Adjustments, in no figure"),
    "left_out": gettext_lazy("Left out of all figures"),
}


class InWords:
    """For the kinds: how their totals are called and written, and the page where their figures are."""

    def totals(self, run: ImportRun, sums: Mapping[str, Decimal]) -> Sequence[tuple[Label, str]]:  # noqa: ARG002
        """(name, figure) of each measure's sum over the file, in the order indicators of that name are shown."""
        places = dict(Indicator.objects.filter(code__in=sums).values_list("code", "position"))
        measures = sorted(
            Measure.objects.filter(code__in=sums), key=lambda m: places.get(m.code, sys.maxsize)
        )
        named = [(measure.name, _figure(sums[measure.code], measure.unit)) for measure in measures]
        return named + [
            (name, _figure(sums[code], Unit.MONEY)) for code, name in _IN_NO_FIGURE.items() if code in sums
        ]

    def page(self, run: ImportRun, reader: Any) -> Iterable[tuple[Label, str]]:
        """The page of the first indicator that a measure of the file is by itself, else the list of them."""
        found = Indicator.objects.visible_to(reader).filter(code__in=list(run.totals))
        code = found.values_list("code", flat=True).first()
        if code is None:
            return [(gettext_lazy("Indicators"), reverse("indicator_list"))]
        return [(gettext_lazy("See the figures"), reverse("indicator_detail", args=[code]))]


def _figure(value: Decimal, unit: str) -> str:
    decimals = 2 if unit == Unit.MONEY or value != value.to_integral_value() else 0
    return formats.figure(value, unit, decimals)
