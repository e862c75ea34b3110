"""Starting, finding and ending operating-system processes."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
_prctl: Any = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only; loaded here, not after a fork


@dataclass(frozen=True)
class Account:
    """The account a child runs under, when it is not our own."""

    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        """Raises KeyError when the machine has no such account."""
        entry = pwd.getpwnam(name)
        return cls(entry.pw_uid, entry.pw_gid)


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[Any],
    account: Account | None = None,
    die_with_parent: signal.Signals | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches it only through us.

    ``die_with_parent`` is the signal the kernel sends it when this process dies, however it dies.
    """
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_tie_to_parent(die_with_parent) if die_with_parent and _prctl else None,  # noqa: PLW1509  # no threads
        **identity,
    )


def _tie_to_parent(death: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        _prctl(_PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return prepare


@dataclass
class Adopted:
    """A process somebody else started, handled like a child of ours."""

    pid: int

    def poll(self) -> int | None:
        """None while it lives. Its exit status is not ours to know: 0 stands for it."""
        return None if is_alive(self.pid) else 0

    def send_signal(self, number: int) -> None:
        end([self.pid], signal.Signals(number))


type_of_process = subprocess.Popen[bytes] | Adopted


def is_alive(pid: int) -> bool:
    """A zombie, which nobody waits for yet, counts as dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def _state(pid: int) -> str:
    """The one-letter state of Linux's process table; empty where there is none."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def running_in(folder: Path) -> list[int]:
    """Processes whose current directory is that folder (none where /proc is missing)."""
    place = os.path.realpath(folder)
    return [pid for pid in _pids() if _link(pid, "cwd") == place and is_alive(pid)]


def carrying(variable: str) -> list[int]:
    """Other processes started with ``NAME=value`` in their environment."""
    wanted = os.fsencode(variable)
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid) and is_alive(pid)]


def _pids() -> Iterable[int]:
    if not _PROC.is_dir():
        return []
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _link(pid: int, name: str) -> str:
    try:
        return str((_PROC / str(pid) / name).readlink())
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end_group(leader: int) -> None:
    """Kill what a dead leader left in its process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def wait_until(true: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
