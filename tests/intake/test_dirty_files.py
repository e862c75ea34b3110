"""Files as people really send them."""

import codecs
import gzip

import pytest

from intake.models import ImportReject, ImportRun, State
from intake.runs import Refused
from tests.intake.conftest import Import
from tests.intake.toy import HEADER, stage_exists, stored_rows

GOOD = "T1,Vis,2,3.50,2026-01-31 10:20:30,2026-02-28"


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def padded(*rows: str) -> str:
    """Bad rows among enough good ones for the file to be taken."""
    return lines(*rows, *[GOOD] * (6 * len(rows)))


def reasons(run: ImportRun) -> dict[int, str]:
    return {reject.line: reject.said for reject in run.rejects.all()}


def test_a_plain_file(imported: Import) -> None:
    run = imported(lines(GOOD))
    assert (run.state, run.kind, run.said_warnings) == (State.DONE, "tickets", [])
    assert stored_rows(run) == [
        {
            "ref": "T1",
            "label": "Vis",
            "quantity": 2,
            "amount": 3.50,
            "sold_at": "2026-01-31T10:20:30",
            "due": "2026-02-28",
        }
    ]
    assert run.dialect["date_format"] == "%Y-%m-%d %H:%M:%S"
    assert (str(run.period_start), str(run.period_end), run.totals) == (
        "2026-01-31",
        "2026-01-31",
        {"units": "2"},
    )
    assert not stage_exists(run)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(imported: Import, encoding: str) -> None:
    text = lines(*["T1,Clé à œillet,2,3.50,2026-01-31 10:20,"] * 5)
    run = imported(text.encode(encoding))
    assert run.state == State.DONE, run.said
    assert {row["label"] for row in stored_rows(run)} == {"Clé à œillet"}
    assert run.dialect["encoding"] == encoding


def test_utf_16_big_endian_with_its_mark(imported: Import) -> None:
    run = imported(codecs.BOM_UTF16_BE + lines(GOOD).encode("utf-16-be"))
    assert (run.state, run.dialect["encoding"]) == (State.DONE, "utf-16")


def test_a_first_accent_far_down_the_file_decides_the_encoding(imported: Import) -> None:
    text = lines(*[GOOD] * 30_000, GOOD.replace("Vis", "Boîte"), *[GOOD] * 10)
    run = imported(gzip.compress(text.encode("cp1252"), mtime=0), "far.csv.gz")
    assert (run.state, run.dialect["encoding"]) == (State.DONE, "cp1252")
    assert stored_rows(run)[30_000]["label"] == "Boîte"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_french_files_with_any_delimiter(imported: Import, delimiter: str) -> None:
    header = ["Réf. Ticket", "LIBELLE", "Qté", "Montant", "vendu_le", "échéance"]
    row = ["T1", '"Vis ""inox"""', "1 234", '"1 234,50"', "31/01/2026 10:20", "28/02/2026"]
    run = imported("\r\n".join([delimiter.join(header), delimiter.join(row), ""]).encode("cp1252"))
    assert run.state == State.DONE, run.said
    (kept,) = stored_rows(run)
    assert (kept["label"], kept["quantity"], kept["amount"]) == ('Vis "inox"', 1234, 1234.5)
    assert (kept["sold_at"], kept["due"]) == ("2026-01-31T10:20:00", "2026-02-28")
    assert run.dialect["delimiter"] == delimiter
    assert (run.dialect["decimal"], run.dialect["date_format"]) == (",", "%d/%m/%Y %H:%M")


def test_dates_that_can_be_read_two_ways_are_read_day_first_with_a_warning(imported: Import) -> None:
    run = imported(lines("T1,,1,,03/04/2026,"))
    assert stored_rows(run)[0]["sold_at"] == "2026-04-03T00:00:00"
    assert ["03/04/2026" in said for said in run.said_warnings] == [True]


def test_month_first_only_when_day_first_is_impossible_and_said_so(imported: Import) -> None:
    run = imported(lines("T1,,1,,03/04/2026,", "T2,,1,,12/25/2026,"))
    assert [row["sold_at"][:10] for row in stored_rows(run)] == ["2026-03-04", "2026-12-25"]
    assert ["month first" in said for said in run.said_warnings] == [True]
    assert run.dialect["date_format"] == "%m/%d/%Y"


def test_dates_that_can_be_read_two_ways_are_read_as_those_of_the_last_file(imported: Import) -> None:
    """One file a day: that of the 4th of March alone does not tell its order."""
    imported(lines("T1,,1,,12/25/2026,"), source="us")
    run = imported(lines("T2,,1,,03/04/2026,"), source="us")
    assert stored_rows(run)[-1]["sold_at"] == "2026-03-04T00:00:00"
    assert ["month first (mm/dd), as in the last file" in said for said in run.said_warnings] == [True]
    assert run.dialect["date_format"] == "%m/%d/%Y"
    again = imported(lines("T3,,1,,03/05/2026,"), source="us")
    assert stored_rows(again)[-1]["sold_at"] == "2026-03-05T00:00:00"
    elsewhere = imported(lines("T4,,1,,03/04/2026,"), source="fr")
    assert stored_rows(elsewhere)[-1]["sold_at"] == "2026-04-03T00:00:00"
    surely = imported(lines("T5,,1,,25/04/2026,"), source="us")
    assert stored_rows(surely)[-1]["sold_at"] == "2026-04-25T00:00:00"


