"""``manage.py undo_import RUN``: take an import back."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from intake.runs import Refused, undo
from intake.sentences import in_words, keep


class Command(BaseCommand):
    help = "Take a stored import back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int)
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            removed = undo(options["run"], by=None)
        except Refused as refused:
            raise CommandError(in_words(keep(refused.sentence))) from None
        if options["json"]:
            self.stdout.write(json.dumps({"run": options["run"], "facts_removed": removed}))
        else:
            self.stdout.write(_("Facts removed or changed: %(facts)d.") % {"facts": removed})
