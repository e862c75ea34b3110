"""What is shown, and kept, of each row: its number, what becomes of it, and why, by column as spreadsheets name it."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from base.sentences import Kept, keep
from intake.rows.checking import Checked
from intake.rows.kinds import Change, Outcome


class Line(TypedDict):
    row: int
    outcome: str
    title: str
    said: list[Kept]
    doubts: NotRequired[list[Kept]]  # as of a slip; lines of before have none
    cells: list[tuple[str, Kept]]  # letter of the column, what is wrong with its cell


def lines_of(checked: Checked, changes: Sequence[Change]) -> list[Line]:
    """All rows in the order of the sheet: those whose cells cannot be read, and what the others would do."""
    lines = [_line(change) for change in changes]
    for number, errors in checked.errors.items():
        cells = [(letter, keep(said)) for letter, said in errors]
        lines.append(
            Line(row=number, outcome=Outcome.REFUSED, title=checked.names[number], said=[], cells=cells)
        )
    return sorted(lines, key=lambda line: line["row"])


def _line(change: Change) -> Line:
    cells = [(change.row.letters.get(code, ""), keep(said)) for code, said in change.errors.items()]
    said: list[str] = change.details
    outcome: str = Outcome.REFUSED if change.errors else change.outcome
    if change.errors:
        said = []  # what it would have done
    if change.refused:
        outcome, said = Outcome.REFUSED, [change.refused]
    line = Line(
        row=change.row.number,
        outcome=outcome,
        title=change.title,
        said=[keep(one) for one in said],
        cells=cells,
    )
    if change.doubts and outcome != Outcome.REFUSED:
        line["doubts"] = [keep(one) for one in change.doubts]
    return line


def digest_of(lines: Sequence[Line]) -> str:
    return hashlib.sha256(json.dumps(lines, sort_keys=True, default=list).encode()).hexdigest()


def counts_of(lines: Sequence[Line]) -> Mapping[str, int]:
    return Counter(line["outcome"] for line in lines)


def as_kept(lines: Sequence[Line]) -> list[Any]:
    kept: list[Any] = json.loads(json.dumps(lines))  # as the database gives them back
    return kept
