"""Fills an instance with the demo company through the same doors as anybody: imports, targets, the night.

What a first load was made from is kept beside the instance's data, with the truth about the planted events;
a later load prolongs the same history. A load that was cut short is taken up where it stopped.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from base.models import Company
from demo.company import Story, setting_for, simulate
from demo.events import truth
from demo.files import SOURCES, WrittenFile, write
from demo.goals import goals
from demo.people import ANALYST, DIRECTOR, DOMAIN, create_people, give_indicators
from demo.world import COMPANY
from intake.models import State
from intake.runs import import_file
from kpis.models import NightlyRun, NightState, Source, Target
from kpis.nightly import run_night
from kpis.targets import set_target

TIMEZONE = "Europe/Paris"
LOCK = 0x4D41_5254  # "MART": one load at a time
Say = Callable[[str], object]


class DemoError(Exception):
    """A plain sentence that says why the demo company cannot be loaded here."""


@dataclass(frozen=True)
class Loaded:
    """What a load did; ``imported`` is 0 when the instance was up to date."""

    as_of: date
    anchor: date
    seed: int
    imported: int
    targets: int
    night: int


@dataclass(frozen=True)
class Memory:
    """What the instance was loaded from; ``complete`` is the last day whose files are all in.

    ``runs`` and ``targets`` are what was put in, for a reset to take out again.
    """

    seed: int
    years: int
    anchor: date
    complete: date | None = None
    runs: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()


def load(*, as_of: date | None, seed: int, years: int, at: datetime, say: Say) -> Loaded:
    """Load, resume or prolong the demo company up to ``as_of`` (default: the day before ``at`` in Paris).

    ``seed`` and ``years`` (1 to 3) make a new history; one that is there keeps its own.

    Raises DemoError on an instance that belongs to somebody else, or when a file is refused.
    """
    as_of = as_of or (at.astimezone(ZoneInfo(TIMEZONE)) - timedelta(days=1)).date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        return _load(_settle(as_of, seed, years), as_of, at, say)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


NIGHTS_BEFORE = 3


def _load(memory: Memory, as_of: date, at: datetime, say: Say) -> Loaded:
    as_of = max(as_of, memory.complete or memory.anchor)
    if memory.complete == as_of:
        _name_sources()
        say(f"The demo company is already loaded up to {as_of.isoformat()}: nothing to import.")
        return Loaded(as_of, memory.anchor, memory.seed, 0, 0, _nights(as_of))
    story = simulate(setting_for(as_of=as_of, seed=memory.seed, anchor=memory.anchor, years=memory.years))
    known = len(memory.runs)
    _remember(memory, story)
    for run in _import_files(story, memory.complete, _person(ANALYST), say):
        memory = replace(memory, runs=(*memory.runs, run))
        _remember(memory, story)
    _name_sources()
    imported = len(memory.runs) - known
    added = _set_goals(story, _person(DIRECTOR), at)
    _remember(replace(memory, complete=as_of, targets=(*memory.targets, *added)), story)
    say(f"{len(added)} targets set. Computing the nights …")
    return Loaded(as_of, memory.anchor, memory.seed, imported, len(added), _nights(as_of))


def _name_sources() -> None:
    """What pages call the streams of files that still go by their code."""
    for code, name in SOURCES.items():
        Source.objects.filter(code=code, name=code).update(name=name)


def _person(email: str) -> User | None:
    """One of the demo's people, unless somebody has renamed them since."""
    return User.objects.filter(email=email).first()


def truth_file() -> Path:
    """Where the truth about the planted events is written, apart from the data."""
    return Path(settings.VIGIE_HOME) / "demo" / "truth.json"


def _settle(as_of: date, seed: int, years: int) -> Memory:
    """The memory of an instance that already is the demo, or the founding of one that is empty."""
    if User.objects.exists():
        if not (truth_file().exists() and User.objects.filter(email__endswith=DOMAIN).exists()):
            raise DemoError("This instance already holds another company: the demo needs an empty one.")
        return _memory()
    memory = Memory(seed, years, as_of)
    _write_memory(_document(memory))
    _found()
    return memory


@transaction.atomic
def _found() -> None:
    call_command("ensure_instance")
    company = Company.current()
    company.name, company.timezone = COMPANY, TIMEZONE
    company.save()
    give_indicators(create_people())


def _memory() -> Memory:
    try:
        kept = json.loads(truth_file().read_text(encoding="utf-8"))
        complete = date.fromisoformat(kept["complete"]) if kept["complete"] else None
        put_in = (tuple(map(int, kept.get(name, ()))) for name in ("runs", "targets"))
        return Memory(
            int(kept["seed"]), int(kept["years"]), date.fromisoformat(kept["anchor"]), complete, *put_in
        )
    except (OSError, ValueError, KeyError) as error:
        raise DemoError(f"The memory of the demo company cannot be read: {truth_file()}.") from error


def remembered() -> Memory | None:
    """What this instance was loaded from; None where it is not the demo."""
    return _memory() if truth_file().exists() else None


def _remember(memory: Memory, story: Story) -> None:
    _write_memory({**_document(memory), **truth(story.setting)})


def _document(memory: Memory) -> dict[str, Any]:
    complete = str(memory.complete) if memory.complete else None
    put_in = {"runs": list(memory.runs), "targets": list(memory.targets)}
    return {
        "seed": memory.seed,
        "years": memory.years,
        "anchor": str(memory.anchor),
        "complete": complete,
    } | put_in


def _write_memory(document: dict[str, Any]) -> None:
    """Replaced in one move, so that a reader never finds half a file."""
    path = truth_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _import_files(story: Story, complete: date | None, by: User | None, say: Say) -> Iterator[int]:
    """Import what the instance lacks; the number of each run as it is done."""
    since = complete + timedelta(days=1) if complete else None
    with TemporaryDirectory() as folder:
        files = write(story, Path(folder), since)
        for file in files:
            say(f"Importing {file.path.name} …")
            yield _import(file, by)


def _import(file: WrittenFile, by: User | None) -> int:
    run = import_file(file.path, kind=file.kind, source=file.source, by=by)
    if run.state not in (State.DONE, State.UNCHANGED):
        raise DemoError(f"{file.path.name} was not imported: {run.said}")
    return run.pk


def _set_goals(story: Story, by: User | None, at: datetime) -> list[int]:
    """Set the targets that are not there yet; their numbers."""
    there = set(Target.objects.values_list("indicator__code", "start", "end"))
    new = [goal for goal in goals(story) if (goal.indicator, goal.start, goal.end) not in there]
    return [
        set_target(indicator=g.indicator, start=g.start, end=g.end, value=g.value, by=by, at=at).pk
        for g in new
    ]


def _nights(as_of: date) -> int:
    """The night of the day, after those of the days before it that nobody ran: what happened lately has a past."""
    for before in range(NIGHTS_BEFORE, 0, -1):
        day = as_of - timedelta(days=before)
        if not NightlyRun.objects.filter(as_of__gte=day, state=NightState.DONE).exists():
            run_night(as_of=day, trigger="demo")
    done = NightlyRun.objects.filter(as_of=as_of, state=NightState.DONE).order_by("-id").first()
    return (done or run_night(as_of=as_of, trigger="demo")).pk
