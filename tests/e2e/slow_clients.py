"""Clients that send or read hardly anything: a crowd of them, each on its own connection, until the end of the block.

Three kinds: headers that never end, a body that is announced and never whole, an answer that is asked for and not read.
Each sends or reads a byte now and then, and comes again when it is thrown out.
"""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice

TRICKLE = 1.0  # seconds between two bytes
_SMALL = 4096  # bytes the system may keep of an answer for who does not read it

HEADERS, BODY, READER = "half-sent headers", "half-sent bodies", "slow readers"
KINDS = (HEADERS, BODY, READER)


@dataclass
class Crowd:
    """``held`` counts the connections of each kind that were made, ``thrown_out`` those the server ended."""

    host: str
    port: int
    large: str  # the path of something large that anybody may read
    name: str = ""  # of the site, where it is not its address
    made: Counter[str] = field(default_factory=Counter)
    thrown_out: Counter[str] = field(default_factory=Counter)
    now: int = 0
    most: int = 0

    async def keep(self, kind: str, source: str) -> None:
        """One client: again and again, from that address."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._once(kind, source)
            await asyncio.sleep(TRICKLE)

    async def _once(self, kind: str, source: str) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            client.bind((source, 0))
            client.setblocking(False)
            await loop.sock_connect(client, (self.host, self.port))
            self.made[kind] += 1
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await loop.sock_sendall(client, self._opening(kind))
                await self._trickle(client, kind)
                self.thrown_out[kind] += 1
            except OSError:
                self.thrown_out[kind] += 1
                raise
            finally:
                self.now -= 1

    def _opening(self, kind: str) -> bytes:
        site = self.name or f"{self.host}:{self.port}"
        if kind == READER:
            return f"GET {self.large} HTTP/1.1\r\nHost: {site}\r\n\r\n".encode()
        if kind == BODY:
            form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000"
            return f"POST /sign-in/ HTTP/1.1\r\nHost: {site}\r\n{form}\r\n\r\nlogin=".encode()
        return f"GET / HTTP/1.1\r\nHost: {site}\r\nX-Slow: ".encode()

    async def _trickle(self, client: socket.socket, kind: str) -> None:
        """A byte each TRICKLE, until the server hangs up."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TRICKLE)
            if kind == READER:
                if not await loop.sock_recv(client, 1):
                    return
                continue
            await loop.sock_sendall(client, b"a")
            with suppress(BlockingIOError):
                if not client.recv(_SMALL, socket.MSG_DONTWAIT):
                    return


def sources(count: int) -> list[str]:
    """Loopback addresses that nobody at work comes from."""
    return [f"127.0.{1 + n // 250 % 2}.{1 + n % 250}" for n in range(count)]


@contextmanager
def attacked(crowd: Crowd, sizes: dict[str, int], addresses: list[str]) -> Iterator[None]:
    """So many of each kind, from these addresses in turn, in a thread of their own, until the end."""
    kinds = [kind for kind, size in sizes.items() for _n in range(size)]
    work = zip(kinds, islice(cycle(addresses), len(kinds)), strict=True)
    clients = [_client(crowd.keep, kind, source) for kind, source in work]
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(client()) for client in clients]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(_end, loop, tasks)
        thread.join(10)
        loop.close()


def _client(
    keep: Callable[[str, str], Coroutine[None, None, None]], kind: str, source: str
) -> Callable[[], Coroutine[None, None, None]]:
    return lambda: keep(kind, source)


def _end(loop: asyncio.AbstractEventLoop, tasks: list[asyncio.Task[None]]) -> None:
    async def settle() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        loop.stop()

    loop.create_task(settle())
