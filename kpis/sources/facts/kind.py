"""What the columns of a facts file mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.access import Right, rights_of
from base.sentences import sentence
from intake.kinds import Field, Stored, Terms
from intake.models import ImportRun
from kpis.models import FactRow, Measure
from kpis.models.rights import runs_closed_to
from kpis.sources import examples
from kpis.sources.facts import store
from kpis.sources.orders.daily_facts import CUSTOMER_MEASURES, MEASURES
from kpis.sources.orders.kind import dimension_fields
from kpis.sources.stage import DIGITS
from kpis.sources.wording import InWords

DATE = Field(
    "date", "date", ("day", "jour", "semaine", "ga:date"), nullable=False, label=gettext_lazy("Date")
)
LONG = (
    Field("measure", "text", ("mesure", "metric", "indicator", "indicateur"), label=gettext_lazy("Measure")),
    Field("value", "decimal", ("valeur", "montant", "amount"), label=gettext_lazy("Value"), longest=DIGITS),
)


class FactsKind(InWords):
    code = "facts"
    label = gettext_lazy("Figures by day")
    terms = Terms(see=Right.VIEW_FIGURES, write=Right.IMPORT_DATA, raw=Right.IMPORT_DATA)

    def fields(self) -> Sequence[Field]:
        """The date, the long pair (measure, value), one text column per dimension, one decimal column per measure."""
        measures = [
            Field(m.code, "decimal", (m.name_fr, m.name_en), label=m.name, longest=DIGITS)
            for m in Measure.objects.all()
        ]
        return [DATE, *LONG, *dimension_fields(), *measures]

    def refuse(self, mapped: frozenset[str]) -> str | None:
        if "date" not in mapped:
            return sentence(gettext_noop("A facts file needs a date column."))
        known = frozenset(Measure.objects.values_list("code", flat=True))
        if {"measure", "value"} <= mapped or known & mapped:
            return None
        return sentence(
            gettext_noop(
                "A facts file needs either the columns measure and value, or one column per known measure."
            )
        )

    def example(self) -> Sequence[Mapping[str, str]]:
        return examples.facts(from_orders={*MEASURES, *CUSTOMER_MEASURES})

    def closed_runs(self, user: Any) -> Q:
        """A file that brought a measure closed to the person says nothing to them, not even its name."""
        return Q(pk__in=runs_closed_to(user))

    def closed_fields(self, user: Any) -> frozenset[str]:
        """The columns of measures the person may not read."""
        codes = Measure.objects.exclude(right__in=rights_of(user)).values_list("code", flat=True)
        return frozenset(codes)

    def store(self, run: ImportRun, stage: str) -> Stored:
        return store.store(run=run, stage=stage)

    def undo(self, run: ImportRun) -> int:
        return store.undo(run=run)

    def live(self, run: ImportRun) -> bool:
        """False once a later file has replaced some of its figures: importing it again then means something."""
        return not FactRow.objects.filter(run=run, superseded_by__isnull=False).exists()
