"""From a cell's raw text to PostgreSQL COPY text, once per distinct text of a column."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from django.utils.translation import gettext_noop

from base.numbers import is_nothing, number_of
from intake.dates import by_pattern, family_of, moment_of
from intake.dialects import Dialect, Evidence
from intake.mapping import Column
from intake.problems import BadCell

NULL = r"\N"
_MEMO = 1 << 15  # distinct texts remembered per column: bounds memory whatever the file
_CONTROL = dict.fromkeys(range(32), None)  # of no use in a text, and refused by XML and by terminals
_ESCAPES = _CONTROL | str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_SHOWN = 60  # characters of a bad cell quoted in a reason
_BIGINT = 2**63
_BEFORE_POINT = 40  # digits; more is no amount


@dataclass(frozen=True)
class Context:
    """What converting depends on: how the file writes, and the company's time zone."""

    dialect: Dialect
    zone: tzinfo


class Memo(dict[str, str | None]):
    """Raw text → COPY text, or None where the cell is bad (``reason`` then says why)."""

    def __init__(self, column: Column, context: Context, evidence: Evidence) -> None:
        super().__init__()
        self.column, self.evidence = column, evidence
        self.convert = _converter(column, context)

    def __missing__(self, raw: str) -> str | None:
        if len(self) >= _MEMO:
            self.clear()
        self.evidence.look(self.column.name, self.column.field.type, raw)
        try:
            text: str | None = self.convert(raw)
        except BadCell:
            text = None
        self[raw] = text
        return text

    def takes(self, raw: str) -> bool:
        """Whether the text could stand in this column; it leaves no trace."""
        try:
            self.convert(raw)
        except BadCell:
            return False
        return True

    def reason(self, raw: str) -> BadCell:
        """Why the cell is bad; only asked about cells that are."""
        try:
            self.convert(raw)
        except BadCell as problem:
            return problem
        raise AssertionError(raw)


def _converter(column: Column, context: Context) -> Callable[[str], str]:
    make = {"text": _text, "integer": _integer, "decimal": _decimal, "timestamp": _timestamp, "date": _date}
    convert = make[column.field.type](column, context)
    blank = str.isspace if column.field.type == "text" else is_nothing

    def checked(raw: str) -> str:
        if not raw or blank(raw):
            return _nothing(column)
        return convert(raw)

    return checked


def _nothing(column: Column) -> str:
    if column.field.nullable:
        return NULL
    raise BadCell(gettext_noop("“%(column)s” is empty."), column=column.name)


def _bad(template: str, column: Column, raw: str) -> BadCell:
    return BadCell(template, column=column.name, value=raw[:_SHOWN])


def _text(column: Column, _: Context) -> Callable[[str], str]:
    longest = column.field.longest

    def convert(raw: str) -> str:
        if "\0" in raw:
            raise BadCell(gettext_noop("“%(column)s” holds a null character."), column=column.name)
        text = raw.strip()
        if longest is not None and len(text) > longest:
            said = gettext_noop("“%(column)s” is longer than %(longest)d characters.")
            raise BadCell(said, column=column.name, longest=longest)
        return text.translate(_ESCAPES) or _nothing(column)

    return convert


def _decimal(column: Column, context: Context) -> Callable[[str], str]:
    mark, digits = context.dialect.decimal, column.field.longest or _BEFORE_POINT

    def convert(raw: str) -> str:
        number = number_of(raw, mark)
        if number is None:
            raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a number."), column, raw)
        if len(number) > digits and len(number.lstrip("-").partition(".")[0].lstrip("0")) > digits:
            raise _bad(gettext_noop("“%(column)s”: “%(value)s” is too large."), column, raw)
        return number

    return convert


def _integer(column: Column, context: Context) -> Callable[[str], str]:
    decimal = _decimal(column, context)

    def convert(raw: str) -> str:
        whole, _, part = decimal(raw).partition(".")
        if part.strip("0") or not -_BIGINT <= int(whole) < _BIGINT:
            raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a whole number."), column, raw)
        return whole

    return convert


def _timestamp(column: Column, context: Context) -> Callable[[str], str]:
    order, zone, pattern = context.dialect.day_first, context.zone, context.dialect.pattern
    family = None if pattern else context.dialect.families.get(column.name)

    def convert(raw: str) -> str:
        moment = by_pattern(raw, pattern, zone) if pattern else moment_of(raw, order, zone)
        if moment is None:
            raise _bad(gettext_noop("“%(column)s”: “%(value)s” is not a date."), column, raw)
        if family and family_of(raw) != family:
            said = gettext_noop(
                "“%(column)s”: “%(value)s” is not written like the other dates of its column."
            )
            raise _bad(said, column, raw)
        return moment.isoformat(" ")

    return convert


def _date(column: Column, context: Context) -> Callable[[str], str]:
    timestamp = _timestamp(column, context)
    return lambda raw: timestamp(raw)[:10]
