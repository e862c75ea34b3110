"""The long drill, ``./run drill kills [--kills 20] [--only nights|imports] [--seed N]``: kill -9 of each process.

On a real instance, half of the kills fall into nights, half into imports, at random points while the work is under
way; one that came too late does not count and is tried again. After each, with no hand laid on, the contents must be
those of an undisturbed run.
"""

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from tests.e2e.contents import contents
from tests.e2e.test_kills import (
    COMPUTED,
    FIRST,
    IMPORT_BEGUN,
    IMPORT_OVER,
    IMPORTED,
    LAST,
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

VICTIMS = (("worker",), ("beat",), ("web",), ("postgres",), ("redis",))
TOGETHER = (("worker", "redis"), ("beat", "web"), ("worker", "web"))  # these, half as often
Contents = dict[str, tuple[int, str]]


@dataclass
class Tally:
    """What came of the kills of one process in one kind of work."""

    equal: int = 0
    under_way: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self, victims: tuple[str, ...], work: str, kills: int) -> str:
        middle, worst = statistics.median(self.seconds), max(self.seconds)
        points = f"{min(self.under_way)} … {max(self.under_way)}"
        killed = " and ".join(victims)
        return f"| {killed} | {work} | {kills} | {self.equal} | {points} | {middle:.1f} s | {worst:.1f} s |"


@dataclass(frozen=True)
class Drill:
    """One kind of work: how it starts, where it stands ("" when over), and the contents it must leave."""

    name: str
    start: Callable[[], str]
    point: Callable[[str], None]
    under_way: Callable[[str], str]
    over: str
    tables: tuple[str, ...]
    expected: Contents
    after: Callable[[str], None]

    def kill(self, shop: Shop, victims: tuple[str, ...], kills: int) -> Tally:
        tally = Tally()
        while len(tally.seconds) < kills:
            eventually(lambda: shop.running.children.keys() >= set(victims))
            number = self.start()
            self.point(number)
            where = self.under_way(number)
            killed = monotonic()
            shop.kill(victims)
            eventually(partial(shop.is_true, self.over.format(number)))
            seconds = monotonic() - killed
            same = contents(shop.url, *self.tables) == self.expected
            if where:
                tally.equal += same
                tally.under_way.append(where)
                tally.seconds.append(seconds)
            if not same:
                sys.stdout.write(f"NOT EQUAL after {' and '.join(victims)} died in {self.name} at {where}\n")
            eventually(shop.running.is_ready)
            self.after(number)
        return tally


def nights(shop: Shop) -> Drill:
    night(shop)
    run, _seconds = night(shop)
    steps = int(str(shop.value(STEPS_DONE.format(run))))

    def point(run: str) -> None:
        after = shop.dice.randrange(steps - 1)
        eventually(partial(shop.is_true, f"SELECT ({STEPS_DONE.format(run)}) >= {after}"))

    def under_way(run: str) -> str:
        done = int(str(shop.value(STEPS_DONE.format(run))))
        return "" if done == steps else f"step {done + 1:02} of {steps}"

    expected = contents(shop.url, *COMPUTED)
    assert all(rows for rows, _fingerprint in expected.values()), expected
    start = partial(shop.tell, START_NIGHT)
    return Drill("night", start, point, under_way, NIGHT_OVER, COMPUTED, expected, lambda _run: None)


def imports(shop: Shop) -> Drill:
    start = partial(shop.tell, START_IMPORT.format(path=str(shop.later)))
    run = start()
    eventually(partial(shop.is_true, IMPORT_BEGUN.format(run)))
    usual = eventually(lambda: shop.is_true(IMPORT_OVER.format(run)))
    expected = contents(shop.url, *IMPORTED)
    take_back(shop, run)

    def point(run: str) -> None:
        eventually(partial(shop.is_true, IMPORT_BEGUN.format(run)))
        sleep(shop.dice.uniform(0, usual))  # the random point, not a wait for something

    def under_way(run: str) -> str:
        state = str(shop.value(f"SELECT state FROM intake_importrun WHERE id = {run}"))
        return "" if state == "done" else state

    after = partial(take_back, shop)
    return Drill("import", start, point, under_way, IMPORT_OVER, IMPORTED, expected, after)


WORK = {"nights": nights, "imports": imports}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20, help="of each process")
    parser.add_argument("--only", choices=WORK, help="kill in one kind of work; in each by default")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    failed = False
    days = (LAST - FIRST).days + 1
    with tempfile.TemporaryDirectory() as name, open_shop(Path(name), options.seed, days) as shop:
        sys.stdout.write("| killed | during | kills | equal | under way | done after, median | worst |\n")
        for make in (WORK[name] for name in WORK if options.only in (None, name)):
            drill = make(shop)
            for victims in (*VICTIMS, *TOGETHER):
                kills = options.kills // (2 if victims in VICTIMS else 4)
                tally = drill.kill(shop, victims, kills)
                failed |= tally.equal < kills
                sys.stdout.write(tally.row(victims, drill.name, kills) + "\n")
                sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
