"""What a hostile or broken client sends: values of a parameter, query strings, bodies and headers."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

NUMBERS = (
    *(
        "-1",
        "0",
        "1",
        "-0",
        "1.5",
        "1,5",
        "1e400",
        "1e-400",
        "NaN",
        "inf",
        "-Infinity",
        "0x10",
        "1_000",
        "+5",
    ),
    *(
        "2147483648",
        "9223372036854775808",
        "-9223372036854775809",
        "9" * 400,
        "9" * 5000,
        "٣",
        "²",
        "１２",
        " 7 ",
    ),
)
DATES = (
    *("0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "1900-01-01", "2199-12-31", "2026-02-30"),
    *("2026-W01-1", "20261120", "2026-11-20T00:00:00Z", "-2026-11-20", "tomorrow"),
)
TEXTS = (
    *(
        "",
        " ",
        "x" * 20_000,
        "\u202egnp.exe",
        "e" + "\u0301" * 300,
        "\u2028",
        "\ufeff",
        "\U0001f600",
        "\ufffe",
    ),
    *("\x01\x1b[31m", "a\r\nSet-Cookie: x=1", "\t", "\\", '"', "'", "`"),
)
CODE = (
    *(
        "' OR 1=1--",
        "'; DROP TABLE kpis_fact;--",
        "1) UNION SELECT NULL--",
        "%s",
        "%(a)s",
        "%",
        "%%",
        "{0}",
        "{}",
        "{",
    ),
    *(
        "{{ 7*7 }}",
        "{% debug %}",
        "${7*7}",
        "<script>alert(1)</script>",
        "pk__in",
        "password",
        "user__password",
    ),
    *(
        "-",
        "--",
        "-id",
        "?",
        "id__gt",
        "__class__",
        "indicator__owner__password",
        "-unknown",
        "id,name",
        "[]",
        "[1",
    ),
    *(
        "null",
        "true",
        '{"a": 1}',
        "=",
        "channel=",
        "=x",
        "channel=x",
        "channel:x",
        "whole",
        "a=b=c",
        "day",
        "mtd",
    ),
)
PLACES = (
    *(
        "../../../etc/passwd",
        "..\\..\\",
        "/etc/passwd",
        "file:///etc/passwd",
        "//evil.example",
        "https://evil.example",
    ),
    *("javascript:alert(1)", "http://[", "/\r\nx", "/%00", "csv", "xlsx", "json", "yaml", "latex"),
)
VALUES = (*NUMBERS, *DATES, *TEXTS, *CODE, *PLACES)
# Those that found something, or come nearest to it, are tried on each parameter alone.
WORST = (
    "-1",
    "0",
    "9" * 400,
    "9" * 5000,
    "²",
    "NaN",
    "1e400",
    "9999-12-31",
    "0001-01-01",
    "x" * 20_000,
    "pk__in",
    "%",
)

# Names of parameters beside those a page shows: of lists, of libraries, and of nobody.
EVERYWHERE = (
    *(
        "page",
        "per_page",
        "sort",
        "_export",
        "table",
        "grain",
        "where",
        "by",
        "over",
        "start",
        "end",
        "unread",
        "next",
    ),
    *("id__gt", "__proto__", "csrfmiddlewaretoken", "format", "_method", "x[]", "x" * 500, "\u202e", ""),
)

QUERIES = (
    *(
        "%",
        "%zz",
        "a=%",
        "page=%ff%fe",
        "sort=%ed%a0%80",
        "grain=%u0000",
        "&&&===",
        ";",
        "page",
        "page[]=1",
        "?page=1",
    ),
    *("page=%00", "%00=1", "where=%00", "_export=csv%00", "sort=" + "-" * 900, "a" * 4000),
    *("&".join(f"page={n}" for n in range(900)), "&".join(f"sort=f{n}" for n in range(200))),
    *(
        "&".join(f"f{n}=1" for n in range(1500)),
        "sort=id&sort=-id&sort=id",
        "per_page=0&page=-1",
        "page=1&page=-1",
    ),
    *("_export=csv&_export=xlsx&per_page=-1", "per_page=-1&page=last", "%e2%80%ae=%e2%80%ae"),
)


class Body(NamedTuple):
    content_type: str
    content: bytes


FORM = "application/x-www-form-urlencoded"
EDGE = "multipart/form-data; boundary=edge"


def part(disposition: str, content: bytes, more: str = "") -> bytes:
    head = f"Content-Disposition: form-data; {disposition}\r\n{more}\r\n".encode("utf-8", "surrogateescape")
    return b"--edge\r\n" + head + content + b"\r\n"


def parts(*found: bytes) -> Body:
    return Body(EDGE, b"".join(found) + b"--edge--\r\n")


NAMES_OF_FILES = (
    *(
        "../../x.csv",
        "..\\x.csv",
        "",
        ".",
        "x" * 5000 + ".csv",
        "a\x00.csv",
        "a\nb.csv",
        "\u202evsc.csv",
        "CON",
        "a;b",
    ),
    *("&#0;.csv", "%00.csv", "a\udcff.csv"),
)
BODIES = (
    Body("multipart/form-data", b"--edge\r\n"),
    Body("multipart/form-data; boundary=", b"--\r\n"),
    Body("multipart/form-data; boundary=" + "x" * 300, b""),
    Body("multipart/form-data; boundary=\u00e9", b"x"),
    Body(EDGE, b"--edge\r\nContent-Disposition: form-data; name"),
    Body(EDGE, b"\xff" * 500),
    Body(EDGE + "; charset=zlib", part('name="email"', b"x") + b"--edge--\r\n"),
    parts(part('name="indicator"', b"a\0b")),
    parts(part('name="full_name"', b"\xff\xfe"), part('name="email"', b"\0")),
    parts(part("", b"x"), part('name=""', b"x"), part('name="a\0"', b"x")),
    parts(part('name="file"; filename="a.csv"', b"!!", "Content-Transfer-Encoding: base64\r\n")),
    parts(part('name="file"; filename="a.csv"', b"x", "Content-Type: text/csv; charset=zlib\r\n")),
    parts(part('name="full_name"; filename="a.csv"', b"x"), part('name="file"', b"text")),
    parts(part('name="file"; filename="a.csv"', b"\x1f\x8b\x08junk"), part('name="kind"', b"auto")),
    parts(
        part('name="file"; filename="a.csv"', b"date,x\n"), part('name="mapping"; filename="m"', b"\xff\0")
    ),
    parts(
        part('name="file"; filename="a.csv"', b"x"),
        part('name="mapping"; filename="m"', b"a = " + b"9" * 90_000),
    ),
    parts(
        part('name="file"; filename="a.csv"', b"x"),
        part('name="mapping"; filename="m"', b"a = " + b"[" * 9000),
    ),
    *(
        parts(part(f'name="file"; filename="{name}"', b"a,b\n1,2\n"), part('name="kind"', b"auto"))
        for name in NAMES_OF_FILES
    ),
    Body("application/json", b'{"a":'),
    Body("application/json", b"[" * 50_000),
    Body("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    Body("", b"a=1"),
    Body("/;;=", b"a=1"),
    *(
        Body(f"{FORM}; charset={name}", b"email=x&value=%e9")
        for name in ("zlib", "rot13", "utf-16", "idna", "nope")
    ),
    *(
        Body(f"{FORM}; charset={name}", b"a=%e9")
        for name in ("undefined", "unicode_escape", "hex", "utf-7", "\u00e9")
    ),
    Body(FORM, b"\xff\xfe=\xff&%=%&%zz=%zz&email=%ff&value=%ed%a0%80"),
    Body(FORM, b"email=%00"),
    Body(FORM, b"%00=1"),
    Body(FORM, b"&".join(b"f%d=1" % n for n in range(1500))),
    Body(FORM, b"value=" + b"9" * 3_000_000),
)

HEADERS: tuple[Mapping[str, str], ...] = (
    {"HX-Request": "true", "HX-Current-URL": "http://["},
    {"HX-Request": "true", "HX-Current-URL": "%ff%00", "HX-Current-URL-URI-AutoEncoded": "true"},
    {"HX-Request": "x" * 5000, "HX-Target": "\u00ff", "HX-Trigger": "<a>", "HX-Boosted": "1"},
    {"HX-Request": "true", "Triggering-Event": "{", "Triggering-Event-URI-AutoEncoded": "true"},
    {"Accept-Language": "x" * 5000},
    {"Accept-Language": "fr;q=NaN, ../../etc;q=1e400, *"},
    {"Cookie": "sessionid=" + "x" * 3000 + "; django_language=../../etc; messages=x:y; csrftoken=\u00ff"},
    {"Cookie": "sessionid=; django_language=\x01; =; ;;"},
    {"X-Forwarded-For": "not an address, ' OR 1=1, ::::", "X-Real-IP": "x", "Forwarded": "for=x"},
    {
        "X-Request-ID": "a\u00ffb",
        "If-Modified-Since": "yesterday",
        "If-None-Match": "x",
        "Range": "bytes=9-1",
    },
    {"Content-Length": "-1"},
    {"Content-Length": "x"},
    {"Accept": "\u00ff" * 100, "User-Agent": "\x01" * 500, "Origin": "null", "Referer": "http://["},
)


def drill() -> int:
    """Each value on each parameter of each URL, where the suite tries some; about half an hour."""
    tests = ("runtime.embedded", "test", "-n", "1", "-q", "tests/guards/test_hostile_parameters.py")
    return subprocess.call([sys.executable, "-m", *tests], env=os.environ | {"HOSTILE": "all"})


if __name__ == "__main__":
    sys.exit(drill())
