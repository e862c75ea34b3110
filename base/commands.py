"""What every command of the contract shares: one plain sentence on failure, one JSON document with --json."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

FIRST_YEAR, LAST_YEAR = 1900, 2199  # as in files; a year outside is a typing mistake


class ContractCommand(BaseCommand):
    """A command whose ``--json`` output is one JSON document with plain numbers and ISO dates."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def answer(self, document: Any, text: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(document, default=plain, ensure_ascii=False) if as_json else text)


def plain(value: Any) -> Any:
    """Decimals as JSON numbers, dates in ISO 8601. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def shown(text: str) -> str:
    """An argument as a sentence quotes it: on one line, and not for ever."""
    plain_text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:80])
    return plain_text + "…" * (len(text) > 80)


def iso_date(text: str) -> date:
    """A date argument. Raises CommandError with a plain sentence."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is not a date like 2026-11-23.") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise CommandError(f"The year of {text} is not between {FIRST_YEAR} and {LAST_YEAR}.")
    return found


def dimension_values(pairs: list[str]) -> dict[str, str]:
    """``DIM=VALUE`` arguments. Raises CommandError with a plain sentence."""
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise CommandError(f"“{pair}” is not like DIMENSION=VALUE.")
        if name in out:
            raise CommandError(f"“{name}” is given twice: one value of each dimension can be asked.")
        out[name] = value
    return out
