"""What every command of the contract shares: one plain sentence on failure, one JSON document with --json."""

import json
import re
from argparse import Action, ArgumentError, ArgumentParser, Namespace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

_GIVEN_TWICE, _EMPTY = "given twice", "empty"
LONGEST_ARGUMENT = 4_096  # as of a path
_LONGEST_SENTENCE = 400
_BREAKS = re.compile(r"[^\S\u00a0\u202f]+")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIGURE = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?")
FIRST_YEAR, LAST_YEAR = 1900, 2199  # as in files; a year outside is a typing mistake


class ContractCommand(BaseCommand):
    """A command whose ``--json`` output is one JSON document with plain numbers and ISO dates.

    An option given twice, an empty one and an argument that is no text are refused before it begins.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.register("action", None, Once)
        parser.register("action", "store", Once)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def execute(self, *args: Any, **options: Any) -> str | None:
        for value in options.values():
            for text in value if isinstance(value, list) else [value]:
                _check_text(str(text) if isinstance(text, str | Path) else "")
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            raise CommandError(one_line(str(error)), returncode=error.returncode) from error

    def answer(self, document: Any, text: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(document, default=plain, ensure_ascii=False) if as_json else text)


class Once(Action):
    """Keeps the one value of an argument; one given twice says two things, and an empty one none."""

    given_in: Namespace | None = None

    def __call__(
        self, _parser: ArgumentParser, namespace: Namespace, values: Any, name: str | None = None
    ) -> None:
        if name and self.given_in is namespace:
            raise ArgumentError(self, _GIVEN_TWICE)
        if name and (
            values == [] or (values == "" and self.default is None)
        ):  # [] is what argparse makes of "--"
            raise ArgumentError(self, _EMPTY)
        self.given_in = namespace
        setattr(namespace, self.dest, values)


def _check_text(text: str) -> None:
    if len(text) > LONGEST_ARGUMENT:
        raise CommandError(f"“{shown(text)}” is too long for an argument.")
    if not text.isprintable():
        raise CommandError(f"“{shown(text)}” holds what is no character of a text.")


def one_line(text: str) -> str:
    """A sentence on one line, and not for ever."""
    line = _BREAKS.sub(" ", text).strip()  # the no-break spaces of French stay
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[: _LONGEST_SENTENCE - 1]}…"


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
        found = date.fromisoformat(text if _ISO_DATE.fullmatch(text) else "")
    except ValueError as error:
        raise CommandError(f"“{shown(text)}” is not a date like 2026-11-23.") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise CommandError(f"The year of {text} is not between {FIRST_YEAR} and {LAST_YEAR}.")
    return found


def figure(text: str) -> Decimal:
    """A number argument, written out in digits. Raises CommandError with a plain sentence."""
    if not _FIGURE.fullmatch(text):
        raise CommandError(f"“{shown(text)}” is not a number like 1250.5.")
    return Decimal(text)


def dimension_values(pairs: list[str]) -> dict[str, str]:
    """``DIM=VALUE`` arguments. Raises CommandError with a plain sentence."""
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise CommandError(f"“{shown(pair)}” is not like DIMENSION=VALUE.")
        if name in out:
            raise CommandError(f"“{name}” is given twice: one value of each dimension can be asked.")
        out[name] = value
    return out
