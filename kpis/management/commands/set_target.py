from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from base.commands import ContractCommand, dimension_values, figure, iso_date
from kpis.targets import TargetError, set_target


class Command(ContractCommand):
    help = "Set one dated target, phased to days where days add up."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--indicator", required=True)
        parser.add_argument("--start", required=True)
        parser.add_argument("--end", required=True)
        parser.add_argument("--value")
        parser.add_argument("--low")
        parser.add_argument("--high")
        parser.add_argument("--where", action="append", default=[])

    def handle(self, *_args: Any, **options: Any) -> None:
        value, low, high = (options[name] and figure(options[name]) for name in ("value", "low", "high"))
        if (value is None) == (low is None) or (low is None) != (high is None):
            raise CommandError("Give either --value, or --low and --high.")
        try:
            target = set_target(
                indicator=options["indicator"],
                start=iso_date(options["start"]),
                end=iso_date(options["end"]),
                value=value,
                low=low,
                high=high,
                where=dimension_values(options["where"]),
                at=timezone.now(),
            )
        except TargetError as error:
            raise CommandError(str(error)) from error
        self.answer({"target": target.pk}, f"Target {target.pk} set.", as_json=options["json"])
