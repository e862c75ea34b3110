"""The web server's connections: each may be slow or silent, at its own cost only.

uvicorn reads and writes; here is what it leaves open: how long a client may take over its headers, its body and our
answer, how large its headers may be, and how many connections one address may hold. Once a second each connection is
looked at, and one that stalls is told so in a sentence and closed. Where an address has too many, or all together are
too many, the one that has stalled longest makes room: a flood costs whoever sends it their own connections, and a
new one from the same address still gets its answer.
"""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from accounts.addresses import address_block
from runtime.environment import whole_number

LARGEST_HEADERS = 32 << 10  # bytes
MOST = 2000  # connections of one process
MOST_PER_ADDRESS = whole_number("CONNECTIONS_PER_ADDRESS", 100)
TRUSTED_PROXIES = whole_number("TRUSTED_PROXY_COUNT", 0)
_LOOK = 1.0  # seconds between two looks at all connections
_CHUNK = 64 << 10  # what the transport holds of an answer before it asks for a pause
_log = structlog.stdlib.get_logger("vigie.web")


class Phase(Enum):
    """Whom a connection waits for."""

    IDLE = "idle"  # the client, between two requests
    HEADERS = "headers"  # the client, for the first or next request
    BODY = "body"  # the client
    ANSWER = "answer"  # us
    READING = "reading"  # the client, to take our answer


class Pace(NamedTuple):
    """A client has ``seconds`` for each ``size`` bytes; without one, for the whole phase."""

    seconds: float
    size: int | None = None


# A rate rather than a total: a file of 500 MB over a slow line takes long, and may.
PACES = {
    Phase.IDLE: Pace(30),
    Phase.HEADERS: Pace(10),
    Phase.BODY: Pace(20, 20 << 10),
    Phase.READING: Pace(20, 20 << 10),
}
SENTENCES = {
    HTTPStatus.BAD_REQUEST: "This is no HTTP request that can be understood.",
    HTTPStatus.REQUEST_TIMEOUT: "The request came too slowly.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers of the request are too large.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many requests at once: try again in a moment.",
}


class Connection(H11Protocol):
    """One client's connection. ``since`` is when its phase, or its last sufficient piece of progress, began."""

    phase = Phase.HEADERS
    since = 0.0
    mark = 0
    received = 0
    emptied = 0  # times that the client took nearly all the transport held
    address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.since = self.loop.time()
        # Behind a proxy, all come from its address until their headers say for whom.
        self.address = "" if TRUSTED_PROXIES or not self.client else address_block(self.client[0])
        _guard.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        _guard.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return  # it was told to go
        self.received += len(data)
        before = self.scope
        super().data_received(data)
        if TRUSTED_PROXIES and self.scope is not before:
            _guard.rename(self, forwarded_for(self.headers))

    def resume_writing(self) -> None:
        super().resume_writing()
        self.emptied += 1

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """Called by uvicorn while it handles what h11 said of the request."""
        hint = getattr(sys.exc_info()[1], "error_status_hint", 0)
        large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.dismiss(large if hint == large else HTTPStatus.BAD_REQUEST)

    def look(self, now: float) -> bool:
        """Note where it stands; whether it has stalled."""
        phase, progress = self._stands()
        pace = PACES.get(phase)
        moved = pace is not None and pace.size is not None and progress - self.mark >= pace.size
        if phase is not self.phase or moved:
            self.phase, self.since, self.mark = phase, now, progress
            return False
        return pace is not None and now - self.since > pace.seconds

    def _stands(self) -> tuple[Phase, int]:
        """Its phase, and the bytes moved in it: only what changes between two looks means something."""
        if held := self.transport.get_write_buffer_size():
            return Phase.READING, 2 * _CHUNK * self.emptied - held
        if self.cycle is None or self.cycle.response_complete:
            begun = self.cycle is None or self.conn.trailing_data[0]
            return (Phase.HEADERS if begun else Phase.IDLE), 0
        return (Phase.BODY, self.received) if self.cycle.more_body else (Phase.ANSWER, 0)

    def dismiss(self, status: HTTPStatus, *, unasked: bool = False) -> None:
        """End it, with a sentence where it may take one: it asked for something and has no part of an answer yet."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
            return
        asked = unasked or (self.received and self.phase is not Phase.IDLE)
        if asked and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(status)
        self.transport.close()

    def _say(self, status: HTTPStatus) -> None:
        text = f"{SENTENCES[status]}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
            ("Connection", "close"),
        ]
        said = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        events = (said, h11.Data(data=text), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))


def forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The address that the outermost trusted proxy saw; empty when the header does not tell."""
    told = b",".join(value for name, value in headers if name == b"x-forwarded-for").split(b",")
    return address_block(told[-TRUSTED_PROXIES].decode("latin-1")) if len(told) >= TRUSTED_PROXIES else ""


class Guard:
    """All connections of this process, by the address of the client."""

    def __init__(self) -> None:
        self.by_address: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self.count = 0
        self.dismissed: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, connection: Connection) -> None:
        self._add(connection)
        if self._timer is None:
            self._timer = connection.loop.call_later(_LOOK, self._look, connection.loop)

    def leave(self, connection: Connection) -> None:
        if self.by_address[connection.address].pop(connection, self) is None:
            self.count -= 1
        if not self.by_address[connection.address]:
            del self.by_address[connection.address]

    def rename(self, connection: Connection, address: str) -> None:
        if address != connection.address:
            self.leave(connection)
            connection.address = address
            self._add(connection)

    def _add(self, connection: Connection) -> None:
        of_address = self.by_address[connection.address]
        of_address[connection] = None
        self.count += 1
        if connection.address and len(of_address) > MOST_PER_ADDRESS:
            self._make_room(of_address, connection)
        elif self.count > MOST:
            greediest = max(self.by_address, key=lambda address: len(self.by_address[address]))
            self._make_room(self.by_address[greediest], connection)

    def _make_room(self, among: Iterable[Connection], newest: Connection) -> None:
        """End the one that has stalled longest; the newest, where all others wait for us."""
        now, stalled = newest.loop.time(), []
        for connection in among:
            if connection is not newest and not connection.transport.is_closing():
                connection.look(now)
                if connection.phase is not Phase.ANSWER:
                    stalled.append(connection)
        victim = min(stalled, key=lambda each: each.since, default=newest)
        self.dismissed["made_room"] += 1
        victim.dismiss(HTTPStatus.SERVICE_UNAVAILABLE, unasked=victim is newest)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        everyone = [each for of_address in self.by_address.values() for each in of_address]
        for connection in everyone:
            if connection.look(now):
                self.dismissed[connection.phase.value] += 1
                connection.dismiss(HTTPStatus.REQUEST_TIMEOUT)
        if self.dismissed:
            _log.info("slow clients dismissed", **self.dismissed)
            self.dismissed.clear()
        self._timer = loop.call_later(_LOOK, self._look, loop) if everyone else None


_guard = Guard()
