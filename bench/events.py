"""Which planted events of the demo company the nights flag, and what else: ``./run drill events SEED …``.

Real nights on the database of DATABASE_URL, which is emptied and filled: those around each planted event, and every
night of two months. What counts is a line of the list: the deviation that leads an incident on the night it begins, not
its companions. An event is *flagged* when, on one of its first three days, a line opens that it explains. An event
explains a line when the line's period touches its days or the week after, the indicator is made of a measure that the
event moves, and the segment is not another value of the event's own dimension. Whatever no event explains is *other*.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import django

ANCHOR = date(2026, 11, 22)
MONTHS = (date(2026, 9, 1), date(2026, 10, 31))
ECHO = timedelta(days=7)
PROMPT = 2  # days after the first


@dataclass(frozen=True)
class Flag:
    indicator: str
    segment: dict[str, str]
    grain: str
    opened: date
    start: date
    end: date


def main(seeds: Iterable[str]) -> None:
    django.setup()
    for seed in seeds:
        with redirect_stdout(sys.stderr):
            flags = _nights(int(seed))
        print(json.dumps(judged(int(seed), flags), default=str), flush=True)


def _nights(seed: int) -> list[Flag]:
    from django.core.management import call_command
    from django.utils import timezone

    from demo.events import planted
    from demo.loader import load, truth_file
    from kpis.models import Deviation, Gap, NightlyRun, Publication
    from kpis.nightly import run_night

    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    call_command("ensure_instance")
    truth_file().unlink(missing_ok=True)
    load(as_of=ANCHOR, seed=seed, years=3, at=timezone.now(), say=lambda _said: None)
    for table in (Publication, Deviation, Gap, NightlyRun):  # as if no night had been yet
        table.objects.all().delete()
    days = {MONTHS[0] - timedelta(1) + timedelta(n) for n in range((MONTHS[1] - MONTHS[0]).days + 2)}
    for event in planted(ANCHOR).values():
        days |= {event.start + timedelta(n) for n in range(-1, PROMPT + 1)}
    flags = []
    for day in sorted(day for day in days if day <= ANCHOR):
        run_night(as_of=day)
        opened = Deviation.objects.live().begun_on(day).select_related("indicator", "segment")
        flags += [Flag(d.indicator.code, d.segment.values, d.grain, day, d.start, d.end) for d in opened]
        print(f"seed {seed}, night of {day}: {len(opened)} opened", file=sys.stderr)
    return flags


def judged(seed: int, flags: list[Flag]) -> dict[str, Any]:
    """Days after the start on which each event was flagged (None: not in time), and the other flags of the months."""
    from demo.events import planted
    from kpis.catalogue import load_catalogue

    catalogue = load_catalogue(ANCHOR)
    measures = {code: {ref.code for ref in catalogue.refs(code)} for code in catalogue.sound}
    events = planted(ANCHOR)

    def explains(event: Any, flag: Flag) -> bool:
        moved = set[str]().union(*(measures[code] for code in event.indicators))
        near = (
            flag.start <= event.end + ECHO and flag.opened >= event.start and flag.opened <= event.end + ECHO
        )
        sibling = any(event.segment.get(name, value) != value for name, value in flag.segment.items())
        return near and bool(moved & measures[flag.indicator]) and not sibling

    found = {}
    for code, event in events.items():
        late = [(f.opened - event.start).days for f in flags if explains(event, f)]
        prompt = [n for n in late if n <= PROMPT]
        found[code] = min(prompt) if prompt else None
    in_months = [f for f in flags if MONTHS[0] <= f.opened <= MONTHS[1]]
    others = [f for f in in_months if not any(explains(event, f) for event in events.values())]
    return {
        "seed": seed,
        "flagged": sum(n is not None for n in found.values()),
        "events": found,
        "flags": len(in_months),
        "others": len(others),
        "which": [f"{f.opened} {f.indicator} {f.segment} {f.grain}" for f in others],
    }


if __name__ == "__main__":
    main(sys.argv[1:] or ["1"])
