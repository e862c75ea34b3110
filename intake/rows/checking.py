"""From the cells of a staged sheet to checked rows: each cell read as its column, each error said with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from base.sentences import Sentence, sentence
from intake.problems import BadCell
from intake.rows.cells import Manner, is_blank, manner_of, read_cell, text_of
from intake.rows.headings import heading, letter, months_in
from intake.rows.kinds import MONTH, VALUE, Column, Row, may_go_across


@dataclass
class Checked:
    """``errors``: by number of the row, (letter, sentence) of each of its cells that cannot be taken."""

    rows: list[Row] = field(default_factory=list)
    errors: dict[int, list[tuple[str, Sentence]]] = field(default_factory=dict)
    said: list[Sentence] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)  # what stands in a row that has an error


def check(
    rows: Sequence[Sequence[Any]],
    header: int,
    places: Mapping[str, int],
    columns: Sequence[Column],
    delimiter: str,
) -> Checked:
    """Read the rows under the 0-based ``header`` row. ``places`` is {code: 0-based column}."""
    used = [column for column in columns if column.code in places]
    found, seen = Checked(), dict[tuple[Any, ...], int]()
    body = list(_body(rows, header, places, used))
    across = _across(rows, header, places, columns)
    places_of = {code: [place] for code, place in places.items()} | ({VALUE: list(across)} if across else {})
    manners = {}
    for column in columns:
        if column.code in places_of:
            texts = (_at(row, place) for _, row in body for place in places_of[column.code])
            manners[column.code], warned = manner_of(column, texts, delimiter)
            found.said += warned
    for number, row in body:
        for cells, letters in _spread(row, places, across):
            _check_row(found, number, cells, letters, columns, manners, seen)
    return found


def _body(
    rows: Sequence[Sequence[Any]], header: int, places: Mapping[str, int], used: Sequence[Column]
) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows that say something, with their numbers: no blank ones, no repeated headings, no example of ours."""
    headings = [text_of(_at(rows[header], place)) for place in places.values()] if header < len(rows) else []
    examples = {column.code: text_of(column.example) for column in used if column.example != ""}
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        cells = [_at(row, place) for place in places.values()]
        if all(is_blank(cell) for cell in cells) or [text_of(cell) for cell in cells] == headings:
            continue
        if examples and all(text_of(_at(row, places[code])) == said for code, said in examples.items()):
            continue
        yield number, row


def _at(row: Sequence[Any], place: int) -> Any:
    return row[place] if place < len(row) else None


def _across(
    rows: Sequence[Sequence[Any]], header: int, places: Mapping[str, int], columns: Sequence[Column]
) -> dict[int, Any]:
    """The columns that are months, of a kind that has a month and a value, where the sheet has no column of values."""
    if not may_go_across(columns) or VALUE in places or header >= len(rows):
        return {}
    return {place: day for place, day in months_in(rows[header]).items() if place not in places.values()}


def _spread(
    row: Sequence[Any], places: Mapping[str, int], across: Mapping[int, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The cells of a row by code; of one that goes across, once for each month it says something of."""
    own = {code: _at(row, place) for code, place in places.items()}
    letters = {code: letter(place) for code, place in places.items()}
    if not across:
        yield own, letters
    for place, month in across.items():
        if not is_blank(cell := _at(row, place)):
            there = letter(place)
            yield (
                {**own, MONTH: {"date": month.isoformat()}, VALUE: cell},
                {**letters, MONTH: there, VALUE: there},
            )


def _check_row(
    found: Checked,
    number: int,
    cells: Mapping[str, Any],
    letters: Mapping[str, str],
    columns: Sequence[Column],
    manners: Mapping[str, Manner],
    seen: dict[tuple[Any, ...], int],
) -> None:
    used = [column for column in columns if column.code in cells]
    values: dict[str, Any] = {}
    errors: list[tuple[str, Sentence]] = []
    for column in used:
        try:
            values[column.code] = _value(column, cells[column.code], manners)
        except BadCell as bad:
            errors.append((letters[column.code], bad.sentence))
    keys = [column.code for column in used if column.key]
    key = tuple(values.get(code) for code in keys)
    if not errors and key in seen:
        said = gettext_noop("The same stands in row %(row)d already.")
        errors.append((letters[keys[0]], sentence(said, row=seen[key])))
    if errors:
        found.errors.setdefault(number, []).extend(errors)
        found.names.setdefault(number, _name(columns, cells))
        return
    if any(key):
        seen[key] = number
    found.rows.append(
        Row(number, {code: value for code, value in values.items() if value is not None}, letters)
    )


def _value(column: Column, cell: Any, manners: Mapping[str, Manner]) -> Any:
    value = None if is_blank(cell) else read_cell(column, cell, manners.get(column.code, Manner()))
    if value is None and column.required:
        raise BadCell(gettext_noop("“%(column)s” is empty."), column=str(column.label))
    return value


def _name(columns: Sequence[Column], cells: Mapping[str, Any]) -> str:
    keys = [text_of(cells.get(column.code)) for column in columns if column.key]
    return " · ".join(part for part in keys if part)[:100]


def unused(header: Sequence[Any], places: Mapping[str, int], across: bool) -> list[str]:
    """The headings of columns nobody reads."""
    months = months_in(header) if across else {}
    return [
        heading(cell)
        for place, cell in enumerate(header)
        if not is_blank(cell) and place not in places.values() and place not in months
    ]
