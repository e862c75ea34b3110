"""A real instance of Vigie to drive with a browser: its own database and queue, the web server and a Celery worker.

The servers are those of the test run. There is no beat: the night of a past January must not be overtaken by the
one of yesterday that beat would start.
"""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from runtime.instance import ROOT, Instance
from runtime.processes import spawn, wait_until
from runtime.redis_server import RedisServer
from tests.runtime.helpers import an_unused_port

PATIENCE = 60.0  # seconds for a process to be ready


@dataclass(frozen=True)
class Live:
    """The instance that runs: where it answers and what its processes were given."""

    url: str
    environment: Mapping[str, str]
    log: Path

    def run(self, *arguments: str, text: str = "") -> str:
        """Run a Python program on the instance to its end; answers what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=dict(self.environment),
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def letter(self, pattern: str) -> str:
        """What the pattern finds in the letters the instance printed, for want of a mail server: the last of it."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = re.findall(pattern, self.log.read_text(errors="replace"))
            return bool(found)

        assert wait_until(is_there, PATIENCE), self.log.read_text(errors="replace")
        return found[-1]


@contextmanager
def database() -> Iterator[str]:
    """The URL of an empty database on the server of the test run, dropped at the end."""
    server = os.environ["DATABASE_URL"]
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def queue(home: Path) -> Iterator[str]:
    """The URL of a Redis-protocol server nobody else sends tasks to."""
    instance = Instance(home)
    instance.create()
    server = RedisServer(instance)
    server.start(signal.SIGTERM)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def program(live: Live, *arguments: str) -> Iterator[None]:
    """A Python program that serves the instance until the end."""
    with live.log.open("ab") as output:
        process = spawn(
            [sys.executable, "-m", *arguments],
            env=live.environment,
            cwd=ROOT,
            output=output,
            die_with_parent=signal.SIGTERM,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def instance(home: Path, workers: int = 1, settings: Mapping[str, str] | None = None) -> Iterator[Live]:
    """An instance with its tables and its catalogue and nobody in it, as on a first start."""
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(database()),
            "REDIS_URL": stack.enter_context(queue(home)),
            "VIGIE_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "LOG_LEVEL": "WARNING",
            **(settings or {}),
        }
        port = an_unused_port()
        url = f"http://127.0.0.1:{port}"
        live = Live(url, {"SITE_URL": url, **environment}, home / "log" / "programs.log")
        live.run("manage.py", "migrate", "--verbosity", "0")
        live.run("manage.py", "ensure_instance")
        stack.enter_context(program(live, "runtime.web", "--port", str(port), "--workers", str(workers)))
        stack.enter_context(program(live, *_worker()))
        assert wait_until(lambda: _is_ready(live.url), PATIENCE), live.log.read_text()
        yield live


def _worker() -> list[str]:
    quiet = ["--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return ["celery", "--quiet", "--app", "config.celery", "worker", *quiet]


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
