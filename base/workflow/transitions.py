"""The transitions between states, as a table each room writes for its own records."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import CheckConstraint, F, Q

from accounts.access import Right
from accounts.models import User
from base.components import Verdict


@dataclass(frozen=True)
class Transition:
    """One way from some states to another.

    ``label`` is its button, ``done`` its line in the trail. It is taken by who has ``right``, or, where ``own``, by who
    began the record and nobody else. ``two_people`` keeps it from who began the record; the database does too.
    ``reason`` asks why. ``then`` is what else it does, in the same transaction before the record is saved; it may
    refuse by a ValidationError.
    """

    code: str
    label: Any
    done: Any
    sources: frozenset[str]
    target: str
    right: Right | None = None
    own: bool = False
    two_people: bool = False
    reason: bool = False
    then: Callable[[Any, User, datetime], None] | None = None
    tone: str = ""  # of its button


@dataclass(frozen=True)
class Workflow:
    """The states of a kind of record with their verdicts, the first being where it begins, and its transitions."""

    states: dict[str, Verdict]
    begun: Any  # the first line of the trail, e.g. "Proposed"
    transitions: Sequence[Transition] = field(default_factory=tuple)

    @property
    def first(self) -> str:
        return next(iter(self.states))

    def transition(self, code: str) -> Transition | None:
        return next((found for found in self.transitions if found.code == code), None)


def workflow_constraints(
    prefix: str, states: Iterable[str], by_two: Iterable[str] = ()
) -> list[CheckConstraint]:
    """What the database holds of a workflow: its states are known, and those ``by_two`` were reached by a second
    person.
    """
    second = Q(moved_by__isnull=False) & ~Q(moved_by=F("begun_by"))
    return [
        CheckConstraint(condition=Q(state__in=list(states)), name=f"{prefix}_state_is_known"),
        *(
            CheckConstraint(condition=~Q(state=state) | second, name=f"{prefix}_{state}_by_a_second_person")
            for state in by_two
        ),
    ]
