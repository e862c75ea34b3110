"""Starts a real supervisor on an instance of its own and talks to it."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.instance import ROOT, Instance
from runtime.processes import carrying, is_alive, running_in

PATIENCE = 60.0  # seconds: what the product promises after a kill -9
STAND_INS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STATIC_COLLECTED", "VIGIE_SUPERVISED")


def environment(home: Path) -> dict[str, str]:
    """Ours, without the servers the tests themselves run on."""
    kept = {name: value for name, value in os.environ.items() if name not in STAND_INS}
    return kept | {"VIGIE_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def manage(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runtime.embedded", "manage", *arguments]
    return subprocess.run(
        command, env=environment(home), capture_output=True, text=True, timeout=120, check=False
    )


def eventually(true: Callable[[], Any], seconds: float = PATIENCE) -> float:
    """Wait for it and give the seconds it took."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, f"still not true after {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - start


def an_unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    home: Path
    process: subprocess.Popen[str]
    output: Path

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.home / "run/supervisor.json").read_text())
        return state

    @property
    def children(self) -> dict[str, int]:
        children: dict[str, int] = self.state["children"]
        return children

    def get(self, path: str) -> int:
        """The HTTP status; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.state["url"] + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return int(answer.code)
        except OSError:
            return 0

    def is_ready(self) -> bool:
        return self.get("ready") == 200

    def processes(self) -> list[int]:
        supervised = carrying(f"VIGIE_SUPERVISED={self.home}")
        return [*supervised, *running_in(self.home / "postgres"), *running_in(self.home / "run")]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextmanager
def supervisor(home: Path, port: int | None = None) -> Iterator[Running]:
    """A supervisor that has said it is ready; ended, with all it started, whatever happens."""
    output = home.with_suffix(".log")
    command = [sys.executable, "-m", "runtime.supervisor", "serve", "--port", str(port or an_unused_port())]
    with output.open("w") as file:
        process = subprocess.Popen(
            command, env=environment(home), stdout=file, stderr=file, stdin=subprocess.DEVNULL, text=True
        )
    running = Running(home, process, output)
    try:
        eventually(lambda: process.poll() is not None or "Vigie is ready" in output.read_text(), 120)
        assert process.poll() is None, output.read_text()
        yield running
    finally:
        if process.poll() is None:
            running.stop()
        for pid in running.processes():
            os.kill(pid, signal.SIGKILL)


def is_gone(pid: int) -> bool:
    return not is_alive(pid)


def furnish(original: Path, home: Path) -> None:
    """Make ``home`` an instance as a first start leaves it: a copy of ``original``, which is started once if need be.

    A first start makes a cluster, its tables and the compressed static files: twenty seconds of work, for tests that
    are about something else.
    """
    original.parent.mkdir(exist_ok=True)
    done = original.with_suffix(".done")
    with original.with_suffix(".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of the processes of a parallel run, one makes it
        if not done.exists():
            with supervisor(original):
                pass
            for folder in ("run", "log"):  # of who ran and what was said
                shutil.rmtree(original / folder)
            done.touch()
    subprocess.run(["cp", "-a", str(original), str(home)], check=True)  # PostgreSQL's files keep their owner


def new_instance(folder: Path) -> Instance:
    instance = Instance(folder)
    instance.create()
    return instance
