"""Which column of a file is which field of which kind."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from base.sentences import Sentence, sentence
from intake.covering import COVERS
from intake.dialects import check_dialect
from intake.kinds import Field, HasOptions, Kind, kind_for, kinds
from intake.names import plain
from intake.problems import Refused

AUTO = "auto"
LONGEST_SOURCE = 50
LARGEST_MAPPING = 100_000  # bytes
LONGEST_OPTION = 50
NO_SUCH_KIND = gettext_noop("There is no kind of file called %(kind)s.")
_PARTS = frozenset({"columns", "covers", "dialect", "kind", "source"})
_SOURCE = re.compile(rf"[-a-zA-Z0-9_]{{0,{LONGEST_SOURCE}}}")


@dataclass(frozen=True)
class Column:
    """A column that will be read: its 0-based position, its name in the file, the field it fills."""

    index: int
    name: str
    field: Field


@dataclass(frozen=True)
class Match:
    kind: Kind
    columns: tuple[Column, ...]
    unknown: tuple[str, ...]  # columns nobody asked for
    doubled: tuple[str, ...]  # columns whose field another column already fills

    def document(self) -> dict[str, str]:
        return {column.name: column.field.code for column in self.columns}

    def warnings(self) -> list[Sentence]:
        said = []
        if self.unknown:
            text = gettext_noop("These columns are not used: %(columns)s.")
            said.append(sentence(text, columns=", ".join(self.unknown)))
        if self.doubled:
            text = gettext_noop(
                "These columns mean the same as one before them and are not used: %(columns)s."
            )
            said.append(sentence(text, columns=", ".join(self.doubled)))
        return said


def check_asked(asked: Mapping[str, Any]) -> None:
    """Refuse a mapping file with parts nobody knows, before anything is read."""
    options = {name for kind in kinds() if isinstance(kind, HasOptions) for name in kind.options}
    if unknown := set(asked) - _PARTS - options:
        raise Refused(gettext_noop("The mapping has an unknown part: %(part)s."), part=min(unknown))
    _check_texts({name: asked[name] for name in options & set(asked)}, asked.get("covers", ""))
    columns, source = asked.get("columns", {}), asked.get("source", "")
    check_dialect(asked.get("dialect", {}))
    if not isinstance(asked.get("kind", ""), str):
        raise Refused(gettext_noop('The mapping\'s kind must be a text: kind = "…".'))
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        said = gettext_noop("The source must be a code of at most %(most)d letters, digits, - and _.")
        raise Refused(said, most=LONGEST_SOURCE)
    if not isinstance(columns, dict) or not all(isinstance(field, str) for field in columns.values()):
        raise Refused(gettext_noop('The mapping\'s columns must read "source column" = "field".'))


def _check_texts(options: Mapping[str, Any], covers: Any) -> None:
    if covers not in ("", *COVERS):
        raise Refused(gettext_noop("A file covers either “full” or “changes”."))
    for name, given in options.items():
        if not isinstance(given, str) or len(given) > LONGEST_OPTION or "\0" in given:
            said = gettext_noop("The mapping's %(part)s must be a text of at most %(most)d characters.")
            raise Refused(said, part=name, most=LONGEST_OPTION)


def candidates(kind: str) -> list[Kind]:
    """The kinds a file may be: the one asked for, or all; Refused when there is no such kind."""
    if kind == AUTO:
        return kinds()
    try:
        return [kind_for(kind)]
    except KeyError:
        raise Refused(NO_SUCH_KIND, kind=kind[:LONGEST_OPTION]) from None


def known_names(among: Iterable[Kind], asked: Mapping[str, str]) -> Callable[[str], bool]:
    """Tells whether a header cell is a column somebody understands."""
    names = {
        plain(name) for kind in among for field in kind.fields() for name in (field.code, *field.synonyms)
    }
    names |= {plain(name) for name in asked}
    return lambda cell: plain(cell) in names


def choose(among: Sequence[Kind], header: Sequence[str], asked: Mapping[str, str]) -> Match:
    """The kind with most mapped columns that does not refuse them.

    Refused with the sentence of the nearest kind when none takes the file.
    """
    _columns_exist(header, asked)
    possible = [found for kind in among if (found := match(kind, header, asked)) is not None]
    if not possible:
        raise Refused(gettext_noop("The mapping names fields that no kind of file has."))
    possible.sort(key=lambda found: -len(found.columns))
    taken = next((found for found in possible if _refusal(found) is None), None)
    if taken is not None:
        return taken
    if not possible[0].columns:
        raise Refused(gettext_noop("No column is known; look at the example of the kind of file you import."))
    refused = Refused.because(_refusal(possible[0]) or "")
    refused.kind = possible[0].kind
    raise refused


def _refusal(found: Match) -> str | None:
    return found.kind.refuse(frozenset(column.field.code for column in found.columns))


def _columns_exist(header: Sequence[str], asked: Mapping[str, str]) -> None:
    for name in asked:
        if name not in header and plain(name) not in map(plain, header):
            raise Refused(
                gettext_noop("The mapping names a column the file does not have: %(name)s."), name=name
            )


def match(kind: Kind, header: Sequence[str], asked: Mapping[str, str]) -> Match | None:
    """The columns of a kind in a header; None when the person asked for fields the kind does not have."""
    fields = {field.code: field for field in kind.fields()}
    wanted = {plain(name): code for name, code in asked.items()}
    if any(code and code not in fields for code in wanted.values()):
        return None
    names = {**_names(fields.values()), **wanted}
    codes = [(names.get(plain(name)), index, name) for index, name in _asked_first(header, wanted)]
    columns: dict[str, Column] = {}
    for code, index, name in codes:
        if code:
            columns.setdefault(code, Column(index, name, fields[code]))
    return Match(
        kind=kind,
        columns=tuple(sorted(columns.values(), key=lambda column: column.index)),
        unknown=tuple(name for code, _, name in codes if code is None),
        doubled=tuple(name for code, index, name in codes if code and columns[code].index != index),
    )


def _names(fields: Iterable[Field]) -> dict[str, str]:
    """Plain name → field code; a code wins over a synonym, an earlier field over a later one."""
    names: dict[str, str] = {}
    listed = list(fields)
    for field in listed:
        names.setdefault(plain(field.code), field.code)
    for field in listed:
        for synonym in field.synonyms:
            names.setdefault(plain(synonym), field.code)
    return names


def _asked_first(header: Sequence[str], wanted: Mapping[str, str]) -> list[tuple[int, str]]:
    return sorted(enumerate(header), key=lambda pair: (plain(pair[1]) not in wanted, pair[0]))
