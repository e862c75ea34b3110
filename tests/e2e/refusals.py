"""The database refuses everybody for a while: what pages say meanwhile, and what becomes of the work under way.

As a drill of a minute each: ``./run drill refusals [--seconds 60]``.
"""

import argparse
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from tests.e2e.contents import contents
from tests.e2e.test_kills import (
    COMPUTED,
    IMPORT_BEGUN,
    IMPORT_OVER,
    IMPORTED,
    MOST_TRIES,
    NIGHT_OVER,
    START_IMPORT,
    START_NIGHT,
    STEPS_DONE,
    Shop,
    night,
    open_shop,
    take_back,
)
from tests.runtime.helpers import eventually

SENTENCES = ("The database does not answer", "La base de données ne répond pas")
Contents = dict[str, tuple[int, str]]


@contextmanager
def refusing(shop: Shop) -> Iterator[None]:
    """Every connection of the application is cut, and every new one refused."""
    server = shop.url.replace("//vigie:", "//postgres:").removesuffix("/vigie") + "/postgres"
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'vigie'"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER DATABASE vigie ALLOW_CONNECTIONS false")
        try:
            connection.execute(cut)
            yield
        finally:
            connection.execute("ALTER DATABASE vigie ALLOW_CONNECTIONS true")


def page(shop: Shop, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(shop.running.state["url"] + path, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def seen_meanwhile(shop: Shop, seconds: float) -> Counter[tuple[int, int, int, bool]]:
    """How often /health, /ready and a page answered what, and whether the page said why, over and over."""
    seen: Counter[tuple[int, int, int, bool]] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, text = page(shop, "sign-in/")
        said = any(sentence in text for sentence in SENTENCES)
        seen[shop.running.get("health"), shop.running.get("ready"), status, said] += 1
    return seen


PATIENT = {(200, 503, 503, True)}


@dataclass(frozen=True)
class Work:
    """``begin`` starts it and comes back in its midst; it is over when ``over`` holds, and leaves ``expected``."""

    name: str
    begin: Callable[[], str]
    over: str
    tables: tuple[str, ...]
    expected: Contents
    after: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    seen: Counter[tuple[int, int, int, bool]]
    page_after: float  # seconds from the end of the refusal to a page
    done_after: float  # … to the end of the work
    equal: bool

    @property
    def good(self) -> bool:
        return self.equal and set(self.seen) == PATIENT


def refused(shop: Shop, work: Work, seconds: float) -> Outcome:
    """Refuse for so long in the midst of the work. AssertionError when it was always over before."""
    for _try in range(MOST_TRIES):
        number = work.begin()
        with refusing(shop):
            seen = seen_meanwhile(shop, seconds)
        page_after = eventually(lambda: page(shop, "sign-in/")[0] == 200)
        over_before = shop.is_true(work.over.format(number))
        done_after = page_after + eventually(partial(shop.is_true, work.over.format(number)))
        outcome = Outcome(seen, page_after, done_after, contents(shop.url, *work.tables) == work.expected)
        work.after(number)
        if not over_before:
            return outcome
    raise AssertionError(f"every {work.name} was over before the refusal")


def a_night(shop: Shop) -> Work:
    night(shop)
    night(shop)
    expected = contents(shop.url, *COMPUTED)

    def begin() -> str:
        run = shop.tell(START_NIGHT)
        eventually(partial(shop.is_true, f"SELECT ({STEPS_DONE.format(run)}) >= 1"))
        return run

    return Work("night", begin, NIGHT_OVER, COMPUTED, expected, lambda _run: None)


def an_import(shop: Shop) -> Work:
    def begin() -> str:
        run = shop.tell(START_IMPORT.format(path=str(shop.later)))
        eventually(partial(shop.is_true, IMPORT_BEGUN.format(run)))
        return run

    run = begin()
    eventually(partial(shop.is_true, IMPORT_OVER.format(run)))
    expected = contents(shop.url, *IMPORTED)
    take_back(shop, run)
    return Work("import", begin, IMPORT_OVER, IMPORTED, expected, partial(take_back, shop))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    good = True
    with tempfile.TemporaryDirectory() as name, open_shop(Path(name)) as shop:
        for make in (a_night, an_import):
            work = make(shop)
            found = refused(shop, work, seconds)
            good &= found.good
            sys.stdout.write(
                f"{work.name}: refused for {seconds:.0f} s, {found.seen.total()} looks, "
                f"(health, ready, page, said why) {dict(found.seen)}; a page {found.page_after:.1f} s after, "
                f"done {found.done_after:.1f} s after, equal: {found.equal}\n"
            )
            sys.stdout.flush()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
