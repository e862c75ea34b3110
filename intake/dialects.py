"""How a file writes its values, decided on the evidence of the values themselves.

A sample gives the first decision. While the whole file is read the same evidence keeps being counted, so a
decision that only the last rows contradict is taken again and the file read once more (``Evidence.settles``).
"""

import codecs
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.utils.translation import gettext_noop

from base.numbers import decimal_mark
from base.sentences import Sentence, sentence
from intake.dates import day_order, family_of, is_year_last, shape_of
from intake.kinds import FieldType
from intake.problems import Refused

DELIMITERS = (",", ";", "\t", "|")
ASKED_DELIMITERS = (*DELIMITERS, ":", "^", "~", "#", "¦")  # others could not be told from what they part
_ASKED = frozenset({"encoding", "delimiter", "decimal", "date_format"})
# By the codec's own name. Nothing else Python calls an encoding: some decode no text, some keep a state between lines.
ENCODINGS = frozenset(
    ["ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
    + [f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))]
    + [f"cp{page}" for page in range(1250, 1259)]
    + [
        "cp437",
        "cp737",
        "cp775",
        "cp850",
        "cp852",
        "cp855",
        "cp857",
        "cp858",
        "cp860",
        "cp863",
        "cp865",
        "cp866",
    ]
    + ["mac-roman", "mac-latin2", "mac-greek", "mac-turkish", "mac-cyrillic", "koi8-r", "koi8-u"]
    + [
        "cp874",
        "cp932",
        "cp949",
        "cp950",
        "shift_jis",
        "euc_jp",
        "euc_kr",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
    ]
)
_ENCODING_NAME = re.compile(r"[A-Za-z0-9_. -]{1,40}")
# What a date pattern asked for may name, each once: the day, the month and the year, and the time if it has one.
_DAY, _MONTH, _YEAR, _TIME = (
    {"%d"},
    {"%m", "%b", "%B"},
    {"%Y", "%y"},
    {"%H", "%I", "%M", "%S", "%f", "%p", "%z"},
)
_LONGEST_PATTERN = 40


@dataclass(frozen=True)
class Dialect:
    """``asked`` names the parts a person fixed, which evidence does not change."""

    encoding: str = "utf-8"
    delimiter: str = ","
    compressed: bool = False
    decimal: str = "."
    day_first: bool = True
    date_format: str | None = None
    asked: frozenset[str] = frozenset()
    families: Mapping[str, str] = field(
        default_factory=dict
    )  # by column of dates, how most of them are written

    @property
    def pattern(self) -> str | None:
        """The date pattern a person asked for, to the exclusion of any other."""
        return self.date_format if "date_format" in self.asked else None

    def document(self) -> dict[str, Any]:
        """The four keys shown to people and scripts."""
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "decimal": self.decimal,
            "date_format": self.date_format,
        }


def asked_dialect(found: Dialect, asked: Mapping[str, Any]) -> Dialect:
    """The dialect with the parts a person fixed; Refused as ``check_dialect`` does."""
    check_dialect(asked)
    return replace(found, **asked, asked=frozenset(asked))


def check_dialect(asked: Any) -> None:
    """Refused on a part of a dialect that does not exist or cannot be."""
    if not isinstance(asked, dict) or not all(isinstance(part, str) for part in asked.values()):
        raise Refused(gettext_noop('The mapping\'s dialect must read part = "text".'))
    if unknown := set(asked) - _ASKED:
        raise Refused(
            gettext_noop("The mapping asks for an unknown part of the dialect: %(part)s."), part=min(unknown)
        )
    if asked.get("decimal", ".") not in (".", ","):
        raise Refused(gettext_noop("The decimal mark can be a point or a comma, nothing else."))
    if asked.get("delimiter", ",") not in ASKED_DELIMITERS:
        said = gettext_noop("The delimiter must be one character of these: %(known)s, or a tab.")
        raise Refused(said, known=" ".join(mark for mark in ASKED_DELIMITERS if mark != "\t"))
    known_encoding(asked.get("encoding", "utf-8"))
    if not _is_pattern(asked.get("date_format", "%Y-%m-%d")):
        said = gettext_noop(
            "The date format must name the day (%%d), the month (%%m) and the year (%%Y) once each, and beside them "
            "only the time (%%H, %%M, %%S …), in at most %(most)d characters."
        )
        raise Refused(said, most=_LONGEST_PATTERN)


def known_encoding(name: str) -> str:
    """The codec's own name of an encoding of files; Refused when it is none."""
    try:
        found = codecs.lookup(name).name if _ENCODING_NAME.fullmatch(name) else ""
    except (LookupError, ValueError):
        found = ""
    if found not in ENCODINGS:
        raise Refused(gettext_noop("The encoding %(name)s does not exist."), name=name[:40].replace("\0", ""))
    return found


