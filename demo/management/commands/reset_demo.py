from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from base.commands import ContractCommand
from demo.loader import DemoError
from demo.reset import reset


class Command(ContractCommand):
    help = "Take the demo company out of this instance; what was imported beside it stays."

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            removed = reset()
        except DemoError as error:
            raise CommandError(str(error)) from error
        went = f"{removed.imports} imports, {removed.targets} targets, {removed.people} people"
        told = f"The demo company is gone: {went}."
        self.answer(asdict(removed), told, as_json=options["json"])
