"""A family of processes: started in order, watched, started again when one dies, stopped together."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.ending import heed
from runtime.instance import Refused
from runtime.processes import end_group, spawn, type_of_process, wait_until
from runtime.voice import say

_LONGEST_PAUSE = 5.0  # seconds between two attempts to start a child that keeps dying
_STEADY = 20.0  # seconds a child must live for its earlier deaths to be forgotten


@dataclass
class Child:
    """``launch`` starts it, and for a server waits until it answers; it may raise Refused."""

    name: str
    launch: Callable[[], type_of_process]
    process: type_of_process | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = self.launch()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def mourn(self) -> None:
        """Clear away what is left of it and settle when to try again."""
        if self.process is not None:
            end_group(self.process.pid)
        self.process = None
        lived = time.monotonic() - self.started
        self.deaths = 0 if lived > _STEADY else self.deaths + 1
        pause = 0.0 if self.deaths <= 1 else min(0.25 * 2**self.deaths, _LONGEST_PAUSE)
        self.due = time.monotonic() + pause


@dataclass
class Family:
    """``changed`` is told of every start and death."""

    changed: Callable[[Mapping[str, int]], None]
    children: list[Child] = field(default_factory=list)
    _voices: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    def add(self, name: str, launch: Callable[[], type_of_process]) -> None:
        """Start a new member; Refused when it cannot be started the first time."""
        child = Child(name, launch)
        self.children.append(child)
        child.start()
        self._listen(child)
        heed()

    def watch(self) -> None:
        """One round: pass on what they say, and start again those who died. KeyboardInterrupt when we are to end."""
        heed()
        for key, _events in self._voices.select(timeout=0.25):
            self._pass_on(key)
        for child in self.children:
            if child.has_died():
                say(f"{child.name} stopped unexpectedly: starting it again")
                child.mourn()
                self.changed(self.pids())
            if child.process is None and time.monotonic() >= child.due:
                self._revive(child)

    def _revive(self, child: Child) -> None:
        try:
            child.start()
        except (Refused, OSError) as problem:  # the second when the disk is full
            say(f"{child.name} cannot be started: {problem}")
            child.mourn()
        else:
            self._listen(child)

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process}

    def stop(self, names: tuple[str, ...], grace: float) -> None:
        """Ask those named to finish, all at once; end those who have not after ``grace`` seconds."""
        leaving = [child for child in self.children if child.name in names and child.process]
        for child in leaving:
            if child.process and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        wait_until(lambda: self._are_gone(leaving), grace)
        for child in leaving:
            if child.process:
                end_group(child.process.pid)
        wait_until(lambda: self._are_gone(leaving), 2)

    def _are_gone(self, leaving: list[Child]) -> bool:
        for key, _events in self._voices.select(timeout=0):
            self._pass_on(key)
        return all(child.process is None or child.process.poll() is not None for child in leaving)

    def _listen(self, child: Child) -> None:
        self.changed(self.pids())
        if isinstance(child.process, subprocess.Popen) and child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._voices.register(child.process.stdout, selectors.EVENT_READ, _Voice(child.name))

    def _pass_on(self, key: selectors.SelectorKey) -> None:
        text = os.read(key.fd, 65536)
        key.data.speak(text)
        if not text:
            self._voices.unregister(key.fileobj)


@dataclass
class _Voice:
    """Turns a child's stream into whole lines that carry its name."""

    name: str
    rest: bytes = b""

    def speak(self, text: bytes) -> None:
        *lines, self.rest = (self.rest + text).split(b"\n")
        if not text and self.rest:
            lines, self.rest = [self.rest], b""
        for line in lines:
            say(line.decode(errors="replace"), self.name)


def program(
    command: list[str], env: Mapping[str, str], cwd: Path, death: signal.Signals
) -> subprocess.Popen[bytes]:
    """A child whose words are passed on, and that dies with us."""
    return spawn(command, env=env, cwd=cwd, output=subprocess.PIPE, die_with_parent=death)
