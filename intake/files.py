"""Received files, kept as they came under ``MEDIA_ROOT/imports/<sha256>``."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext_noop

from base.faults import no_room
from intake.problems import Refused

FOLDER = "imports"
NOT_KEPT = gettext_noop("The file is no longer kept on the server: import it again.")
_CHUNK = 1 << 20


class Readable(Protocol):
    """An open binary file or an uploaded one."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Kept:
    path: str  # relative to MEDIA_ROOT
    sha256: str
    size: int


def keep_file(given: str | Path | Readable) -> Kept:
    """Copy a file in by chunks, whatever its size; the same content is kept once. Refused when it is not
    readable.
    """
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(given) as source, tempfile.NamedTemporaryFile(dir=folder, delete=False) as target:
        try:
            sha256, size = _copy(source, target)
            os.replace(target.name, folder / sha256)
        except BaseException as problem:
            Path(target.name).unlink(missing_ok=True)
            if no_room(problem):
                raise Refused(gettext_noop("The server's disk is full: the file was not kept.")) from problem
            raise
    return Kept(f"{FOLDER}/{sha256}", sha256, size)


def location(path: str, size: int) -> Path:
    """Where a kept file is; Refused when it is not there any more or not whole."""
    found = Path(settings.MEDIA_ROOT) / path
    if not found.is_file() or found.stat().st_size != size:
        raise Refused(NOT_KEPT)
    return found


def _copy(source: Readable, target: "tempfile._TemporaryFileWrapper[bytes]") -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size


@contextmanager
def _opened(given: str | Path | Readable) -> Iterator[Readable | BinaryIO]:
    if not isinstance(given, str | Path):
        yield given
        return
    with _open(given) as file:
        yield file


def _open(path: str | Path) -> BinaryIO:
    if Path(path).is_char_device() or Path(path).is_block_device():  # it need not end
        raise Refused(gettext_noop("The file cannot be opened: %(why)s."), why=os.strerror(errno.ENODEV))
    try:
        return Path(path).open("rb")
    except OSError as problem:
        raise Refused(
            gettext_noop("The file cannot be opened: %(why)s."), why=problem.strerror or ""
        ) from None
