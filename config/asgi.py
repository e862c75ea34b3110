"""Requests come in whole before a thread is spent on them, and answers go out without one.

A body is gathered first, in memory and then in a file without a name, up to MAX_UPLOAD_MB; Django's answer is made
whole by one of a few threads and then sent at the pace of who reads it. So slow clients hold files and sockets, never
one of the threads that make pages.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any

from django.conf import settings

from base.faults import no_room
from config.wsgi import application as pages
from config.wsgi_bridge import Answer, ask, type_of_file

type_of_message = MutableMapping[str, Any]
type_of_receive = Callable[[], Awaitable[type_of_message]]
type_of_send = Callable[[type_of_message], Awaitable[None]]

_THREADS = 2  # see docs/decisions/0011
_PIECE = 64 << 10  # bytes of a body kept in memory, and of an answer sent at once
_PAGE = 256 << 10  # bytes of an answer kept in memory
_LARGEST = settings.MAX_UPLOAD_MB << 20
_PATIENCE = 5.0  # seconds for which the rest of a refused body is still taken, so that its client hears why
_threads = ThreadPoolExecutor(_THREADS, "page")
_probes = ThreadPoolExecutor(1, "health")  # whatever pages wait for, whoever watches gets an answer
_disk = ThreadPoolExecutor(1, "disk")


async def application(scope: Mapping[str, Any], receive: type_of_receive, send: type_of_send) -> None:
    """The ASGI application of the web server."""
    with Body() as body, _file(_PAGE) as kept:
        try:
            await body.gather(scope, receive)
        except ConnectionResetError:
            return
        pool = _probes if scope["path"] == "/health" else _threads
        work = pool.submit(ask, pages, scope, body.file, kept, body.refused)
        if body.refused is None and await _left(work, receive):
            return
        answer = await asyncio.wrap_future(work)
        await _send(answer, kept, send)
        if body.refused is not None:
            await _take_the_rest(receive)
        await send({"type": "http.response.body", "body": b""})


class Body:
    """What a client sends. ``refused`` is the status that says why it was not taken, if it was not."""

    on_disk = 0  # bytes of all bodies under way in this process

    def __init__(self) -> None:
        self.file = _file(_PIECE)
        self.size = 0
        self.refused: HTTPStatus | None = None

    def __enter__(self) -> "Body":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        Body.on_disk -= self.size
        self.file.close()

    async def gather(self, scope: Mapping[str, Any], receive: type_of_receive) -> None:
        """Read it to its end, or to where it is too much. Raises ConnectionResetError when the client leaves."""
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        self._check(int(announced))
        while self.refused is None:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("The client left before its request was whole.")
            await self._take(message["body"])
            if not message["more_body"]:
                break
        if self.refused is not None:
            self.file.seek(0)
            self.file.truncate()
        self.file.seek(0)

    async def _take(self, piece: bytes) -> None:
        self.size += len(piece)
        Body.on_disk += len(piece)
        self._check(self.size)
        if self.refused is not None or not piece:
            return
        try:
            if self.size <= _PIECE:
                self.file.write(piece)
            else:
                await asyncio.get_running_loop().run_in_executor(_disk, self.file.write, piece)
        except OSError as problem:
            if not no_room(problem):
                raise
            self.refused = HTTPStatus.INSUFFICIENT_STORAGE

    def _check(self, size: int) -> None:
        if size > _LARGEST:
            self.refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif size > _PIECE and Body.on_disk > 2 * _LARGEST:
            self.refused = HTTPStatus.SERVICE_UNAVAILABLE


def _file(in_memory: int) -> type_of_file:
    return tempfile.SpooledTemporaryFile(in_memory)


async def _left(work: Future[Answer], receive: type_of_receive) -> bool:
    """Wait until the answer is made; whether the client left before a thread was free, so that none is needed."""
    answered, leaves = asyncio.wrap_future(work), asyncio.ensure_future(_leaving(receive))
    try:
        await asyncio.wait((answered, leaves), return_when=asyncio.FIRST_COMPLETED)
        return leaves.done() and work.cancel()
    finally:
        leaves.cancel()


async def _leaving(receive: type_of_receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: Answer, kept: type_of_file, send: type_of_send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    kept.seek(0)
    while piece := kept.read(_PIECE):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0)  # others have their turn, also where all of it fits in the socket


async def _take_the_rest(receive: type_of_receive) -> None:
    """A connection closed on a client that still sends is reset, and it never reads what it was told."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while (await receive()).get("more_body"):
                pass
