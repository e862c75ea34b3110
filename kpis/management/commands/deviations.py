from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q, QuerySet

from base.commands import ContractCommand, iso_date
from kpis.documents import deviation_document
from kpis.models import Deviation, DeviationState


class Command(ContractCommand):
    help = "Flagged deviations, most money at stake first; one a line for each incident, its other figures beneath."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--state", choices=DeviationState.values)
        parser.add_argument("--as-of", help="as seen on that day")
        parser.add_argument(
            "--all", action="store_true", help="each figure an incident moved on a line of its own"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of = iso_date(options["as_of"]) if options["as_of"] else None
        found = _seen(as_of).select_related("indicator", "segment").ranked()
        found = found.prefetch_related("companions__indicator", "companions__segment")
        if not options["all"]:
            found = found.leads()
        if options["state"]:
            found = (
                found.filter(state=options["state"])
                if as_of is None
                else _in_state(found, options["state"], as_of)
            )
        rows = [deviation_document(deviation) for deviation in found]
        text = "\n".join(f"{r['indicator']} {r['grain']} {r['start']} {r['rule']} {r['money']}" for r in rows)
        self.answer(rows, text, as_json=options["json"])


def _seen(as_of: date | None) -> Any:
    """The live episodes; as of a day, those of its historical view when one was run, else the live ones known then."""
    if as_of is None:
        return Deviation.objects.live()
    historical = Deviation.objects.seen_from(as_of)
    return historical if historical.exists() else Deviation.objects.live().filter(opened_on__lte=as_of)


def _in_state(found: QuerySet[Deviation], state: str, as_of: date) -> QuerySet[Deviation]:
    """Live episodes closed after the day were still open on it."""
    later = Q(view=None, closed_on__gt=as_of)
    if state == DeviationState.OPEN:
        return found.filter(Q(state=state) | later)
    return found.filter(state=state).exclude(later)
