"""What waits for people and by when: each room registers a function that knows its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from django.db.models import Model
from django.utils.functional import Promise

from accounts.models import User


@dataclass(frozen=True)
class Deadline:
    """Something to do by a day. ``key`` is its own for good; ``what`` and ``title`` are in the active language, of
    what the person asked for may see. ``owner`` takes care of it; ``is_mine`` says that it waits for the person asked
    for. ``about`` is what the owner's manager is told of.
    """

    key: str
    due: date
    what: str | Promise  # what to do, in a word or two
    title: str
    url: str
    is_mine: bool
    owner: User | None = None
    about: Model | None = None


Rows: TypeAlias = Callable[[User, date, date], Iterable[Deadline]]


@dataclass(frozen=True)
class Room:
    """``rows(user, start, end)`` are the deadlines a person may see, due from one day to another. ``title`` names an
    object of ``model`` in the active language, for the manager it is told to.
    """

    code: str
    rows: Rows
    model: type[Model] | None = None
    title: Callable[[Any], str] = str


_rooms: dict[str, Room] = {}


def register(room: Room) -> None:
    _rooms[room.code] = room


def deadlines_of(user: User, start: date, end: date) -> list[Deadline]:
    """Of every room, earliest first."""
    found = [row for room in _rooms.values() for row in room.rows(user, start, end)]
    return sorted(found, key=lambda row: (row.due, str(row.what), row.title, row.key))


def title_of(about: Model) -> str:
    return next((room.title(about) for room in _rooms.values() if room.model is type(about)), str(about))
