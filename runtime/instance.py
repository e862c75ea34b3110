"""One instance of Vigie: the folder that holds its database, uploads and secrets, and who is using it."""

import fcntl
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A UNIX socket's path holds 107 bytes; the longest name below the folder is "postgres/.s.PGSQL.5432.lock".
_LONGEST_HOME = 75
LAST_BACKUP = "last_backup"  # a note in the home whose time says when a backup was last made
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.-]+")


class Refused(Exception):  # noqa: N818  # said of a command, not of a fault in it
    """What cannot be done, in one plain sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Instance:
    """``home`` is absolute; every file below it is readable by its owner only."""

    home: Path

    @classmethod
    def from_environment(cls) -> "Instance":
        """The instance named by VIGIE_HOME (default ``var`` in the checkout), created when new."""
        instance = cls(Path(os.environ.get("VIGIE_HOME") or ROOT / "var").absolute())
        instance.create()
        return instance

    def create(self) -> None:
        try:
            for folder in (self.home, self.run, self.log):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise Refused(f"The folder {self.home} cannot be used: {problem.strerror}.") from problem
        if self.run.stat().st_uid != os.geteuid():  # even root, whose files its owner could no longer read
            raise Refused(f"The instance in {self.home} belongs to another account: use that one.")

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def supervisor_note(self) -> Path:
        return self.run / "supervisor.json"

    def served_at(self) -> str:
        """Where ``./run serve`` serves it, or last did, without the final slash; empty when nothing says."""
        try:
            return str(json.loads(self.supervisor_note.read_text())["url"]).rstrip("/")
        except (OSError, ValueError, KeyError):
            return ""

    def secret(self, name: str) -> str:
        """The secret kept under that name, made up (256 bits, URL-safe) on the first call."""
        path = self.home / name
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(32))
        return path.read_text().strip()

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Wait for, then hold, the named lock of this instance; the kernel frees it should we die."""
        with (self.run / f"{name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def reach(self) -> Path:
        """The home under a name that fits in a socket address: itself, else a private link to it."""
        if len(os.fsencode(self.home)) <= _LONGEST_HOME and _PLAIN_PATH.fullmatch(str(self.home)):
            return self.home
        note = self.home / "short_name"
        with self.lock("short_name"):
            if not _leads_to(note, self.home):
                link = Path(tempfile.mkdtemp(prefix="vigie-")) / "home"
                link.symlink_to(self.home)
                note.write_text(str(link))
        return Path(note.read_text())


def _write_once(path: Path, text: str) -> None:
    """Write a 0600 file whole or not at all, and never over one that another process just wrote."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as draft:
        draft.write(text)
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, path)


def _leads_to(note: Path, home: Path) -> bool:
    """Whether the link noted earlier still stands, in a folder that is still ours alone."""
    if not note.exists():
        return False
    link = Path(note.read_text())
    try:
        folder = link.parent.stat()
        return folder.st_uid == os.geteuid() and folder.st_mode & 0o077 == 0 and link.readlink() == home
    except OSError:
        return False


class Use:
    """Counts the processes using an instance, through a shared lock the kernel frees when one dies."""

    def __init__(self, instance: Instance) -> None:
        self._file = (instance.run / "in_use.lock").open("a")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """True when nobody else is left; newcomers then wait until ``leave``. Call it once, when leaving."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        self._file.close()
