"""What a room says of the rows it takes in: its columns, what checked rows would change, and how that is stored.

Rooms register theirs in ``AppConfig.ready``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override, pgettext_lazy

from accounts.access import Right
from accounts.lists.offers import Offer, offer
from base.sentences import Sentence, sentence
from intake.kinds import Label
from intake.names import plain

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

ColumnType: TypeAlias = Literal["text", "email", "date", "month", "number", "choice", "found"]


class Outcome(models.TextChoices):
    """What becomes of a row."""

    NEW = "new", pgettext_lazy("a row", "New")
    CHANGED = "changed", pgettext_lazy("a row", "Changed")
    SAME = "same", _("No change")
    REFUSED = "refused", pgettext_lazy("a row", "In error")


@dataclass(frozen=True)
class Choice:
    """One of the values a cell may have; ``label`` and ``names`` are what people write for it."""

    value: str
    label: Label
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of the rows. Its ``label``, in each language, and its ``headings`` are what files call it.

    ``find`` turns a text into an object, or raises ``BadCell``. ``key`` columns tell one row from another. ``longest``
    is in characters. ``example`` stands in the template, and a row of nothing but examples is left out.
    """

    code: str
    label: Label
    type: ColumnType = "text"
    headings: tuple[str, ...] = ()
    required: bool = False
    key: bool = False
    longest: int = 200
    choices: tuple[Choice, ...] = ()
    find: Callable[[str], Any] | None = None
    example: str | int | float = ""
    help: Label = ""

    @cached_property
    def by_name(self) -> dict[str, str]:
        """What people may write for each choice, plainly → its value."""
        names: dict[str, str] = {}
        for choice in self.choices:
            for name in (choice.value, *in_each_language(choice.label), *choice.names):
                names.setdefault(plain(name), choice.value)
        return names


MONTH, VALUE = "month", "value"  # what a table that goes across, a column a month, is read into


def may_go_across(columns: Sequence[Column]) -> bool:
    """Whether rows with these columns may come as a table of months: they have a month, and a value of it."""
    return {MONTH, VALUE} <= {column.code for column in columns}


def in_each_language(label: Label) -> list[str]:
    """A label as people of either language would write it."""
    said = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            said.append(str(label))
    return said


@dataclass(frozen=True)
class Row:
    """A row whose cells could all be read. ``number`` is that of the sheet; ``values`` has no blank cells; ``letters``
    are those of the columns of the sheet, by code.
    """

    number: int
    values: Mapping[str, Any]
    letters: Mapping[str, str]


@dataclass
class Change:
    """What a row would do. ``details`` are sentences, ``doubts`` say why it may be a slip, ``errors`` are sentences by
    code of the column they speak of.

    ``refused`` is why a rule did not let it be stored.
    """

    row: Row
    outcome: Outcome
    title: str
    details: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    plan: Any = None  # what ``store`` needs, never kept


_BECOMES = gettext_noop("%(what)s: %(before)s → %(after)s")
_IS = gettext_noop("%(what)s: %(after)s")


def difference(what: Label, *, before: Label | None, after: Label) -> Sentence:
    """What a row changes, from and to; only to, where there was nothing (None)."""
    if before is None:
        return sentence(_IS, what=what, after=after)
    return sentence(_BECOMES, what=what, before=before, after=after)


@dataclass(frozen=True)
class Option:
    """Something to tick before rows are stored, ticked unless said."""

    code: str
    label: Label
    ticked: bool = True
    of_new: bool = False  # asked only where there are new rows


class RowKind(ABC):
    """``plan`` and ``store`` run in one transaction after ``lock``: first rehearsed, and taken back, then for good."""

    code: str
    label: Label
    lead: Label
    right: Right
    page: str  # URL name of the list these rows stand in
    shared: bool = True  # whether all who hold the right see the imports of the others
    most_rows: int = 5_000
    options: Sequence[Option] = ()
    undo_said: Label = ""  # what to do where an import was wrong

    @abstractmethod
    def columns(self, by: "User") -> Sequence[Column]:
        """What this person may bring in now; may query the database."""

    @abstractmethod
    def lock(self) -> None:
        """Keep others from changing what the plan reads until the transaction ends."""

    @abstractmethod
    def plan(self, rows: Sequence[Row], by: "User", at: datetime) -> list[Change]:
        """What each row would do to what there is."""

    @abstractmethod
    def store(self, changes: Sequence[Change], by: "User", at: datetime) -> Any:
        """Store the new and the changed; one that a rule does not let be is ``refused`` and leaves no trace. What it
        answers is given to ``after``.
        """

    def after(self, request: "HttpRequest", kept: Any, ticked: frozenset[str]) -> None:  # noqa: B027  # optional
        """What follows once it is committed: letters, messages."""

    def filled(self, by: "User") -> tuple[Sequence[Any], Sequence[Sequence[Any]]] | None:  # noqa: ARG002
        """The headings and rows of the template, where it does more than to show an example."""
        return None


_kinds: dict[str, RowKind] = {}


def register(kind: RowKind) -> None:
    """Make a kind known, and offer it on the list its rows stand in."""
    _kinds[kind.code] = kind
    url = partial(reverse, "rows_new", args=[kind.code])  # asked when URLs are known
    offer(kind.page, f"rows:{kind.code}", Offer(_("Import from a workbook"), "file-up", kind.right, url))


def kind_for(code: str) -> RowKind:
    """The kind of that code; KeyError when no app registered it."""
    return _kinds[code]


def kinds() -> list[RowKind]:
    return list(_kinds.values())
