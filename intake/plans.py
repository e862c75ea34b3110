"""How one file will be read: its dialect, its header, its columns and what kind of file it is."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from base.sentences import Sentence
from intake.dialects import Dialect, Evidence, asked_dialect, check_dialect, date_format_of, known_encoding
from intake.mapping import AUTO, Column, Match, candidates, choose, known_names
from intake.sampling import Header, Sample, find_header, next_encoding, sample

_SAMPLE_ROWS = 5_000


@dataclass(frozen=True)
class Plan:
    """``skip`` is the number of parsed rows up to and with the header."""

    dialect: Dialect
    header: list[str]
    skip: int
    match: Match

    def warnings(self, evidence: Evidence) -> list[Sentence]:
        return self.match.warnings() + evidence.warnings(self.dialect)

    def settled(self, evidence: Evidence) -> "Plan":
        """The plan as the whole file's evidence would have it; equal to this one when nothing speaks against
        it.
        """
        dialect = evidence.settles(self.dialect)
        if dialect.day_first != self.dialect.day_first and dialect.date_format:
            dialect = replace(dialect, date_format=_swapped(dialect.date_format))
        return replace(self, dialect=dialect)


def make_plan(
    path: Path, kind: str, asked: dict[str, Any], encoding: str | None = None, *, day_first: bool = True
) -> Plan:
    """Look at the file and decide; Refused when it is no table or no kind takes its columns.

    ``asked`` is the person's mapping: ``columns`` {source column: field}, ``dialect``. ``encoding`` overrides
    the one guessed, after it failed on the whole file. ``day_first`` is for dates that could be read either way.
    """
    wanted, columns = asked.get("dialect", {}), asked.get("columns", {})
    check_dialect(wanted)
    look = sample(path, encoding or ("encoding" in wanted and known_encoding(wanted["encoding"])) or None)
    among = candidates(kind or AUTO)
    header = find_header(look.head, known_names(among, columns), wanted.get("delimiter"))
    match = choose(among, header.names, columns)
    start = Dialect(look.encoding, header.delimiter, look.compressed, day_first=day_first)
    dialect = _decide(asked_dialect(start, {**wanted, "encoding": look.encoding}), look, header, match)
    return Plan(dialect, header.names, header.row + 1, match)


def other_encoding(plan: Plan) -> str | None:
    """What to try after a byte the plan's encoding cannot hold."""
    return next_encoding(plan.dialect.encoding)


def _decide(dialect: Dialect, look: Sample, header: Header, match: Match) -> Dialect:
    evidence, dates = Evidence(), list[str]()
    rows = list(_rows(look, header))
    for column in match.columns:
        values = _distinct(rows, column)
        evidence.look_all(column.name, column.field.type, values)
        if not dates and column.field.type in ("timestamp", "date"):
            dates = values
    found = evidence.settles(dialect)
    if found.pattern:
        return found
    return replace(found, date_format=date_format_of(dates, found.day_first))


def _rows(look: Sample, header: Header) -> Iterator[list[str]]:
    for lines, skip in ((look.head, header.row + 1), (look.spread, 0)):
        reader = csv.reader(lines, delimiter=header.delimiter)
        try:
            for number, row in enumerate(reader):
                if number >= skip and len(row) == len(header.names):
                    yield row
                if number > _SAMPLE_ROWS:
                    break
        except csv.Error:  # a sample cut inside a quoted cell; the whole file is judged later
            continue


def _distinct(rows: Sequence[list[str]], column: Column) -> list[str]:
    return list(dict.fromkeys(row[column.index] for row in rows))


def _swapped(pattern: str) -> str:
    return pattern.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
