from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from base.commands import ContractCommand, shown
from base.toml import TomlError, text_of
from kpis.packs.load import load_pack
from kpis.packs.read import PackError


class Command(ContractCommand):
    help = "Load an indicator pack (TOML): calendar, dimensions, measures, indicators, thresholds."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            counts = load_pack(text_of(options["file"]))
        except (OSError, ValueError, TomlError) as error:  # a NUL in a path is a ValueError
            why = getattr(error, "strerror", None) or str(error)
            raise CommandError(f"{shown(str(options['file']))} cannot be read: {why.rstrip('.')}.") from error
        except PackError as error:
            raise CommandError(str(error)) from error
        text = "{measures} measures, {indicators} indicators, {dimensions} dimensions loaded.".format(
            **counts
        )
        self.answer(counts, text, as_json=options["json"])