def test_the_last_rows_of_a_packed_file_can_decide_the_order_of_dates(imported: Import) -> None:
    rows = [f"T{number},,1,,03/04/2026," for number in range(40_000)]
    run = imported(gzip.compress(lines(*rows, "T,,1,,12/25/2026,").encode(), mtime=0))
    assert (run.state, run.rows_rejected, run.rows_accepted) == (State.DONE, 0, 40_001)
    assert stored_rows(run)[0]["sold_at"] == "2026-03-04T00:00:00"


def test_offsets_become_the_time_of_the_company(imported: Import) -> None:
    run = imported(lines("T1,,1,,2026-07-01T10:00:00Z,", "T2,,1,,2026-01-01 10:00:00 -0500,"))
    assert [row["sold_at"] for row in stored_rows(run)] == ["2026-07-01T12:00:00", "2026-01-01T16:00:00"]


def test_bad_rows_are_rejected_one_by_one_with_line_reason_and_text(imported: Import) -> None:
    bad = [
        ",Vis,1,,2026-01-01,",
        "T1,Vis,two,,2026-01-01,",
        "T1,Vis,1.5,,2026-01-01,",
        "T1,Vis,1,abc,2026-01-01,",
        "T1,Vis,1,,31/02/2026,",
        "T1,Vis,1,,2026-01-01,1802-01-01",
        "T1,Vis,1",
        "T1,Vis,1,,2026-01-01,,,surplus",
        "T1,\0,1,,2026-01-01,",
    ]
    run = imported(padded(*bad))
    assert run.state == State.DONE, run.said
    assert reasons(run) == {
        2: "“ref” is empty.",
        3: "“quantity”: “two” is not a number.",
        4: "“quantity”: “1.5” is not a whole number.",
        5: "“amount”: “abc” is not a number.",
        6: "“sold_at”: “31/02/2026” is not a date.",
        7: "“due”: “1802-01-01” is not a date.",
        8: "Number of cells: 3 instead of 6.",
        9: "Number of cells: 8 instead of 6.",
        10: "“label” holds a null character.",
    }
    assert [reject.raw for reject in run.rejects.all()][:8] == bad[:8]
    assert (run.rows_read, run.rows_accepted, run.rows_rejected) == (63, 54, 9)


def test_blank_lines_repeated_headers_and_trailing_delimiters_are_no_rows(imported: Import) -> None:
    run = imported(f"\n{HEADER}\n\n{GOOD}\n,,,,,\n  \n{HEADER}\n{GOOD},,\n\n")
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 2, 0)


def test_titles_above_the_header_are_passed_over(imported: Import) -> None:
    run = imported(f"Export of tickets\nsep=,\n{HEADER}\n{GOOD}\nbad\n" + f"{GOOD}\n" * 6)
    assert (run.state, list(reasons(run))) == (State.DONE, [5])


def test_line_numbers_are_physical_lines_when_cells_hold_line_ends(imported: Import) -> None:
    run = imported(padded('T1,"one\ntwo\r\nthree",1,,2026-01-01,', "T1,,bad,,2026-01-01,"))
    assert list(reasons(run)) == [5]
    assert stored_rows(run)[0]["label"] == "one\ntwo\r\nthree"


STRAY = 'T2,"open,1,,2026-01-01,'
QUOTED = 'T3,"Vis",1,,2026-01-01,'


@pytest.mark.parametrize(
    "after",
    [
        [GOOD] * 3,  # never closed
        [GOOD] * 30
        + ['T3,"Vis, inox",1,,2026-01-01,']
        + [GOOD] * 3,  # closed by a quote that opens another cell
        [GOOD] * 30 + [QUOTED] + [GOOD] * 3,  # closed so that even the number of cells is right
        [GOOD.replace("Vis", "x" * 2_000)] * 600 + [GOOD] * 20,  # never closed within any sensible cell
        [GOOD] * 3 + ['T4,"two\nlines",1,,2026-01-01,'] + [GOOD] * 3,
    ],
)
def test_a_stray_quote_loses_its_own_line_and_no_other(imported: Import, after: list[str]) -> None:
    run = imported(lines(*[GOOD] * 20, STRAY, *after))
    assert (run.state, run.rows_accepted) == (State.DONE, 20 + len(after)), run.said
    assert [(reject.line, reject.raw) for reject in run.rejects.all()] == [(22, STRAY)]
    assert "quotation mark" in reasons(run)[22]


def test_a_ragged_row_of_several_lines_is_one_reject(imported: Import) -> None:
    run = imported(padded('T1,"one\ntwo\nthree",1'))
    assert reasons(run) == {2: "Number of cells: 3 instead of 6."}


