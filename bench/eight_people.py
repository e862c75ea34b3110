"""Eight people at once: what the server that ``./run serve`` starts says its pages take, with the bare SQL beside.

``seconds`` is the 95th centile of what it says its answers took (``Server-Timing``) when eight people ask for a page
each second, ``at_once`` when eight ask without a pause; beside them, ``client`` and ``client_at_once`` are what a
client on this machine waited for the whole answer. ``baseline_seconds`` is what the page's own queries take, one after
the other, on a connection that does nothing else.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from django.test import Client

from bench.browser import seen
from runtime.instance import ROOT
from runtime.supervisor import free_port

PEOPLE = 8
ROUNDS = 20  # of each page, by each of them
WARM_UP = 3
PACE = 1.0  # seconds from one page to the next of one person, who reads


def measured(client: Client, paths: Mapping[str, str], *, rows: int) -> dict[str, dict[str, Any]]:
    """Name → what was found of each page, as whom ``client`` is signed in; told on a line each.

    ``queries`` and ``bytes`` are those of one page. Where Chromium is installed, ``lcp`` is the largest contentful
    paint and ``shift`` how much of the page moved by itself.
    """
    found = {}
    with _server() as port:
        address, session = f"http://127.0.0.1:{port}", client.cookies["sessionid"].value
        for name, path in paths.items():
            found[name] = _measured(client, path, address, session) | {"rows": rows}
        for name, looks in seen(address, session, dict(paths)).items():
            found[name] |= looks
    for name, result in found.items():
        result["told"] = _told(result)
        print(f"  {name}: {result['told']}", file=sys.stderr)
    return found


def _measured(client: Client, path: str, address: str, session: str) -> dict[str, Any]:
    bare, queries, size = _bare(client, path)
    found: dict[str, Any] = {"baseline_seconds": round(bare, 4), "queries": queries, "bytes": size}
    for pace, server, waited in ((0.0, "at_once", "client_at_once"), (PACE, "seconds", "client")):
        answers = _asked(address + path, session, pace)
        found[server] = round(_p95([answer.server for answer in answers]), 4)
        found[waited] = round(_p95([answer.client for answer in answers]), 4)
    return found | {"ratio": round(found["seconds"] / bare, 2)}


def _told(result: dict[str, Any]) -> str:
    """All of it on a line, in milliseconds: the table has no room for it."""
    paced, bare, at_once, client, busy = (
        1000 * result[name] for name in ("seconds", "baseline_seconds", "at_once", "client", "client_at_once")
    )
    line = f"server p95 {paced:.0f} ms ({at_once:.0f} without a pause), client {client:.0f} ({busy:.0f}), "
    line += f"bare SQL {bare:.1f}, {result['queries']} queries, {result['bytes'] / 1000:.1f} kB"
    if "lcp" in result:
        line += f", largest paint {1000 * result['lcp']:.0f} ms, shift {result['shift']}"
    return line


def _bare(client: Client, path: str) -> tuple[float, int, int]:
    """Seconds of the page's queries alone (median of five), their number, and the bytes of the page."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    client.get(path)
    with connection.execute_wrapper(note):
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}.")
    taken = []
    for _n in range(5):
        start = time.perf_counter()
        with connection.cursor() as cursor:
            for sql, params in asked:
                cursor.execute(sql, params)
                if cursor.description:
                    cursor.fetchall()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), len(asked), len(answer.content)


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


class Answer(NamedTuple):
    """Seconds: what the client waited, and what the server says it took."""

    client: float
    server: float


def _asked(url: str, session: str, pace: float) -> list[Answer]:
    """Each answer, with PEOPLE asking for the page again and again, each ``pace`` seconds, not in step."""

    def one(person: int) -> list[Answer]:
        taken = []
        time.sleep(pace * person / PEOPLE)
        for _n in range(WARM_UP + ROUNDS):
            taken.append(_answer(url, session))
            time.sleep(max(pace - taken[-1].client, 0.0))
        return taken[WARM_UP:]

    with ThreadPoolExecutor(PEOPLE) as people:
        return [answer for taken in people.map(one, range(PEOPLE)) for answer in taken]


def _answer(url: str, session: str) -> Answer:
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={session}", "Accept-Language": "fr"})
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
        if urlsplit(answer.url).path != urlsplit(url).path:
            raise RuntimeError(f"{url} led to {answer.url}.")
    waited = time.perf_counter() - start
    return Answer(waited, float(answer.headers["Server-Timing"].partition("dur=")[2]) / 1000)


@contextmanager
def _server() -> Iterator[int]:
    """The web server on the bench's database; its port."""
    port = free_port(8700)
    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path="/" + str(connection.settings_dict["NAME"])))
    command = [sys.executable, "-m", "runtime.web", "--port", str(port), "--workers", "2"]
    environment = os.environ | {"DATABASE_URL": database, "LOG_LEVEL": "WARNING", "STATIC_COLLECTED": "true"}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/health")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str) -> None:
    for _n in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The web server did not start.")
