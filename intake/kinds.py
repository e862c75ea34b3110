"""Kinds of files: which columns they need and what their rows become. Upper floors register theirs here.

``intake`` reads and checks; a kind alone knows what the rows mean.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from django.db.models import Q
from django.utils.functional import Promise

from accounts.access import Right

if TYPE_CHECKING:
    from intake.models import ImportRun

Label: TypeAlias = str | Promise
FieldType: TypeAlias = Literal["text", "integer", "decimal", "timestamp", "date"]


@dataclass(frozen=True)
class Field:
    """A column a kind understands. ``code`` names the staging column; it and ``synonyms`` match file
    headers. ``longest`` is what the kind can store: characters of a text, digits before the point of a
    number; a row with more is rejected.
    """

    code: str
    type: FieldType
    synonyms: tuple[str, ...] = ()
    nullable: bool = True
    label: Label = ""
    longest: int | None = None


@dataclass(frozen=True)
class Terms:
    """Who may do what with the imports of a kind: see what became of them, import and undo, open rows as they came;
    and for how many days after it the file and those rows are kept, unless the instance says otherwise; None for good.
    """

    see: Right
    write: Right
    raw: Right
    keep_days: int | None = 400


@dataclass(frozen=True)
class Stored:
    """What storing did: the period and totals (measure → sum) of the rows, and rows refused for what they
    mean.

    ``rejects`` are (physical line, reason); reasons and warnings may be ``sentences.Sentence`` to be
    translatable.
    """

    start: date | None
    end: date | None
    totals: dict[str, Decimal] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


class Kind(Protocol):
    """``store`` and ``undo`` run inside one transaction each, one at a time per kind (an advisory lock)."""

    @property
    def code(self) -> str: ...

    @property
    def label(self) -> Label: ...

    @property
    def terms(self) -> Terms: ...

    def fields(self) -> Sequence[Field]:
        """The fields this instance understands now; may query the database (dimensions, measures)."""
        ...

    def refuse(self, mapped: frozenset[str]) -> str | None:
        """A sentence when needed columns are missing among the mapped field codes, else None."""
        ...

    def store(self, run: "ImportRun", stage: str) -> Stored:
        """Store the checked rows.

        ``stage`` is an unlogged table: ``line`` (int, physical file line) and one column per mapped field,
        typed text, bigint, numeric, timestamp (local time of the company) or date. Blank cells are NULL; text
        is trimmed.
        """
        ...

    def undo(self, run: "ImportRun") -> int:
        """Take the rows of a stored run back; answers the number of facts removed or changed."""
        ...


@runtime_checkable
class HasPages(Protocol):
    """A kind that can show a reader what a run became: a list of (label, URL)."""

    def page(self, run: "ImportRun", reader: Any) -> Iterable[tuple[Label, str]]: ...


@runtime_checkable
class KnowsLive(Protocol):
    """A kind that can tell whether the rows of a done run still count, i.e. are not all superseded by later
    runs.

    Without it every done run is live, and the same file again is "unchanged".
    """

    def live(self, run: "ImportRun") -> bool: ...


@runtime_checkable
class PartlyClosed(Protocol):
    """A kind of which a person who may see its imports may still not see all of them, or not all of its columns."""

    def closed_runs(self, user: Any) -> Q:
        """Which of its runs the person may not see; an empty Q for none."""
        ...

    def closed_fields(self, user: Any) -> frozenset[str]:
        """Codes of the columns whose very names the person may not read."""
        ...


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; called from ``AppConfig.ready``. A second kind of the same code replaces the
    first. TypeError when it does not say who may see and import it: nothing is open by forgetting.
    """
    if not isinstance(getattr(kind, "terms", None), Terms):
        raise TypeError(f"The kind {kind.code} declares no terms.")
    _kinds[kind.code] = kind


def unregister(code: str) -> None:
    _kinds.pop(code, None)


def kind_for(code: str) -> Kind:
    """The kind of that code; KeyError when no app registered it."""
    return _kinds[code]


def kinds() -> list[Kind]:
    """All kinds in the order of registration."""
    return list(_kinds.values())


@runtime_checkable
class NamesTotals(Protocol):
    """A kind that can say its totals (``sums`` by measure) in words: a list of (label, formatted value)."""

    def totals(self, run: "ImportRun", sums: Mapping[str, Decimal]) -> Sequence[tuple[Label, str]]: ...


@runtime_checkable
class HasExample(Protocol):
    """A kind that brings its own example rows, each {field code: text as in a file}."""

    def example(self) -> Sequence[Mapping[str, str]]: ...


@runtime_checkable
class HasOptions(Protocol):
    """A kind that takes parts of a mapping of its own: each a short text, found in ``run.asked`` under its name."""

    @property
    def options(self) -> Sequence[str]: ...
