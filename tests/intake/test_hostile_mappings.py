"""Mapping files nobody should write: each is one sentence before anything is kept, on the page and the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from intake.models import ImportRun, State
from intake.runs import Refused
from tests.intake.conftest import Import
from tests.intake.toy import HEADER, stored_rows

FILE = f"{HEADER}\nT1,x,1,2,2026-01-02,\n"
NO_TEXT = ("rot13", "rot_13", "zlib", "hex", "base64", "bz2", "quopri", "uu", "idna", "punycode", "undefined")
STATEFUL = ("unicode_escape", "raw_unicode_escape", "utf-7", "iso2022_jp", "hz", "mbcs", "charmap", "palmos")
ODD_NAMES = (
    "",
    "utf-8\0",
    "\0",
    "ut\u0131f-8",
    "x" * 100_000,
    "../../etc/passwd",
    "encodings.utf_8",
    "utf-8\n",
)
ODD_DELIMITERS = ("", '"', "\n", "\r", "\0", "a", "5", " ", ";;", "'", "é", "\u2028", ".", "-", "\U0001f600")
ODD_PATTERNS = (
    *(
        "",
        "%",
        "%d",
        "%Y-%m",
        "%d/%m/%Y %d",
        "%d/%m/%Y%y",
        "%d/%m/%b/%Y",
        "%j %Y",
        "%d/%m/%Y %",
        "%d/%m/%Y%%",
    ),
    *("%c", "%x", "%s", "%d/%m/%Y %Q", "%-d/%m/%Y", "%d/%m/%Y\n", "%d/%m/%Y\0", "%d/%m/%Y" + "x" * 100_000),
    *(
        "%G-W%V-%u",
        "%d/%m/%Y %H %H",
        "%d/%m/%Y %I:%M",
        "%d/%m/%Y %H %I %p",
        "%d/%m/%Y %Z",
        "dd/mm/yyyy",
        "%%d/%m/%Y",
    ),
)
ODD: list[tuple[str, list[Any], str]] = [
    ("dialect.encoding", [*NO_TEXT, *STATEFUL, *ODD_NAMES], "does not exist"),
    ("dialect.delimiter", [*ODD_DELIMITERS], "delimiter must be one"),
    ("dialect.date_format", [*ODD_PATTERNS], "date format must name"),
    ("dialect.decimal", ["", ".,", "٫", "\0"], "decimal mark"),
    ("dialect.quote", ["x"], "unknown part of the dialect: quote"),
    ("dialect", ["x", [], 1, {"decimal": 1}, {"delimiter": []}], "dialect must read"),
    ("kind", [1, [], {}, True, 1.5], "kind must be a text"),
    ("kind", ["", "\udcff", "tickets\0", "x" * 5_000], "no kind of file called"),
    ("source", [1, [], {}, True, "a b", "\udcff", "x" * 51], "source must be a code"),
    ("columns", [[], "x", 1, {"ref": 1}, {"ref": ["ref"]}], "columns must read"),
    ("covers", [1, [], {}, True, "all", "full\0"], "covers either"),
]


def _mapping(part: str, value: Any) -> dict[str, Any]:
    name, _, of = part.partition(".")
    return {name: {of: value}} if of else {name: value}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        pytest.param(_mapping(part, value), said, id=f"{part} {ascii(value)[:40]}")
        for part, values, said in ODD
        for value in values
    ],
)
def test_a_mapping_that_cannot_be_is_one_sentence_before_anything_is_kept(
    imported: Import, media: Path, mapping: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        imported(FILE, mapping=mapping)
    assert len(str(refused.value)) < 300
    assert not ImportRun.objects.exists()
    assert not list(media.rglob("*"))


def _toml(mapping: dict[str, Any]) -> str:
    return "".join(
        f"[{name}]\n" + "".join(f"{json.dumps(k)} = {json.dumps(v)}\n" for k, v in part.items())
        if isinstance(part, dict)
        else f"{name} = {json.dumps(part)}\n"
        for name, part in mapping.items()
    )


WRITTEN = [
    ({"dialect": {"encoding": "zlib"}}, "The encoding zlib does not exist."),
    ({"dialect": {"encoding": "undefined"}}, "The encoding undefined does not exist."),
    ({"dialect": {"delimiter": '"'}}, "The delimiter must be one"),
    ({"dialect": {"delimiter": "7"}}, "The delimiter must be one"),
    ({"dialect": {"date_format": "%d%d"}}, "The date format must name"),
    ({"kind": 7}, "kind must be a text"),
    ({"source": [1]}, "The source must be a code"),
    ({"columns": {"ref": False}}, "columns must read"),
]


@pytest.mark.parametrize(("mapping", "said"), WRITTEN, ids=lambda value: ascii(value)[:40])
def test_so_it_is_on_the_page_and_the_command_line(
    cast: Any, as_: Any, tmp_path: Path, mapping: dict[str, Any], said: str
) -> None:
    page = as_(cast.administrator).post(
        reverse("import_add"),
        {
            "kind": "auto",
            "file": SimpleUploadedFile("x.csv", FILE.encode()),
            "mapping": SimpleUploadedFile("m.toml", _toml(mapping).encode()),
        },
    )
    assert page.status_code in (200, 422)
    assert said in page.content.decode()
    (tmp_path / "x.csv").write_text(FILE)
    (tmp_path / "m.toml").write_text(_toml(mapping))
    with pytest.raises(CommandError, match=said) as refused:
        call_command("import_data", str(tmp_path / "x.csv"), "--mapping", str(tmp_path / "m.toml"))
    assert "\n" not in str(refused.value)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("name", "own"),
    [
        *(
            ("latin-1", "iso8859-1"),
            ("Windows-1252", "cp1252"),
            ("UTF8", "utf-8"),
            ("utf_16_le", "utf-16-le"),
        ),
        *(("ISO-8859-15", "iso8859-15"), ("cp850", "cp850"), ("utf-32", "utf-32"), ("gb18030", "gb18030")),
    ],
)
def test_encodings_of_files_are_read_whatever_their_alias(imported: Import, name: str, own: str) -> None:
    run = imported(FILE.replace(",x,", ",é,").encode(name), mapping={"dialect": {"encoding": name}})
    assert (run.state, run.dialect["encoding"]) == (State.DONE, own), run.said
    assert stored_rows(run)[0]["label"] == "é"


@pytest.mark.parametrize("mark", [":", "^", "~", "#", "¦", "|", "\t"])
def test_delimiters_that_can_be_asked_for(imported: Import, mark: str) -> None:
    run = imported(FILE.replace(",", mark), mapping={"dialect": {"delimiter": mark}})
    assert (run.state, run.rows_accepted) == (State.DONE, 1), run.said


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2026-01-02T10:00:00+01:00", "0001-01-01T00:00:00+14:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-01-02T10:00:00+01:00", "9999-12-31T23:59:59-14:00"),
        ("%d %b %Y", "2 Jan 2026", "2 Jan 0026"),
        ("%Y%m%d", "20260102", "99990102"),
        ("%d/%m/%y %I:%M %p", "02/01/26 03:04 PM", "02/01/26 13:04 PM"),
    ],
)
def test_a_date_outside_any_calendar_costs_its_row_only(
    imported: Import, pattern: str, good: str, bad: str
) -> None:
    rows = [f"T{n},x,1,2,{good}," for n in range(9)]
    run = imported(
        "\n".join([HEADER, *rows, f"B,x,1,2,{bad},", ""]), mapping={"dialect": {"date_format": pattern}}
    )
    assert (run.state, run.rows_accepted, run.rows_rejected) == (State.DONE, 9, 1), run.said
