"""What a cell holds, as the type its column is declared with.

A cell of a sheet is a text, a number, a truth value, None where it is blank, or one of {"date": ISO}, {"error": text}
and {"formula": text}: a formula whose result was never saved.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import translation
from django.utils.translation import gettext_noop

from base.numbers import is_nothing, number_of
from base.sentences import Sentence
from base.typed_numbers import UnreadError, read_number
from intake.dates import moment_of
from intake.dialects import Dialect, Evidence
from intake.names import plain
from intake.problems import BadCell
from intake.rows.kinds import Column

_SHOWN = 60
_EPOCH = date(1899, 12, 30)  # of Excel's days
_SERIALS = range(18_264, 73_051)  # 1950 to 2099: outside, a number is no day
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\u200b]+")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_WEEKDAY = re.compile(r"^[a-zéû]+\.?,?\s+(?=\d)", re.IGNORECASE)
_is_email = EmailValidator()


@dataclass(frozen=True)
class Manner:
    """How a column writes numbers and dates."""

    decimal: str = ","
    day_first: bool = True
    is_sure: bool = False  # of the decimal mark: some number, or commas that part the cells, tell it


def is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Any) -> str:
    """A cell in words, as its heading or as a text."""
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return str(cell.get("date") or cell.get("error") or cell.get("formula"))
    if isinstance(cell, bool):
        return "VRAI" if cell and translation.get_language() == "fr" else str(cell).upper()
    if isinstance(cell, float):
        return repr(cell)
    return _SPACES.sub(" ", _BREAKS.sub(" ", str(cell))).strip()


def manner_of(column: Column, cells: Iterable[Any], delimiter: str) -> tuple[Manner, list[Sentence]]:
    """How the texts of a column write, and what a person should check of it."""
    if column.type not in ("number", "date"):
        return Manner(), []
    texts = {cell for cell in cells if isinstance(cell, str)}
    evidence = Evidence().look_all(str(column.label), "decimal" if column.type == "number" else "date", texts)
    dialect = evidence.settles(Dialect(delimiter=delimiter or ";"))
    is_sure = delimiter == "," or evidence.comma != evidence.point
    asked = column.type == "number" and not is_sure  # cell by cell
    warned = [] if asked else evidence.warnings(dialect)
    return Manner(dialect.decimal, dialect.day_first, is_sure), warned


def read_cell(column: Column, cell: Any, manner: Manner) -> Any:
    """The value of a cell that is not blank; None where it says so in words (``n/a``). BadCell says why it has none."""
    name = str(column.label)
    if isinstance(cell, dict) and "error" in cell:
        said = gettext_noop("“%(column)s” holds the error %(value)s.")
        raise BadCell(said, column=name, value=cell["error"][:_SHOWN])
    if isinstance(cell, dict) and "formula" in cell:
        said = gettext_noop(
            "“%(column)s” holds a formula without a result: open the workbook, save it and give it again."
        )
        raise BadCell(said, column=name)
    if column.type != "text" and is_nothing(text_of(cell)):
        return None
    value = _READERS[column.type](column, cell, manner)
    if isinstance(value, str) and len(value) > column.longest:
        said = gettext_noop("“%(column)s” is longer than %(longest)d characters.")
        raise BadCell(said, column=name, longest=column.longest)
    return value


def _bad(template: str, column: Column, cell: Any) -> BadCell:
    return BadCell(template, column=str(column.label), value=text_of(cell)[:_SHOWN])


def _text(_column: Column, cell: Any, _manner: Manner) -> str:
    return text_of(cell)


def _email(column: Column, cell: Any, _manner: Manner) -> str:
    text = text_of(cell)
    address = (text.rpartition("<")[2].rstrip(">") if text.endswith(">") else text).lower()
    address = address.removeprefix("mailto:").strip()
    try:
        _is_email(address)
    except ValidationError:
        raise _bad(
            gettext_noop("“%(column)s”: “%(value)s” is not an e-mail address."), column, cell
        ) from None
    return address


def _date(column: Column, cell: Any, manner: Manner) -> date:
    found = day_of(cell, manner)
    if found is None:
        raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a date."), column, cell)
    return found


def day_of(cell: Any, manner: Manner) -> date | None:
    if isinstance(cell, dict):
        return date.fromisoformat(cell["date"][:10]) if "date" in cell else None
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float) and int(cell) in _SERIALS:
        return _EPOCH + timedelta(days=int(cell))
    raw = text_of(cell)
    text = without_names(raw)
    found = moment_of(text, manner.day_first or text != raw, UTC)
    return found.date() if found else None


def _month(column: Column, cell: Any, manner: Manner) -> date:
    found = month_of(cell, manner)
    if found is None:
        raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a month."), column, cell)
    return found


_MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})[\s/.-]+(?P<year>\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?:[\s/.-]+|[\s/.-]*[mM])(?P<month>\d{1,2})")


def month_of(cell: Any, manner: Manner | None = None) -> date | None:
    """The first day of a month: of a date in it, of ``01/2026``, ``2026-01``, ``janv. 2026``, ``Jan-26``."""
    if not isinstance(cell, str):
        day = day_of(cell, manner or Manner()) if isinstance(cell, dict) else None
        return day.replace(day=1) if day else None
    text = without_names(cell)
    found = _MONTH_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    if found is None:
        day = day_of(cell, manner or Manner())
        return day.replace(day=1) if day else None
    year, month = int(found["year"]), int(found["month"])
    year += 2000 if year < 100 else 0
    return date(year, month, 1) if 1 <= month <= 12 and 1950 <= year < 2100 else None


class Number(Decimal):
    """A number, and how it stood in its cell: as a number, as a percentage in words, or in words without a sign;
    in words, also these.
    """

    stood: Literal["number", "percent", "text"] = "text"
    said: str = ""


# 1.234, 60,000: in thousands, or with three decimals; 1 234,567 is no such number
_EITHER_WAY = re.compile(r"(?<![\d.,])(?<!\d[\s'’])[1-9]\d{0,2}[.,]\d{3}(?![\d.,])")


def _number(column: Column, cell: Any, manner: Manner) -> Number:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        found = Number(repr(cell))
        found.stood = "number"
        return found
    said = text_of(cell)
    text = None if isinstance(cell, dict | bool) else number_of(said, manner.decimal) or _typed(said, manner)
    if text is None:
        raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a number."), column, cell)
    if not manner.is_sure and _EITHER_WAY.search(said):
        told = gettext_noop(
            "“%(column)s”: “%(value)s” could be in thousands or have three decimals: "
            "write it as a number of the sheet, or without a separator."
        )
        raise _bad(told, column, cell)
    found = Number(text)
    found.stood, found.said = "percent" if "%" in said else "text", said
    return found


def _typed(text: str, manner: Manner) -> str | None:
    """What forms read besides: ``60k€``, ``1,5 M€``."""
    try:
        found = read_number(text, "money", locale="fr" if manner.decimal == "," else "en")
    except UnreadError:
        return None
    return None if found is None else str(found)


def _choice(column: Column, cell: Any, _manner: Manner) -> str:
    found = column.by_name.get(plain(text_of(cell)))
    if found is None:
        said = gettext_noop("“%(column)s”: “%(value)s” is none of these: %(known)s.")
        known = ", ".join(str(choice.label) for choice in column.choices)
        raise BadCell(said, column=str(column.label), value=text_of(cell)[:_SHOWN], known=known)
    return found


def _found(column: Column, cell: Any, _manner: Manner) -> Any:
    assert column.find is not None  # what this type is for
    return column.find(text_of(cell))


_READERS = {
    "text": _text,
    "email": _email,
    "date": _date,
    "month": _month,
    "number": _number,
    "choice": _choice,
    "found": _found,
}


@cache
def _month_names() -> dict[str, int]:
    found: dict[str, int] = {}
    for code in ("fr", "en"):
        months = Locale(code).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                found.update({plain(name): number for number, name in months[context][width].items()})
    return found | {"fev": 2, "fevr": 2, "janv": 1, "juil": 7, "sept": 9}


_WORD = re.compile(r"[^\W\d_]+\.?")
_DAY_AND_YEAR = re.compile(r"(\d{1,2}),? (\d{4}.*)")


def without_names(text: str) -> str:
    """``12 mars 2026``, ``12/Mar/24``, ``lun. 2 nov. 2026``, ``1er mars 2026`` → digits parted by slashes."""
    line = _SPACES.sub(" ", text).strip()
    months = [word for word in _WORD.finditer(line) if plain(word.group()) in _month_names()]
    if len(months) != 1:
        return line
    name = months[0]
    before = re.sub(
        r"(?<=\d)\s*(?:er|st|nd|rd|th)\b", "", _WEEKDAY.sub("", line[: name.start()]).strip(" -/.")
    )
    after = line[name.end() :].strip(" -/.,")
    number = str(_month_names()[plain(name.group())])
    if not before and (found := _DAY_AND_YEAR.fullmatch(after)):  # March 5, 2026
        before, after = found.groups()
    return "/".join(part for part in (before, number, after) if part)
