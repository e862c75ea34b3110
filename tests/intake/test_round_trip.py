"""Any table written in any supported dialect is read back as it was."""

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.numbers import decimal_mark, number_of
from intake import kinds
from intake.cells import NULL
from intake.dates import moment_of, shape_of
from intake.models import State
from intake.runs import import_file
from tests.intake.toy import COLUMNS, stored_rows

LETTERS = "abcXYZ éàçœ€'\"\\,;\t|\n-_.#019"  # all in cp1252
WORDS = st.text(LETTERS, max_size=12).map(str.strip)
REFS = WORDS.filter(lambda word: word not in ("", "meaningless", "broken", "ref"))
MOMENTS = st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2120-01-01")).map(
    lambda at: at.replace(microsecond=0, fold=0)
)
DAYS = st.dates(date(1990, 1, 1), date(2120, 1, 1))
AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**62), 2**62)
# Decisive for the decimal mark and the order of day and month, which ambiguous cells alone cannot tell.
DECISIVE = ("last", "", 1, Decimal("0.50"), datetime.fromisoformat("2026-12-31 23:59:58"), date(2026, 12, 31))


@dataclass(frozen=True)
class Writing:
    encoding: str
    delimiter: str
    decimal: str
    grouping: str
    day: str
    time: str
    quoting: Literal[0, 1]
    end: str
    packed: bool

    def number(self, value: Decimal | int) -> str:
        text = f"{value:,}" if self.grouping else str(value)
        return text.replace(",", "G").replace(".", self.decimal).replace("G", self.grouping)

    def cell(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.strftime(f"{self.day} {self.time}")
        if isinstance(value, date):
            return value.strftime(self.day)
        return self.number(value) if isinstance(value, Decimal | int) else str(value)

    def file(self, rows: list[tuple[Any, ...]]) -> bytes:
        text = io.StringIO()
        # Python before 3.13 leaves line feeds unquoted where lines end otherwise: nobody could read that.
        quoting: Literal[0, 1] = csv.QUOTE_ALL if self.end == "\r" else self.quoting
        writer = csv.writer(text, delimiter=self.delimiter, quoting=quoting, lineterminator=self.end)
        writer.writerow(COLUMNS)
        writer.writerows([self.cell(value) for value in row] for row in rows)
        data = text.getvalue().encode(self.encoding)
        return gzip.compress(data) if self.packed else data


WRITINGS = st.builds(
    Writing,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([",", "."]),
    grouping=st.sampled_from(["", " ", "\u00a0"]),
    day=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%Y/%m/%d"]),
    time=st.sampled_from(["%H:%M:%S", "%I:%M:%S %p"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    packed=st.booleans(),
)
ROWS = st.lists(
    st.tuples(REFS, WORDS, WHOLE, AMOUNTS | st.none(), MOMENTS, DAYS | st.none()), min_size=1, max_size=8
)


@given(rows=ROWS, writing=WRITINGS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_any_table_in_any_dialect_is_read_back_identically(
    tmp_path: Path, rows: list[tuple[Any, ...]], writing: Writing
) -> None:
    # Majorities decide: the decisive values must outnumber the random ones that happen to look the other way.
    if "%m/%d" in writing.day:
        rows = [row for row in rows if row[4].day > 12 and (row[5] is None or row[5].day > 12)]
    rows = [*rows, DECISIVE]
    path = tmp_path / "table.csv"
    path.write_bytes(writing.file(rows))
    run = import_file(path)
    assert run.state in (State.DONE, State.UNCHANGED), (run.said, [str(r) for r in run.rejects.all()])
    if run.state == State.DONE:
        assert (run.rows_accepted, run.rows_rejected) == (len(rows), 0), [str(r) for r in run.rejects.all()]
        assert [_typed(row) for row in stored_rows(run)] == [
            (ref, label or None, quantity, amount, sold_at, due)
            for ref, label, quantity, amount, sold_at, due in rows
        ]


def _typed(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["ref"],
        row["label"],
        row["quantity"],
        None if row["amount"] is None else Decimal(str(row["amount"])).quantize(Decimal("0.01")),
        datetime.fromisoformat(row["sold_at"]),
        None if row["due"] is None else date.fromisoformat(row["due"]),
    )


@given(value=AMOUNTS, mark=st.sampled_from([".", ","]), grouped=st.booleans())
def test_numbers_are_read_exactly(value: Decimal, mark: str, grouped: bool) -> None:
    group = "," if mark == "." else "."
    text = (f"{value:,}" if grouped else f"{value}").replace(",", "G").replace(".", mark).replace("G", group)
    assert Decimal(number_of(text, mark) or "nan") == value
    assert decimal_mark(text) == mark


@pytest.mark.parametrize(
    ("raw", "mark", "number"),
    [
        ("12,5 %", ",", "0.125"),
        ("(1 234,50 €)", ",", "-1234.5"),
        ("-€12.50", ".", "-12.5"),
        ("1 234,50-", ",", "-1234.5"),
        ("1 234,50 € -", ",", "-1234.5"),
        ("-5-", ".", None),
        ("5.-", ".", None),
        ("(5)-", ".", None),
        ("€ 12", ".", "12"),
        ("1'234.5", ".", "1234.5"),
        ("1.5e3", ".", "1500"),
        ("\u22125", ".", "-5"),
        (".5", ".", "0.5"),
        ("5.", ".", "5"),
        ("1,234", ".", "1234"),
        ("1.234", ",", "1234"),
        ("1,23", ".", None),
        ("1 23", ".", None),
        ("12-3", ".", None),
        ("", ".", None),
        ("-", ".", None),
        ("1e999999", ".", None),
        ("1e99", ".", None),
        ("٣", ".", None),
        ("inf", ".", None),
    ],
)
def test_ways_to_write_a_number(raw: str, mark: str, number: str | None) -> None:
    assert number_of(raw, mark) == number


@pytest.mark.parametrize(
    ("raw", "moment", "shape"),
    [
        ("2026-01-02", "2026-01-02T00:00:00", "%Y-%m-%d"),
        ("2026-01-02T03:04:05.678", "2026-01-02T03:04:05.678000", "%Y-%m-%dT%H:%M:%S.%f"),
        ("2026/1/2 3:04", "2026-01-02T03:04:00", "%Y/%m/%d %H:%M"),
        ("02/01/2026 03h04", "2026-01-02T03:04:00", "%d/%m/%Y %H:%M"),
        ("2.1.26", "2026-01-02T00:00:00", "%d.%m.%y"),
        ("20260102", "2026-01-02T00:00:00", "%Y%m%d"),
        ("02/01/2026 12:04 am", "2026-01-02T00:04:00", "%d/%m/%Y %I:%M %p"),
        ("2026-01-02 13:04 PM", None, None),
        ("2026-02-30", None, None),
        ("2026-01-02 25:00", None, None),
        ("20261301", None, None),
        ("0202-01-02", None, None),
        ("2026-01/02", None, None),
        ("yesterday", None, None),
    ],
)
def test_ways_to_write_a_date(raw: str, moment: str | None, shape: str | None) -> None:
    from zoneinfo import ZoneInfo

    found = moment_of(raw, True, ZoneInfo("Europe/Paris"))
    assert (found.isoformat() if found else None) == moment
    if shape:
        assert shape_of(raw, True) == shape


def test_null_is_what_copy_understands(tickets: Any, imported: Callable[..., Any]) -> None:
    assert kinds.kind_for("tickets") is tickets
    run = imported("ref,quantity,sold_at,amount,label\nT1,1,2026-01-01,n/a,\nT2,1,2026-01-01,--,\\N\n")
    assert [(row["amount"], row["label"]) for row in stored_rows(run)] == [(None, None), (None, NULL)]
