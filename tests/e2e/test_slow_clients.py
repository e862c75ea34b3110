"""A real web server and clients that send or read hardly anything: nobody else waits for them.

The long proof is ``./run drill slow_clients``. Whose connection ends when: tests/runtime/test_connections.py.
"""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.e2e.instance import Live, instance
from tests.e2e.slow_clients import BODY, HEADERS, READER, Crowd, attacked, sources
from tests.runtime.helpers import eventually

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("slow_clients")]
LARGE = "/static/plotly/plotly.min.js"
MB = 1 << 20


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """As ./run serve starts it, but for limits that a test can reach."""
    limits = {"MAX_UPLOAD_MB": "2", "CONNECTIONS_PER_ADDRESS": "12"}
    with instance(tmp_path_factory.mktemp("slow") / "home", 2, limits) as live:
        yield live


def where(site: Live) -> tuple[str, int]:
    parts = urlsplit(site.url)
    return str(parts.hostname), int(parts.port or 0)


def ask(site: Live, said: bytes) -> bytes:
    """What the server says until it hangs up."""
    with socket.create_connection(where(site), timeout=60) as client:
        with suppress(OSError):  # it has hung up already: what it said is there to read
            client.sendall(said)
        found = b""
        while piece := client.recv(65536):
            found += piece
        return found


def get(site: Live, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*where(site), timeout=20)
    try:
        connection.request("GET", path, headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


SIZES = {BODY: 12, HEADERS: 12, READER: 6}


@pytest.mark.parametrize("addresses", [sources(30), ["127.0.0.1"]], ids=["from many addresses", "from ours"])
def test_slow_clients_hold_nobody_up(site: Live, addresses: list[str]) -> None:
    crowd = Crowd(*where(site), LARGE)
    with attacked(crowd, SIZES, addresses):
        eventually(lambda: crowd.made.total() >= sum(SIZES.values()))
        for _n in range(12):
            assert get(site, "/health") == (200, b'{"up": true}')
            assert get(site, "/start/")[0] == 200  # a page that asks the database


def test_those_who_say_no_more_are_told_and_closed(site: Live) -> None:
    began = time.monotonic()
    clients = [socket.create_connection(where(site), timeout=60) for _n in range(3)]
    clients[0].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a")
    clients[1].sendall(b"POST /start/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na")
    said = [client.recv(65536) for client in clients]  # waits until the server says or hangs up
    assert said[0].startswith(b"HTTP/1.1 408 ")
    assert said[1].startswith(b"HTTP/1.1 408 ")
    assert said[1].endswith(b"The request came too slowly.\n")
    assert said[2] == b""
    assert time.monotonic() - began > 9  # which they have
    for client in clients:
        client.close()


FORM = b"POST /start/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n"


@pytest.mark.parametrize(
    "said",
    [
        FORM + b"Content-Length: 3000000\r\n\r\n",
        FORM + b"Expect: 100-continue\r\nContent-Length: 3000000\r\n\r\n",
        FORM + b"Content-Length: 3000000\r\n\r\n" + b"a" * 3_000_000,
        FORM + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 40,
    ],
    ids=["announced", "asked first", "sent", "in pieces without end"],
)
def test_a_body_too_large_is_refused_in_a_sentence(site: Live, said: bytes) -> None:
    answer = ask(site, said)
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b"The server takes 2 MB at most" in answer
    assert b"x-request-id: " in answer


def test_who_asks_first_is_told_to_go_on(site: Live) -> None:
    with socket.create_connection(where(site), timeout=20) as client:
        client.sendall(FORM + b"Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"a=b")
        assert client.recv(65536).startswith(b"HTTP/1.1 403 ")  # no token against forgery


def test_requests_sent_in_one_go_are_answered_in_their_order(site: Live) -> None:
    first, last = (
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    )
    answer = ask(site, first + b"\r\n" + first + b"\r\n" + last + b"Connection: close\r\n\r\n")
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404"]


def test_a_file_known_already_is_not_sent_again(site: Live) -> None:
    connection = http.client.HTTPConnection(*where(site), timeout=20)
    connection.request("GET", LARGE)
    answer = connection.getresponse()
    size, known = len(answer.read()), answer.headers["Last-Modified"]
    assert size == int(answer.headers["Content-Length"]) > MB
    connection.request("GET", LARGE, headers={"If-Modified-Since": known})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (304, b"")
    connection.request("HEAD", LARGE)  # on the same connection: nothing was left on it
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()
