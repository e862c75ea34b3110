"""Quotation marks that nothing closes: what they swallow is told line by line; cells of several lines are kept."""

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from intake.dialects import Dialect
from intake.lines import Reader
from intake.models import ImportRun, State
from intake.problems import Refused
from tests.intake.conftest import Import
from tests.intake.test_dirty_files import GOOD, lines, reasons
from tests.intake.toy import HEADER, stored_rows

OPEN = '"T1,Vis,2,3.50,2026-01-31 10:20:30,2026-02-28'  # opens the line and is never closed


def labels(run: ImportRun) -> list[str]:
    return [row["label"] for row in stored_rows(run)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_pairs_of_lines_that_open_a_quote_do_not_swallow_one_another(imported: Import, end: str) -> None:
    """The second quote closes the first: each pair once was one row of the right width."""
    text = end.join([HEADER, *[GOOD] * 20, OPEN, OPEN, *[GOOD] * 5, OPEN, OPEN, ""])
    run = imported(text)
    assert (run.state, run.rows_read, run.rows_accepted) == (State.DONE, 29, 25), run.said
    assert list(reasons(run)) == [22, 23, 29, 30]
    assert {said for said in reasons(run).values()} == {
        "A quotation mark opened on this line is not closed where it should be."
    }


def test_a_file_of_such_lines_is_refused_and_all_are_counted(imported: Import) -> None:
    run = imported("\n".join([HEADER, *[OPEN] * 3_000, ""]))
    assert (run.state, run.rows_read, run.rows_rejected) == (State.REFUSED, 3_000, 3_000)
    assert stored_rows(run) == []


SWALLOWING = {
    "closed by an open one further on": [OPEN, *[GOOD] * 30, OPEN],
    "closed in the label of another row": [
        'T2,"open,2,3.50,2026-01-31 10:20:30,2026-02-28',
        *[GOOD] * 3,
        'T9,close",2,3.50,2026-01-31 10:20:30,2026-02-28',
    ],
    "closed in the very next row": [
        'T2,"open,2,3.50,2026-01-31 10:20:30,2026-02-28',
        'T9,close",2,3.50,2026-01-31 10:20:30,2026-02-28',
    ],
    "opened in the last cell": ['T2,Vis,2,3.50,2026-01-31 10:20:30,"2026-02-28', *[GOOD] * 4],
    "an inch mark that opens a cell": ['T2,"3/4,2,3.50,2026-01-31 10:20:30,2026-02-28', *[GOOD] * 4],
    "opened on the last line": ['T2,"Vis,2,3.50,2026-01-31 10:20:30,2026-02-28'],
    "opened in the last cell of the last line": ['T2,Vis,2,3.50,2026-01-31 10:20:30,"2026-02-28'],
}


@pytest.mark.parametrize("rows", SWALLOWING.values(), ids=SWALLOWING)
def test_no_good_line_is_lost_with_a_quote_left_open(imported: Import, rows: list[str]) -> None:
    good = sum(row == GOOD or row.startswith("T9,close") for row in rows)
    run = imported(lines(*[GOOD] * 20, *rows))
    assert (run.state, run.rows_accepted) == (State.DONE, 20 + good), run.said
    assert reasons(run)[22].startswith("A quotation mark opened on this line")
    assert run.rows_read == 20 + len(rows)


KEPT = {
    "an address": ('"12, rue de la Paix\n75002 Paris\nFrance"', "12, rue de la Paix\n75002 Paris\nFrance"),
    "an address with line ends of Windows": ('"12 rue X\r\nParis"', "12 rue X\r\nParis"),
    "quotes inside": ('"He said ""no,\nnever"" twice"', 'He said "no,\nnever" twice'),
    "inches": ('3/4" pipe', '3/4" pipe'),
    "inches in a quoted cell": ('"3/4"" pipe, long"', '3/4" pipe, long'),
    "blank lines inside": ('"one\n\n\ntwo"', "one\n\n\ntwo"),
    "a list with commas": ('"a,b,c\nd,e,f\ng"', "a,b,c\nd,e,f\ng"),
    "other quotation marks": ("'it’s «x» “y”", "'it’s «x» “y”"),
}


@pytest.mark.parametrize(("cell", "label"), KEPT.values(), ids=KEPT)
def test_cells_that_are_as_they_should_be_are_kept(imported: Import, cell: str, label: str) -> None:
    row = GOOD.replace("Vis", cell)
    run = imported(lines(row, GOOD, row, row))
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 4, 0), reasons(run)
    assert labels(run) == [label, "Vis", label, label]


def test_a_first_cell_of_several_lines_is_kept(imported: Import) -> None:
    """Its last line alone looks like a row of its own."""
    run = imported(lines('"T1\nbis"' + GOOD.removeprefix("T1"), GOOD))
    assert (run.rows_accepted, run.rows_rejected) == (2, 0), reasons(run)


def endless(path: Path, line: str, count: int) -> Path:
    path.write_text(f"{HEADER}\n" + f"{line}\n" * count)
    return path


@pytest.mark.parametrize(
    "line",
    [
        'x",",' + "y" * 50,  # leaves a cell open, read on its own or inside another
        "y" * 50,  # after one quote
    ],
)
def test_a_quote_that_swallows_the_whole_file_takes_no_memory(tmp_path: Path, line: str) -> None:
    path = endless(tmp_path / "open.csv", line, 400_000)
    if '"' not in line:
        path.write_text(f'{HEADER}\n"T1,' + path.read_text())
    tracemalloc.start()
    with Reader(path, Dialect(), 6) as reader, suppress(Refused):
        for _batch in reader.batches(1):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000
