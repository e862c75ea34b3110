"""What a client may take its time for, in a clock of the test: whose connection ends, and when."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from runtime import connections
from runtime.connections import Connection, Guard, Phase, forwarded_for

HALF_HEADERS = b"GET / HTTP/1.1\r\nHost: site\r\nX-Slow: a"
HALF_BODY = b"POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 1000000\r\n\r\na"
WHOLE = b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport in memory: ``held`` is what the client has not taken."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 40000), "sockname": ("127.0.0.1", 8000)})
        self.said, self.held, self.ended, self.reset = b"", 0, False, False

    def write(self, data: Any) -> None:
        self.said += data

    def get_write_buffer_size(self) -> int:
        return self.held

    def is_closing(self) -> bool:
        return self.ended

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = self.reset = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def _waits(_scope: Any, receive: Any, send: Any) -> None:
    """Reads the body whole, then answers nothing until the end of the test."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.Event().wait()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    guard = Guard()
    monkeypatch.setattr(connections, "_guard", guard)
    return guard


def came(loop: asyncio.AbstractEventLoop, said: bytes = b"", address: str = "192.0.2.1") -> Connection:
    """A client that said so much; the server has looked at it."""
    config = Config(_waits, lifespan="off", log_config=None)
    connection = Connection(config=config, server_state=ServerState(), app_state={}, _loop=loop)
    connection.connection_made(Wire(address))
    if said:
        connection.data_received(said)
    loop.run_until_complete(asyncio.sleep(0))
    connection.look(loop.time())
    return connection


def wire(connection: Connection) -> Wire:
    assert isinstance(connection.transport, Wire)
    return connection.transport


@pytest.mark.parametrize(
    ("said", "phase", "seconds"),
    [(b"", Phase.HEADERS, 10), (HALF_HEADERS, Phase.HEADERS, 10), (HALF_BODY, Phase.BODY, 20)],
)
def test_a_client_that_says_no_more_has_its_time(
    loop: asyncio.AbstractEventLoop, guard: Guard, said: bytes, phase: Phase, seconds: int
) -> None:
    connection = came(loop, said)
    assert connection.phase is phase
    assert not connection.look(connection.since + seconds - 0.1)
    assert connection.look(connection.since + seconds + 0.1)


def test_a_byte_now_and_then_buys_no_time(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    for said, seconds in ((HALF_HEADERS, 10), (HALF_BODY, 20)):
        connection = came(loop, said)
        for second in range(seconds):
            connection.data_received(b"a")
            assert not connection.look(connection.since + second)
        assert connection.look(connection.since + seconds + 0.1)


def test_a_long_body_at_a_steady_pace_may_take_hours(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    connection = came(loop, HALF_BODY)
    start = connection.since
    for minute in range(1, 12):
        for _quarter in range(4):
            connection.data_received(b"a" * 20_480)
        assert not connection.look(start + minute * 15)
    assert connection.look(start + 11 * 15 + 21)  # and stops: what was sent before buys nothing


def test_who_reads_at_a_steady_pace_may_take_long_and_who_stops_is_ended(
    loop: asyncio.AbstractEventLoop, guard: Guard
) -> None:
    connection = came(loop, WHOLE)
    wire(connection).held = 100_000
    connection.look(now := loop.time())
    assert connection.phase is Phase.READING
    for round_ in range(1, 20):
        wire(connection).held = 16_000
        connection.resume_writing()
        wire(connection).held = 100_000
        assert not connection.look(now + round_ * 19)
    assert connection.look(now + 19 * 19 + 21)


def test_our_own_time_is_not_the_clients(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    connection = came(loop, WHOLE)
    assert connection.phase is Phase.ANSWER
    assert not connection.look(connection.since + 3600)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (HALF_HEADERS, b"408 Request Timeout"),
        (HALF_BODY, b"408 Request Timeout"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, b"431 Request Header Fields Too Large"),
        (b"what is this\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400 Bad Request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400 Bad Request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"400 Bad Request"),
    ],
)
def test_who_is_ended_is_told_why_in_a_sentence(
    loop: asyncio.AbstractEventLoop, guard: Guard, said: bytes, status: bytes
) -> None:
    connection = came(loop, said)
    if not wire(connection).ended:
        connection.dismiss(HTTPStatus.REQUEST_TIMEOUT)
    assert wire(connection).said.startswith(b"HTTP/1.1 " + status)
    assert wire(connection).said.endswith(b".\n")
    assert wire(connection).ended


def test_who_said_nothing_is_ended_without_a_word(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    connection = came(loop)
    connection.dismiss(HTTPStatus.REQUEST_TIMEOUT)
    assert (wire(connection).said, wire(connection).ended) == (b"", True)


def test_who_does_not_read_is_cut_off(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    connection = came(loop, WHOLE)
    wire(connection).held = 100_000
    connection.dismiss(HTTPStatus.REQUEST_TIMEOUT)
    assert wire(connection).reset


def test_the_one_of_an_address_that_stalled_longest_makes_room(
    loop: asyncio.AbstractEventLoop, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_PER_ADDRESS", 3)
    answered = came(loop, WHOLE)
    stalled = came(loop, HALF_BODY)
    stranger = came(loop, HALF_BODY, "192.0.2.2")
    younger = came(loop, HALF_HEADERS)
    newest = came(loop)
    ended = [wire(each).ended for each in (answered, stalled, stranger, younger, newest)]
    assert ended == [False, True, False, False, False]
    assert b"503" in wire(stalled).said


def test_the_newest_is_told_to_come_again_where_all_others_wait_for_us(
    loop: asyncio.AbstractEventLoop, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_PER_ADDRESS", 2)
    busy = [came(loop, WHOLE) for _n in range(2)]
    newest = came(loop)
    assert [wire(each).ended for each in (*busy, newest)] == [False, False, True]
    assert wire(newest).said.startswith(b"HTTP/1.1 503 ")


def test_all_together_are_bounded_at_the_cost_of_who_holds_most(
    loop: asyncio.AbstractEventLoop, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST", 4)
    one = came(loop, HALF_HEADERS, "192.0.2.9")
    crowd = [came(loop, HALF_HEADERS) for _n in range(3)]
    came(loop, b"", "192.0.2.8")
    assert [wire(each).ended for each in (one, *crowd)] == [False, True, False, False]


def test_who_has_left_is_not_counted(loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
    for _n in range(3):
        came(loop, HALF_HEADERS).connection_lost(None)
    assert (guard.count, dict(guard.by_address)) == (0, {})


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (1, b"198.51.100.7", "198.51.100.7"),
        (1, b"10.9.9.9, 198.51.100.7", "198.51.100.7"),  # the first is what the client claims
        (2, b"198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (1, b"2001:db8::7:1", "2001:db8::/64"),  # a client of IPv6 is given all of it
        (1, b"198.51.100.7:4711", "198.51.100.7"),
        (2, b"10.0.0.1", ""),
    ],
)
def test_behind_a_proxy_connections_are_counted_by_the_address_it_forwards(
    loop: asyncio.AbstractEventLoop,
    guard: Guard,
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    header: bytes,
    address: str,
) -> None:
    monkeypatch.setattr(connections, "TRUSTED_PROXIES", proxies)
    assert forwarded_for([(b"x-forwarded-for", header)]) == address
    connection = came(loop, WHOLE[:-2] + b"X-Forwarded-For: " + header + b"\r\n\r\n", "127.0.0.1")
    assert connection.address == address
    assert list(guard.by_address) == [address]
