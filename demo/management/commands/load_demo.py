from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from base.commands import ContractCommand, iso_date
from demo.loader import DemoError, load, truth_file
from demo.people import sign_ins
from demo.world import YEARS


class Command(ContractCommand):
    help = "Load the demo company, three years up to yesterday, or prolong the one that is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--as-of", type=iso_date, metavar="DATE", help="last day of the data (default: yesterday)"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed makes another history")
        parser.add_argument("--years", type=int, default=YEARS, choices=range(1, YEARS + 1))

    def handle(self, *_args: Any, **options: Any) -> None:
        as_json: bool = options["json"]
        say = (lambda _sentence: None) if as_json else self.stdout.write
        try:
            loaded = load(
                as_of=options["as_of"],
                seed=options["seed"],
                years=options["years"],
                at=timezone.now(),
                say=say,
            )
        except DemoError as error:
            raise CommandError(str(error)) from error
        document = {**asdict(loaded), "truth": str(truth_file())}
        told = f"The demo company stands as of {loaded.as_of.isoformat()}.\n\n{sign_ins()}"
        self.answer(document, told, as_json=as_json)
