"""Runs an instance of Vigie in the foreground: ``python -m runtime.supervisor serve|demo [--port N]``.

PostgreSQL, the Redis server, the web server, the Celery worker and Celery beat. Any of them that dies is
started again; Ctrl-C stops them all, in the order in which they need each other; none outlives this process.
"""

import argparse
import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from runtime.children import Family, program
from runtime.ending import ask, heed
from runtime.instance import ROOT, Instance, Refused, Use
from runtime.processes import carrying, end, end_group, type_of_process, wait_until
from runtime.redis_server import RedisServer
from runtime.servers import Servers
from runtime.translations import compile_translations
from runtime.voice import say

HOST = "127.0.0.1"
_PYTHON = sys.executable
_CELERY = [_PYTHON, "-m", "celery", "--quiet", "--app", "config.celery"]
_GRACE = 10.0  # seconds given to requests and tasks under way when stopping
_UNTIL_READY = 90.0
# For those that compute with large arrays: there are as many of them as cores already, and what one array leaves is for
# the next; given back to the system each time (glibc's habit) it costs a sixth of a night in page faults.
COMPUTING = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


class Supervisor:
    """Holds the instance for as long as it runs: a second one on the same folder is refused."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.servers = Servers(instance)
        self.family = Family(self._write_state)
        self.url = ""
        self.use = Use(instance)
        marker = f"VIGIE_SUPERVISED={instance.home}"
        end(carrying(marker), signal.SIGKILL)  # left by a supervisor that was killed
        self.environment = {
            **os.environ,
            **self.servers.environment(),
            "STATIC_COLLECTED": "true",
            "VIGIE_SUPERVISED": str(instance.home),
        }

    def start_servers(self) -> None:
        if self.servers.postgres:
            postgres = self.servers.postgres
            self.family.add("postgres", lambda: postgres.start(signal.SIGINT))
        if self.servers.redis:
            redis = self.servers.redis
            self.family.add("redis", lambda: _own_redis(redis))
        self.run_to_end("runtime.prepare")

    def run_to_end(self, module: str, *arguments: str) -> None:
        """Run one step of the start, passing on what it says; Refused when it fails."""
        command = [_PYTHON, "-m", module, *arguments]
        step = program(command, self.environment, ROOT, signal.SIGTERM)
        try:
            heed()
            for line in step.stdout or ():
                heed()
                say(line.decode(errors="replace").rstrip("\n"))
            if step.wait() != 0:
                raise Refused("Vigie could not be started: the lines above say why.")
        finally:
            end_group(step.pid)  # when we are interrupted
            step.wait()

    def start_programs(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}/"
        self.environment["SERVED_AT"] = self.url.rstrip("/")
        worker = [*_CELERY, "worker", "--without-gossip", "--without-mingle"]
        self._add("web", [_PYTHON, "-m", "runtime.web", "--host", HOST, "--port", str(port)], signal.SIGTERM)
        self._add("worker", [*worker, "--without-heartbeat"], signal.SIGQUIT, COMPUTING)
        self._add("beat", [*_CELERY, "beat"], signal.SIGTERM)

    def _add(
        self, name: str, command: list[str], death: signal.Signals, more: Mapping[str, str] | None = None
    ) -> None:
        environment = self.environment | dict(more or {})
        self.family.add(name, lambda: program(command, environment, ROOT, death))

    def wait_ready(self) -> None:
        deadline = time.monotonic() + _UNTIL_READY
        while not _answers(f"{self.url}ready"):
            self.family.watch()
            if time.monotonic() > deadline:
                raise Refused("Vigie did not get ready in time: the lines above say why.")

    def watch_for_ever(self) -> NoReturn:
        while True:
            self.family.watch()

    def stop(self) -> None:
        """Programs first, then what they need; a command still using the database is given a moment."""
        self.family.stop(("web", "worker", "beat"), _GRACE)
        if not wait_until(self.use.is_last, _GRACE):
            say("Another command on this instance loses its database now.")
        self.servers.stop()
        self.use.leave()
        self._state.unlink(missing_ok=True)

    @property
    def _state(self) -> Path:
        return self.instance.supervisor_note

    def _write_state(self, pids: Mapping[str, int]) -> None:
        """For people and tests who look for the processes: the URL and each child's process id.

        A full disk leaves the note as it was: not worth an end.
        """
        draft = self._state.with_suffix(".new")
        with suppress(OSError):
            draft.write_text(json.dumps({"pid": os.getpid(), "url": self.url, "children": pids}))
            draft.replace(self._state)


def _own_redis(redis: RedisServer) -> type_of_process:
    """A Redis server that is our child; it replaces one another command left, which holds nothing."""
    process = redis.start(signal.SIGTERM)
    if process is None:
        redis.stop()
        process = redis.start(signal.SIGTERM)
    if process is None:
        raise Refused("Another command keeps its own Redis server on this instance.")
    return process


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False


def free_port(wanted: int) -> int:
    """The port asked for, else the next free one, said in words."""
    for port in range(wanted, min(wanted + 100, 65536)):
        if _is_free(port):
            if port != wanted:
                say(f"Port {wanted} is busy: using port {port} instead.")
            return port
    raise Refused(f"No free port was found from {wanted} on: choose another with --port.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as problem:
            raise Refused(f"Port {port} is reserved to root: choose one from 1024 on.") from problem
        except OSError:
            return False
        return True


@contextmanager
def supervising(instance: Instance) -> Iterator[Supervisor]:
    with (instance.run / "serve.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Refused(f"Vigie is already running on {instance.home}.") from problem
        supervisor = Supervisor(instance)
        try:
            yield supervisor
        finally:
            for number in _STOPPING:
                signal.signal(number, signal.SIG_IGN)
            say("Stopping")
            supervisor.stop()


def serve(options: argparse.Namespace) -> None:
    with supervising(Instance.from_environment()) as supervisor:
        supervisor.start_servers()
        _serve(supervisor, options.port)


def demo(options: argparse.Namespace) -> None:
    with supervising(Instance.from_environment()) as supervisor:
        supervisor.start_servers()
        say("Making the demo company and computing its first night: this takes a minute or two.")
        supervisor.run_to_end("runtime.embedded", "manage", "load_demo")  # it prints the sign-ins
        if not options.no_serve:
            _serve(supervisor, options.port)


def _serve(supervisor: Supervisor, port: int) -> None:
    supervisor.start_programs(free_port(port))
    supervisor.wait_ready()
    say(f"\nVigie is ready: {supervisor.url} (Ctrl-C stops it)")
    supervisor.watch_for_ever()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(f"{message[:1].upper()}{message[1:]}.")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="./run")
    commands = parser.add_subparsers(required=True, metavar="demo|serve", parser_class=_Parser)
    for run in (serve, demo):
        command = commands.add_parser(run.__name__)
        command.add_argument("--port", type=_port, default=8000)
        command.set_defaults(run=run)
        if run is demo:
            command.add_argument("--no-serve", action="store_true", help="stop once it is computed")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    os.umask(0o077)
    for number in _STOPPING:
        signal.signal(number, ask)
    try:
        options = _options(arguments)
        compile_translations(ROOT / "locale")
        options.run(options)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except OSError as problem:
        from base.faults import no_room  # Django comes along: only where it is needed

        if not no_room(problem):
            raise
        sys.stderr.write("The disk is full: make room on it, then try again.\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
