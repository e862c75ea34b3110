"""Cockpit, indicator and deviation pages over 5 million facts, eight people at once, with the bare SQL of each beside.

The server is the one ``./run serve`` starts. Times are those a client here sees for a whole answer, when eight
people ask for a page each second (``seconds``: the 95th centile) and when eight ask without a pause (``at_once``).
``baseline_seconds`` is what the page's own queries take, one after the other, on a connection that does nothing else.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from bench.company import AS_OF, furnish
from bench.databases import fresh_database
from config.instance import ROOT
from config.supervisor import free_port
from kpis.models import Deviation
from kpis.nightly import run_night

PEOPLE = 8
ROUNDS = 20  # of each page, by each of them
WARM_UP = 3
PACE = 1.0  # seconds from one page to the next of one person, who reads


def pages(_folder: Path) -> dict[str, dict[str, Any]]:
    """``seconds`` is the 95th centile of the answers; ``queries`` and ``bytes`` are those of one page."""
    settings.ALLOWED_HOSTS = ["*"]
    with fresh_database():
        facts = furnish()
        _lift_the_last_day()
        run_night(as_of=AS_OF)
        target = "--indicator measure_00 --start 2026-01-01 --end 2026-12-31 --value 9000000"
        call_command("set_target", *target.split(), stdout=sys.stderr)
        client = Client()
        client.force_login(
            User.objects.create_user("bench@example.org", full_name="Bench", role=Role.DIRECTOR)
        )
        found = {}
        with _server() as port:
            for name, path in _paths().items():
                bare, queries, size = _bare(client, path)
                url, session = f"http://127.0.0.1:{port}{path}", client.cookies["sessionid"].value
                at_once, paced = (_p95(_asked(url, session, pace)) for pace in (0.0, PACE))
                print(
                    f"  {name}: p95 {paced * 1000:.0f} ms, without pause {at_once * 1000:.0f} ms",
                    file=sys.stderr,
                )
                found[name] = {
                    "seconds": round(paced, 4),
                    "baseline_seconds": round(bare, 4),
                    "ratio": round(paced / bare, 2),
                    "rows": facts,
                    "at_once": round(at_once, 4),
                    "queries": queries,
                    "bytes": size,
                }
    return found


def _lift_the_last_day() -> None:
    """So that a night flags something."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE kpis_fact SET value = value * 2 WHERE date = %s
            AND measure_id = (SELECT id FROM kpis_measure WHERE code = 'measure_00')""",
            [AS_OF],
        )


def _paths() -> dict[str, str]:
    indicator = reverse("indicator_detail", args=["measure_00"])
    deviation = Deviation.objects.live().order_by("-id").first()
    found = {
        "page_cockpit": "/",
        "page_indicators": reverse("indicator_list"),
        "page_indicator": indicator,
        "page_indicator_by_segment": f"{indicator}?by=dim_03&grain=month",
        "page_deviations": reverse("deviation_list"),
    }
    if deviation is not None:
        found["page_deviation"] = reverse("deviation_detail", args=[deviation.pk])
    return found


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


def _asked(url: str, session: str, pace: float) -> list[float]:
    """Seconds of each answer, with PEOPLE asking for the page again and again, each ``pace`` seconds, not in step."""

    def one(person: int) -> list[float]:
        taken = []
        time.sleep(pace * person / PEOPLE)
        for _n in range(WARM_UP + ROUNDS):
            taken.append(_answer(url, session))
            time.sleep(max(pace - taken[-1], 0.0))
        return taken[WARM_UP:]

    with ThreadPoolExecutor(PEOPLE) as people:
        return [seconds for taken in people.map(one, range(PEOPLE)) for seconds in taken]


def _answer(url: str, session: str) -> float:
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={session}", "Accept-Language": "fr"})
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
        if urlsplit(answer.url).path != urlsplit(url).path:
            raise RuntimeError(f"{url} led to {answer.url}.")
    return time.perf_counter() - start


@contextmanager
def _server() -> Iterator[int]:
    """The web server on the bench's database; its port."""
    port = free_port(8700)
    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path="/" + str(connection.settings_dict["NAME"])))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "--blocking-threads", "4", "--log-level", "warning"]
    environment = os.environ | {"DATABASE_URL": database, "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen([*command, "config.wsgi:application"], cwd=ROOT, env=environment)
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
