from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from base.commands import ContractCommand, iso_date
from kpis.coverage import last_day, load_coverage
from kpis.models import NightlyRun, NightState, StepState
from kpis.nightly import GAPS, NightError, run_night
from kpis.rebuild_facts import rebuild_all


class Command(ContractCommand):
    help = "The nightly run, here and now."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", help="the day to stand on; by default the last day known")
        parser.add_argument(
            "--full", action="store_true", help="first rebuild every fact from its source rows"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["full"]:
            rebuild_all()
        day = (
            iso_date(options["as_of"]) if options["as_of"] else last_day(load_coverage(timezone.localdate()))
        )
        if day is None:
            raise CommandError("There are no figures yet: import a file first.")
        if day > timezone.localdate() and day > (last_day(load_coverage()) or day):
            raise CommandError(f"{day} is in the future, and nothing is known up to it.")
        try:
            run = run_night(as_of=day)
        except NightError as error:
            raise CommandError(str(error)) from error
        if run.state == NightState.FAILED:
            raise CommandError(_plainly(run.message))
        document = _document(run)
        text = "Night of {as_of}: {state}, {indicators} indicators, {gaps} gaps.".format(
            as_of=run.as_of, **document
        )
        self.answer(document, text, as_json=options["json"])


def _plainly(message: str) -> str:
    """What went wrong, in one line."""
    return f"The night failed: {' '.join(message.split()).rstrip('.')}."


def _document(run: NightlyRun) -> dict[str, Any]:
    steps = list(run.steps.all())
    failed = [step.name.removeprefix(GAPS) for step in steps if step.state == StepState.FAILED]
    return {
        "run": run.pk,
        "state": run.state,
        "indicators": run.indicators,
        "gaps": run.gaps,
        "deviations": {"opened": run.opened, "updated": run.updated, "closed": run.closed},
        "failed": failed,
        "seconds": {step.name: step.seconds for step in steps},
    }
