"""One request, gathered whole by config/asgi.py, asked of a WSGI application, and its answer kept whole."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

type_of_file = tempfile.SpooledTemporaryFile[bytes]
type_of_environ = dict[str, Any]
type_of_application = Callable[[type_of_environ, Callable[..., Any]], Iterable[bytes]]

REFUSED = (
    "vigie.refused"  # in the environment of a request whose body was not taken: the status that says why
)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]


def ask(
    application: type_of_application,
    scope: Mapping[str, Any],
    body: type_of_file,
    kept: type_of_file,
    refused: HTTPStatus | None,
) -> Answer:
    """The answer's status and headers; what it says is in ``kept`` afterwards, written to its end."""
    began: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[..., Any]:
        began.append((status, headers))
        return kept.write

    said = application(environ(scope, body, refused), start_response)
    try:
        for piece in said:
            kept.write(piece)
    finally:
        close = getattr(said, "close", None)
        if close is not None:
            close()
    status, headers = began[-1]
    code = int(status.split(" ", 1)[0])
    answer = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
    if code not in _BODILESS and not any(name == b"content-length" for name, _value in answer):
        answer.append((b"content-length", str(kept.tell()).encode()))
    if refused is not None:
        answer.append((b"connection", b"close"))
    return Answer(code, answer)


def environ(scope: Mapping[str, Any], body: type_of_file, refused: HTTPStatus | None) -> type_of_environ:
    """What PEP 3333 says of a request. A header whose name holds "_" is left out: it would pass for one with "-"."""
    host, port = scope["server"]
    client = scope["client"] or ("", 0)
    values: type_of_environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" not in name:
            _add(values, name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1"))
    values["CONTENT_LENGTH"] = str(_size(body))
    if refused is not None:
        values[REFUSED] = refused
    return values


def _add(values: type_of_environ, name: str, value: str) -> None:
    """One of the body's length and kind is told apart by us; a header given twice is one, as RFC 9110 5.3 joins it."""
    key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
    if name in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
        return
    joint = "; " if name == "COOKIE" else ","
    values[key] = f"{values[key]}{joint}{value}" if key in values else value


def _size(body: type_of_file) -> int:
    size = body.seek(0, 2)
    body.seek(0)
    return size