def test_a_large_cell_is_kept_whole(imported: Import) -> None:
    run = imported(lines("T1," + "é" * 900_000 + ",1,,2026-01-01,"))
    assert len(stored_rows(run)[0]["label"]) == 900_000


def test_characters_copy_could_trip_over(imported: Import) -> None:
    label = r"a\tb\N \. c"
    run = imported(lines(f"\\N,{label},1,,2026-01-01,", "T2,'; DROP TABLE x,1,,2026-01-01,"))
    assert [(row["ref"], row["label"]) for row in stored_rows(run)] == [
        ("\\N", label),
        ("T2", "'; DROP TABLE x"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (HEADER.encode() + b"\n", "no rows"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7 ...", "PDF"),
        (bytes(range(256)) * 10, "table"),
        (b"just a sentence\nand another\n", "table"),
        (b"a,b\n1,2\n", "No column is known"),
        (b"ref,label\nT1,Vis\n", "These columns are missing: quantity, sold_at."),
        (b"\x1f\x8b" + b"garbage" * 5, "damaged"),
        (gzip.compress((HEADER + "\n" + f"{GOOD}\n" * 90_000).encode(), mtime=0)[:-2_000], "damaged"),
        (lines(*[GOOD] * 3, "bad").encode(), "1 of 4"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence_and_stores_nothing(
    imported: Import, content: bytes, said: str
) -> None:
    run = imported(content)
    assert run.state == State.REFUSED
    assert said in run.said
    assert stored_rows(run) == []
    assert not stage_exists(run)


def test_one_row_in_five_may_be_bad_and_not_one_more(imported: Import) -> None:
    assert imported(lines(*[GOOD] * 4, "bad")).state == State.DONE
    assert imported(lines(*[GOOD] * 7, "bad", "bad")).state == State.REFUSED


def test_rows_refused_for_their_meaning_count_too(imported: Import) -> None:
    senseless = "meaningless" + GOOD[2:]
    run = imported(lines(*[GOOD] * 5, senseless))
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 5, 1)
    assert reasons(run) == {7: "It has no meaning."}
    assert run.rejects.get().raw == senseless
    refused = imported(lines(*[GOOD] * 2, senseless))
    assert (refused.state, stored_rows(refused), reasons(refused)) == (
        State.REFUSED,
        [],
        {4: "It has no meaning."},
    )


def test_a_fault_while_storing_is_in_the_log_and_changes_nothing(
    imported: Import, caplog: pytest.LogCaptureFixture
) -> None:
    run = imported(lines(GOOD, "broken" + GOOD[2:]))
    assert (run.state, stored_rows(run)) == (State.FAILED, [])
    assert "division by zero" in caplog.text
    assert "division by zero" not in str(run.message)


def test_unused_columns_are_listed(imported: Import) -> None:
    run = imported(lines(GOOD).replace("label,", "colour,").replace("due", "QTY"))
    assert run.said_warnings == [
        "These columns are not used: colour.",
        "These columns mean the same as one before them and are not used: QTY.",
    ]


def test_a_mapping_overrides_what_headers_say(imported: Import) -> None:
    mapping = {
        "columns": {"no": "ref", "when": "sold_at", "label": "", "n": "quantity"},
        "dialect": {"date_format": "%d %m %y", "decimal": ","},
        "kind": "tickets",
        "source": "shop",
    }
    run = imported("no,when,label,n,amount\nT1,03 04 26,x,2,1.234\n", mapping=mapping)
    assert run.state == State.DONE, run.said
    (row,) = stored_rows(run)
    assert (row["sold_at"], row["amount"], "label" in row) == ("2026-04-03T00:00:00", 1234, False)
    assert (run.source, run.mapping) == (
        "shop",
        {"no": "ref", "when": "sold_at", "n": "quantity", "amount": "amount"},
    )
    assert run.dialect["date_format"] == "%d %m %y"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"columns": {"nowhere": "ref"}}, "a column the file does not have: nowhere"),
        ({"columns": {"ref": "nothing"}}, "fields that no kind of file has"),
        ({"dialect": {"encoding": "ascii"}}, "bytes that are not ascii"),
    ],
)
def test_a_wrong_mapping_refuses_the_file(imported: Import, mapping: dict[str, object], said: str) -> None:
    run = imported(lines(GOOD.replace("Vis", "Clé")), mapping=mapping)
    assert (run.state, said in run.said) == (State.REFUSED, True), run.said


@pytest.mark.parametrize(
    "options", [{"kind": "unheard"}, {"mapping": {"colums": {}}}, {"mapping": {"columns": 3}}]
)
def test_what_makes_no_sense_is_refused_before_anything_is_recorded(
    imported: Import, options: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        imported(lines(GOOD), **options)
    assert not ImportRun.objects.exists()


def test_a_file_that_is_not_there(imported: Import, db: None) -> None:
    from intake.runs import import_file

    with pytest.raises(Refused, match="cannot be opened"):
        import_file("/nowhere/at/all.csv")
    assert not ImportReject.objects.exists()
