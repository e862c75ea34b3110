"""Eight people at work beside two hundred slow clients: ``./run drill slow_clients [--url URL --session KEY]``.

A page a second each, quiet and attacked by turns, in the same run. It passes when every page was answered and the
95th centile under attack is at most twice the quiet one. Without --url, on an instance of its own.
"""

import argparse
import http.client
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.slow_clients import KINDS, Crowd, attacked, sources
from tests.e2e.test_kills import FIRST, LAST, write_orders
from tests.runtime.helpers import manage, supervisor

PEOPLE, PACE, PATIENCE = 8, 1.0, 30.0
PAGES = ("/", "/indicators/net_revenue/", "/deviations/")
MOST = 2.0  # times the quiet 95th centile
# Run in the instance's shell, it prints the session of a director.
SESSION = """
from django.test import Client
from accounts.models import Role, User
known = User.objects.filter(email="slow@drill.example").first()
person = known or User.objects.create_user("slow@drill.example", full_name="Drill", role=Role.DIRECTOR)
client = Client()
client.force_login(person)
print(client.cookies["sessionid"].value)
"""


@dataclass(frozen=True)
class Site:
    host: str
    port: int
    name: str
    session: str

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Status, page, and where it leads; 0 when nobody answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        headers = {"Cookie": f"sessionid={self.session}", "Host": self.name or f"{self.host}:{self.port}"}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Location", "")
        except (OSError, http.client.HTTPException):
            return 0, b"", ""
        finally:
            connection.close()


@dataclass(frozen=True)
class Look:
    status: int
    seconds: float


def work(site: Site, seconds: float, person: int) -> list[Look]:
    """One person who reads: a page each second, whatever the last one took less."""
    looks: list[Look] = []
    end = time.monotonic() + seconds
    time.sleep(PACE * person / PEOPLE)
    while time.monotonic() < end:
        start = time.monotonic()
        status, _page, _leads = site.get(PAGES[(person + len(looks)) % len(PAGES)])
        looks.append(Look(status, time.monotonic() - start))
        time.sleep(max(PACE - looks[-1].seconds, 0))
    return looks


def at_work(site: Site, seconds: float) -> list[Look]:
    with ThreadPoolExecutor(PEOPLE) as people:
        return [look for looks in people.map(partial(work, site, seconds), range(PEOPLE)) for look in looks]


@contextmanager
def own_site() -> Iterator[Site]:
    """An instance with four months of orders and a computed night."""
    with tempfile.TemporaryDirectory() as name, supervisor(Path(name) / "home") as running:
        orders = write_orders(Path(name) / "orders.csv", FIRST, LAST, 40, seed=1)
        for command in (["import_data", str(orders)], ["recompute", "--as-of", str(LAST)]):
            done = manage(running.home, *command)
            if done.returncode:
                raise RuntimeError(done.stderr)
        session = manage(running.home, "shell", "-v0", "-c", SESSION).stdout.split()[-1]
        where = urlsplit(running.state["url"])
        yield Site(str(where.hostname), int(where.port or 80), "", session)


def large_file(site: Site) -> str:
    """The path of the charts' library, the largest file anybody may read; found on a page that needs it."""
    found = re.search(rb'data-plotly="([^"]+)"', site.get(PAGES[1])[1])
    if found is None:
        raise RuntimeError(f"{PAGES[1]} could not be read: is the session that of a person with figures?")
    return found[1].decode()


def told(name: str, looks: list[Look]) -> float:
    """Print what they saw; the 95th centile in seconds."""
    taken = [look.seconds for look in looks]
    middle, worst = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    answered = sum(look.status == 200 for look in looks)
    line = f"{name}: {answered} of {len(looks)} pages answered, median {middle * 1000:.0f} ms, "
    print(line + f"p95 {worst * 1000:.0f} ms, longest {max(taken) * 1000:.0f} ms", flush=True)  # noqa: T201
    return worst


def drill(site: Site, clients: int, seconds: float, rounds: int) -> bool:
    """Whether it holds."""
    crowd = Crowd(site.host, site.port, large_file(site), site.name)
    sizes = {kind: clients // 3 + (n < clients % 3) for n, kind in enumerate(KINDS)}
    at_work(site, 5)  # warm
    looks: dict[bool, list[Look]] = {False: [], True: []}
    for _n in range(rounds):
        for under_attack in (False, True):
            with attacked(crowd, sizes, sources(clients)) if under_attack else nullcontext():
                looks[under_attack] += at_work(site, seconds)
    quiet, slowed = told("quiet", looks[False]), told("attacked", looks[True])
    failed = sum(look.status != 200 for found in looks.values() for look in found)
    ended = dict(crowd.thrown_out)
    print(f"slow clients: {crowd.most} at once, {dict(crowd.made)} made, {ended} ended by the server")  # noqa: T201
    print(f"p95 ratio {slowed / quiet:.2f} (at most {MOST}), pages that failed {failed}", flush=True)  # noqa: T201
    return failed == 0 and slowed <= MOST * quiet


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run drill slow_clients")
    parser.add_argument("--url", help="an instance that runs on this machine, instead of one of its own")
    parser.add_argument("--host", default="", help="the name of its site, where it is not its address")
    parser.add_argument("--session", default="", help="the sessionid of somebody who may read figures there")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30, help="of each quiet and each attacked round")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    where = urlsplit(options.url or "")
    given = Site(str(where.hostname), int(where.port or 80), options.host, options.session)
    with nullcontext(given) if options.url else own_site() as site:
        return int(not drill(site, options.clients, options.seconds, options.rounds))


if __name__ == "__main__":
    sys.exit(main())
