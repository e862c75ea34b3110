"""What every change of the organisation must keep: no circle of managers, and no new reader by one person's hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import DepartmentHead, HRScope, Membership, ReportingLine, TeamLead, User, in_force
from accounts.models.dated import DatedQuerySet
from accounts.relations import PAGE, Relation, managers_of, within_reach

_DAY = timedelta(days=1)
_HIERARCHY = (Membership, TeamLead, DepartmentHead, ReportingLine, HRScope)
_checked_outside: ContextVar[bool] = ContextVar("checked_outside", default=False)
Pair = tuple[int, int]  # the ids of a reader and of the person whose records they may read


@dataclass(frozen=True)
class Granted:
    """Two people make the change: who asked, who granted, and what the second one was shown that it opens."""

    asked_by: User
    granted_by: User
    opens: frozenset[Pair]


Maker = User | Granted | None  # one person, two, or none: set-up and commands


class TakesTwoError(ValidationError):
    """The change opens people's records to new readers (``opens``): a second person has to grant it."""

    def __init__(self, opens: frozenset[Pair]) -> None:
        super().__init__(_("This opens people's records to somebody else: a second person has to grant it."))
        self.opens = opens


@dataclass(frozen=True)
class _Readers:
    """Who reads whom on a day, whatever their role is today: a role may follow, and who grants it sees the role."""

    pairs: frozenset[Pair]
    own: frozenset[Pair]  # of those who make the change, stand-ins included


@contextmanager
def checked(by: Maker, start: date, *, free: Callable[[Pair], bool] = lambda _pair: False) -> Iterator[None]:
    """A change from ``start`` on that makes no circle, opens nobody's records to who makes it, and to others only
    what two people grant or is ``free``.
    """
    if _checked_outside.get():
        yield
        return
    with transaction.atomic():
        one_at_once()
        before = {day: _readers(by, day, managers_of(as_of=day)) for day in _days_of_change(start)}
        yield
        opens: set[Pair] = set()
        for day in sorted({*before, *_days_of_change(start)}):
            managers = managers_of(as_of=day)
            _refuse_circles(managers)
            known = before[max(earlier for earlier in before if earlier <= day)]
            now = _readers(by, day, managers)
            if now.own - known.own:
                raise ValidationError(
                    _("Somebody else has to make this change: it would open people's records to you.")
                )
            opens |= {pair for pair in now.pairs - known.pairs if not free(pair)}
        _refuse_new_readers(by, frozenset(opens))


@contextmanager
def checked_together(by: Maker, start: date, *, free: Callable[[Pair], bool]) -> Iterator[None]:
    """Many changes from ``start`` on, checked once for all of them: what one of them may not do, none is left of."""
    with checked(by, start, free=free):
        token = _checked_outside.set(True)
        try:
            yield
        finally:
            _checked_outside.reset(token)


def one_at_once() -> None:
    """One change of the organisation at a time: rules over many rows are only true of what nobody else changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.organisation'))")


def _refuse_new_readers(by: Maker, opens: frozenset[Pair]) -> None:
    if isinstance(by, User) and opens:
        raise TakesTwoError(opens)
    if isinstance(by, Granted) and opens - by.opens:
        raise ValidationError(_("It would open more by now than the request says: it has to be asked again."))


def _days_of_change(start: date) -> list[date]:
    """``start`` and the later days on which what is written changes who reads whom."""
    days = {start}
    for model in _HIERARCHY:
        rows: DatedQuerySet[Any] = model.objects.in_force_or_planned(start)
        days.update(rows.filter(start__gt=start).values_list("start", flat=True))
        days.update(end + _DAY for end in rows.filter(end__isnull=False).values_list("end", flat=True))
    return sorted(days)


def _readers(by: Maker, day: date, managers: dict[int, int]) -> _Readers:
    if by is None:
        return _Readers(frozenset(), frozenset())
    makers = (by,) if isinstance(by, User) else (by.asked_by, by.granted_by)
    return _Readers(
        reading_pairs(managers, day), frozenset(pair for who in makers for pair in _own(who, day))
    )


def _own(who: User, day: date) -> Iterator[Pair]:
    """Of who makes the change. Human resources are left out: without a scope they read everybody, and nobody sets
    their own scope.
    """
    by_place = [relation for relation in PAGE if relation != Relation.HR]
    for person in within_reach(who, *by_place, as_of=day).exclude(pk=who.pk).values_list("pk", flat=True):
        yield who.pk, person


def reading_pairs(managers: dict[int, int], day: date) -> frozenset[Pair]:
    """Managers, second levels, leads of any team, heads, and human resources limited to departments."""
    pairs = {(manager, person) for person, manager in managers.items()}
    pairs |= {(managers[manager], person) for person, manager in managers.items() if manager in managers}
    rows = Membership.objects.in_force(day).order_by()
    for path, main in (("team__leads", False), ("department__heads", False), ("department__hr_scopes", True)):
        held = in_force(day, f"{path}__") & Q(**{f"{path}__isnull": False})  # of one row: one filter
        of_place = rows.filter(held, **({"main": True} if main else {}))
        pairs.update(of_place.values_list(f"{path}__person_id", "person_id"))
    return frozenset((reader, person) for reader, person in pairs if reader != person)


def _refuse_circles(managers: dict[int, int]) -> None:
    sound: set[int] = set()
    for person in managers:
        line: list[int] = []
        at: int | None = person
        while at is not None and at not in sound:
            if at in line:
                names = User.objects.get_queryset().filter(pk__in=line[line.index(at) :])
                raise ValidationError(
                    _("Each would be the manager of the other: %(names)s."),
                    params={"names": ", ".join(map(str, names))},
                )
            line.append(at)
            at = managers.get(at)
        sound.update(line)
