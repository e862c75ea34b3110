"""``manage.py undo_import RUN``: take an import back."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from base.commands import ContractCommand
from intake.runs import Refused, undo


class Command(ContractCommand):
    help = "Take a stored import back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            removed = undo(options["run"], by=None)
        except Refused as refused:
            raise CommandError(refused.said) from None
        if options["json"]:
            self.stdout.write(json.dumps({"run": options["run"], "facts_removed": removed}))
        else:
            self.stdout.write(_("Facts removed or changed: %(facts)d.") % {"facts": removed})
