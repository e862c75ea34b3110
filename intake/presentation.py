"""A run and the kinds of files as people see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from intake.covering import CHANGES, FULL
from intake.kinds import Field, FieldType, HasExample, HasPages, Kind, Label, NamesTotals, kind_for, kinds
from intake.mapping import AUTO
from intake.models import ImportRun, State
from intake.sentences import in_words

TONES: dict[str, str] = {
    State.QUEUED: "info",
    State.READING: "info",
    State.STORING: "info",
    State.DONE: "good",
    State.REFUSED: "bad",
    State.UNCHANGED: "info",
    State.UNDONE: "neutral",
    State.FAILED: "bad",
}
TYPE_NAMES: dict[FieldType, Label] = {
    "text": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "decimal": gettext_lazy("number"),
    "timestamp": gettext_lazy("date and time"),
    "date": gettext_lazy("date"),
}
_SAMPLES: dict[FieldType, tuple[str, str]] = {
    "text": ("A-1001", "A-1002"),
    "integer": ("2", "1"),
    "decimal": ("12.50", "8.90"),
    "timestamp": ("2026-01-15 10:30:00", "2026-01-16 18:05:00"),
    "date": ("2026-01-15", "2026-01-16"),
}
_DELIMITERS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("vertical bar"),
}
_COVERS = {
    FULL: gettext_lazy("all there is of its days"),
    CHANGES: gettext_lazy("only what changed"),
}


@dataclass(frozen=True)
class FieldHelp:
    code: str
    label: Label
    type: Label
    needed: bool
    synonyms: str


@dataclass(frozen=True)
class KindHelp:
    """What a person must know to prepare a file of a kind."""

    code: str
    label: Label
    fields: list[FieldHelp]


def kind_label(code: str) -> Label:
    """The name of a kind; its code when no app knows it any more."""
    if code == AUTO:
        return _("To be recognised")
    found = _kind(code)
    return found.label if found else code


def kind_choices() -> list[tuple[str, Label]]:
    return [(AUTO, _("Recognise it from its columns")), *((kind.code, kind.label) for kind in kinds())]


def kinds_help() -> list[KindHelp]:
    return [
        KindHelp(kind.code, kind.label, [_field_help(field) for field in kind.fields()]) for kind in kinds()
    ]


def example_rows(kind: Kind) -> list[Sequence[str]]:
    """A header and some rows a person can start from."""
    codes = [field.code for field in kind.fields()]
    if isinstance(kind, HasExample):
        rows: Sequence[Mapping[str, str]] = kind.example()
        used = [code for code in codes if any(code in row for row in rows)]
        return [used, *([row.get(code, "") for code in used] for row in rows)]
    return [codes, *([_SAMPLES[field.type][number] for field in kind.fields()] for number in (0, 1))]


def provenance(run: ImportRun) -> list[tuple[Any, ...]]:
    """How the file was read, as rows of term and value."""
    dialect = run.dialect
    rows: list[tuple[Any, ...]] = [(_("Kind"), kind_label(run.kind))]
    if run.source:
        rows.append((_("Source"), run.source))
    if dialect:
        rows += [
            (_("Encoding"), dialect["encoding"]),
            (_("Delimiter"), _DELIMITERS.get(dialect["delimiter"], dialect["delimiter"])),
            (_("Decimal mark"), _("point") if dialect["decimal"] == "." else _("comma")),
        ]
    if dialect.get("date_format"):
        rows.append((_("Dates"), _human_pattern(dialect["date_format"])))
    if covers := _COVERS.get(run.asked.get("covers", "")):
        rows.append((_("Covers"), covers))
    return rows


def columns(run: ImportRun) -> list[tuple[str, Label]]:
    """The mapping as (column of the file, name of the field)."""
    kind = _kind(run.kind)
    labels = {field.code: field.label or field.code for field in kind.fields()} if kind else {}
    order = {code: number for number, code in enumerate(labels)}
    found = sorted(run.mapping.items(), key=lambda pair: order.get(pair[1], len(order)))
    return [(name, labels.get(code, code)) for name, code in found]


def totals(run: ImportRun) -> Sequence[tuple[Label, str]]:
    """Sums over the file, in words where the kind has them."""
    kind = _kind(run.kind)
    sums = {code: Decimal(text) for code, text in run.totals.items()}
    if isinstance(kind, NamesTotals):
        return kind.totals(run, sums)
    return [(code, _plain_figure(value)) for code, value in sums.items()]


def pages(run: ImportRun) -> list[tuple[Label, str]]:
    """Where to see what the run became."""
    kind = _kind(run.kind)
    return list(kind.page(run)) if isinstance(kind, HasPages) and run.state == State.DONE else []


def log(run: ImportRun) -> list[tuple[datetime, str]]:
    return [(datetime.fromisoformat(at), in_words([template, values])) for at, template, values in run.log]


def steps(run: ImportRun) -> list[dict[str, Any]]:
    """The stations of a run for the steps component."""
    order = (State.QUEUED, State.READING, State.STORING, State.DONE)
    names = (_("Received"), _("Read and checked"), _("Stored"), _("Imported"))
    here = order.index(State(run.state)) if run.state in order else 0
    done = len(order) if run.state == State.DONE else here
    return [
        {"title": name, "state": _step_state(number, done, here, run), "at": None, "detail": ""}
        for number, name in enumerate(names)
    ]


def _step_state(number: int, done: int, here: int, run: ImportRun) -> str:
    if number < done:
        return "done"
    return "current" if number == here and run.in_progress else "waiting"


def _plain_figure(value: Decimal) -> str:
    return formats.figure(value, "count", 0 if value == value.to_integral_value() else 2)


def _kind(code: str) -> Kind | None:
    try:
        return kind_for(code)
    except KeyError:
        return None


def _field_help(field: Field) -> FieldHelp:
    label = field.label or field.code
    return FieldHelp(field.code, label, TYPE_NAMES[field.type], not field.nullable, ", ".join(field.synonyms))


def _human_pattern(pattern: str) -> str:
    names = {
        "%Y": _("yyyy"), "%y": _("yy"), "%m": _("mm"), "%d": _("dd"), "%H": _("hh"), "%I": _("hh"),
        "%M": _("min"), "%S": _("ss"), "%f": _("fraction"), "%p": _("am/pm"), "%z": _("offset"),
    }  # fmt: skip
    for code, name in names.items():
        pattern = pattern.replace(code, name)
    return pattern