def _is_pattern(pattern: str) -> bool:
    named = re.findall(r"%.?", pattern)
    dated = [sum(part in one for part in named) for one in (_DAY, _MONTH, _YEAR)]
    known = _DAY | _MONTH | _YEAR | _TIME
    return (
        len(pattern) <= _LONGEST_PATTERN
        and pattern.isprintable()
        and dated == [1, 1, 1]
        and len(named) == len(set(named))
        and set(named) <= known
        and ("%I" in named) == ("%p" in named)
        and not {"%H", "%I"} <= set(named)
    )


@dataclass
class Evidence:
    """What distinct values said so far, by what they can only mean."""

    comma: int = 0
    point: int = 0
    day: int = 0
    month: int = 0
    either: int = 0
    maybe_comma: int = 0
    maybe: str = ""  # a number that can be read with three decimals or in thousands
    example: str = ""
    families: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def look(self, column: str, kind: FieldType, raw: str) -> None:
        if kind == "decimal":
            self._number(raw)
        elif kind in ("timestamp", "date") and (family := family_of(raw)):
            self.families[column][family] += 1
            if is_year_last(family):
                self._order(raw)

    def look_all(self, column: str, kind: FieldType, values: Iterable[str]) -> Self:
        for raw in values:
            self.look(column, kind, raw)
        return self

    def _number(self, raw: str) -> None:
        mark = decimal_mark(raw)
        self.comma += mark == ","
        self.point += mark == "."
        self.maybe_comma += mark is None and "," in raw
        if mark is None and not self.maybe and ("," in raw or "." in raw):
            self.maybe = raw.strip()

    def _order(self, raw: str) -> None:
        order = day_order(raw)
        self.day += order == "day"
        self.month += order == "month"
        if order == "either":
            self.either += 1
            self.example = self.example or raw.strip()

    def settles(self, dialect: Dialect) -> Dialect:
        """The dialect these values speak: majority of what is certain, else what was assumed."""
        found = dialect
        if "decimal" not in dialect.asked:
            found = replace(found, decimal="," if self._is_comma(dialect.delimiter) else ".")
        if "date_format" not in dialect.asked:
            day_first = dialect.day_first if self.day == self.month else self.day > self.month
            found = replace(found, day_first=day_first, families=self._most_written(dialect.families))
        return found

    def _most_written(self, assumed: Mapping[str, str]) -> dict[str, str]:
        """By column of dates, how most of them are written; of two as frequent, the one assumed before."""
        found = {}
        for column, counts in self.families.items():
            most = max(counts.values())
            alike = [family for family, count in counts.items() if count == most]
            found[column] = assumed[column] if assumed.get(column) in alike else alike[0]
        return {**assumed, **found}

    def _is_comma(self, delimiter: str) -> bool:
        if (
            self.comma == self.point
        ):  # 1,234 alone: thousands where commas part the cells, else three decimals
            return self.maybe_comma > 0 and delimiter != ","
        return self.comma > self.point

    def warnings(self, dialect: Dialect) -> list[Sentence]:
        """What a person should check: numbers and dates that could be read two ways, dates that are month first."""
        return self._of_numbers(dialect) + self._of_dates(dialect)

    def _of_numbers(self, dialect: Dialect) -> list[Sentence]:
        if not self.maybe or self.comma != self.point or "decimal" in dialect.asked:
            return []
        said = gettext_noop(
            "Numbers such as %(example)s can be read two ways; they were read in thousands, without decimals."
        )
        if dialect.decimal in self.maybe:
            said = gettext_noop(
                "Numbers such as %(example)s can be read two ways; they were read with three decimals."
            )
        return [sentence(said, example=self.maybe)]

    def _of_dates(self, dialect: Dialect) -> list[Sentence]:
        if dialect.pattern or not any(map(is_year_last, dialect.families.values())):
            return []
        if not dialect.day_first and not self.month:
            said = gettext_noop(
                "Dates such as %(example)s can be read two ways; they were read month first (mm/dd), "
                "as in the last file of this source."
            )
            return [sentence(said, example=self.example)]
        if not dialect.day_first:
            return [
                sentence(
                    gettext_noop("Dates were read month first (mm/dd), because day first is impossible.")
                )
            ]
        if self.either and not self.day:
            said = gettext_noop(
                "Dates such as %(example)s can be read two ways; they were read day first (dd/mm)."
            )
            return [sentence(said, example=self.example)]
        return []


def date_format_of(values: Iterable[str], day_first: bool) -> str | None:
    """The most frequent shape of the dates of a sample, as a ``strftime`` pattern."""
    counts: dict[str, int] = {}
    for raw in values:
        if shape := shape_of(raw, day_first):
            counts[shape] = counts.get(shape, 0) + 1
    return max(counts, key=counts.__getitem__) if counts else None
