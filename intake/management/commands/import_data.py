"""``manage.py import_data FILE``: import one file here and now."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from base.commands import ContractCommand
from base.toml import TomlError, read_toml_file
from intake.covering import COVERS
from intake.mapping import AUTO, LARGEST_MAPPING
from intake.models import ImportRun, State
from intake.report import document
from intake.runs import Refused, import_file

_GOOD = (State.DONE, State.UNCHANGED)


class Command(ContractCommand):
    help = "Read a file, check its rows and store them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file")
        parser.add_argument("--kind", default=AUTO)
        parser.add_argument("--source", default="")
        parser.add_argument("--mapping", help="a TOML file: kind, source, [columns], [dialect]")
        parser.add_argument(
            "--covers",
            choices=COVERS,
            help="all there is of its days, or only what changed; else a file that would erase most is refused",
        )
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            run = import_file(
                options["file"],
                kind=options["kind"],
                source=options["source"],
                mapping=_mapping(options["mapping"]) | _covers(options["covers"]),
                dry_run=options["dry_run"],
            )
        except Refused as refused:
            raise CommandError(refused.said) from None
        self._tell(run, as_json=options["json"])
        if run.state not in _GOOD:
            raise CommandError(run.said)

    def _tell(self, run: ImportRun, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(document(run), cls=DjangoJSONEncoder, ensure_ascii=False))
        elif run.state in _GOOD:
            self.stdout.write(run.said)


def _covers(given: str | None) -> dict[str, str]:
    return {"covers": given} if given else {}


def _mapping(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return read_toml_file(Path(path), LARGEST_MAPPING)
    except (OSError, ValueError):  # a NUL in a path is a ValueError
        raise CommandError(_("The mapping %(path)s cannot be read.") % {"path": repr(path)[1:-1]}) from None
    except TomlError as error:
        why = str(error).rstrip(".")
        said = _("The mapping %(path)s is not valid TOML: %(why)s.") % {"path": path, "why": why}
        raise CommandError(said) from None
