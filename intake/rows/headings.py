"""Where the table of a sheet begins, and which of its columns is which: guessed from headings, asked where unsure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from intake.names import plain
from intake.rows.cells import is_blank, month_of, text_of
from intake.rows.kinds import Column, in_each_language

WITHIN = 40  # rows: exports may begin with titles, an address, a preamble
_SHORTEST = 4  # letters of a name that may be part of a heading


@dataclass
class Guess:
    """``columns``: code → 0-based column. ``is_sure`` when nothing had two readings and no needed column is missing."""

    columns: dict[str, int] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    missing: list[Column] = field(default_factory=list)

    @property
    def is_sure(self) -> bool:
        return not self.unsure and not self.missing


def names_of(columns: Sequence[Column]) -> dict[str, set[str]]:
    """Plain heading → the codes it may stand for."""
    found: dict[str, set[str]] = {}
    for column in columns:
        for name in (column.code, *in_each_language(column.label), *column.headings):
            found.setdefault(plain(name), set()).add(column.code)
    return found


def heading(cell: Any) -> str:
    """A heading in words: that of a template may say that it is needed (``E-mail *``)."""
    return text_of(cell).rstrip("* ")


def header_row(
    rows: Sequence[Sequence[Any]], names: Mapping[str, set[str]], *, months: bool = False
) -> tuple[int, int]:
    """The 0-based row that is most likely the header, and how many columns of it are known; 0 when none is."""
    scores = [_score(row, names, months=months) for row in rows[:WITHIN]]
    if not scores:
        return 0, 0
    best = max(range(len(scores)), key=lambda number: (scores[number], -number))
    if scores[best] == 0:
        best = next((n for n, row in enumerate(rows[:WITHIN]) if sum(not is_blank(c) for c in row) > 1), 0)
    return best, scores[best]


def _score(row: Sequence[Any], names: Mapping[str, set[str]], *, months: bool) -> int:
    known: set[str] = set()
    for cell in row:
        known |= names.get(plain(heading(cell)), set())
    return len(known) + (sum(month_of(cell) is not None for cell in row) if months and known else 0)


def months_in(header: Sequence[Any]) -> dict[int, date]:
    """The columns of a sheet whose heading is a month."""
    found = {number: month_of(cell) for number, cell in enumerate(header)}
    return {number: month for number, month in found.items() if month is not None}


def guess(header: Sequence[Any], columns: Sequence[Column], remembered: Mapping[str, str]) -> Guess:
    """Which column is which. ``remembered`` is {plain heading: code, or blank}: what was said the last time wins."""
    found, said = Guess(), [plain(heading(cell)) for cell in header]
    codes = {column.code for column in columns}
    taken = {number for number, name in enumerate(said) if name in remembered}
    for number in sorted(taken):
        if remembered[said[number]] in codes:
            found.columns.setdefault(remembered[said[number]], number)
    _claimed(said, names_of(columns), found, taken)
    _nearly(said, columns, found, taken)
    found.missing = [column for column in columns if column.required and column.code not in found.columns]
    return found


def _claimed(said: Sequence[str], names: Mapping[str, set[str]], found: Guess, taken: set[int]) -> None:
    """Headings that are known. Two for one column, or one for two, are asked about."""
    claims: dict[str, list[int]] = {}
    for number, name in enumerate(said):
        for code in names.get(name, ()) if number not in taken else ():
            claims.setdefault(code, []).append(number)
    for code, numbers in claims.items():
        free = [number for number in numbers if number not in taken]
        if code in found.columns or not free:
            continue
        found.columns[code] = free[0]
        taken.add(free[0])
        rivals = [other for other in names[said[free[0]]] if other != code and other not in found.columns]
        if len(free) > 1 or rivals:
            found.unsure.add(code)


def _nearly(said: Sequence[str], columns: Sequence[Column], found: Guess, taken: set[int]) -> None:
    """Offer, for what nobody claimed, a heading that holds one of its names; it is asked."""
    for column in columns:
        if column.code in found.columns:
            continue
        own = {plain(name) for name in (*in_each_language(column.label), *column.headings)}
        for number, name in enumerate(said):
            if number not in taken and any(len(one) >= _SHORTEST and one in name for one in own):
                found.columns[column.code] = number
                found.unsure.add(column.code)
                taken.add(number)
                break


def letter(number: int) -> str:
    """The letter of a 0-based column as spreadsheets name it: 0 → A, 27 → AB."""
    # openpyxl has this too, and would cost each process that answers pages 0.4 s and 25 MB.
    said = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        said = chr(65 + rest) + said
    return said
