"""A run and the kinds of files as people see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base import dates, formats
from intake import rights
from intake.covering import CHANGES, FULL
from intake.kinds import Field, FieldType, HasExample, HasPages, Kind, Label, NamesTotals, kind_for
from intake.mapping import AUTO
from intake.models import FAULT, ImportRun, Purge, State
from intake.retention import UNKNOWN, kept_until

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


def kind_choices(user: Any) -> list[tuple[str, Label]]:
    """What a person may give a file as."""
    found = [(kind.code, kind.label) for kind in rights.kinds_imported_by(user)]
    return [(AUTO, _("Recognise it from its columns")), *found]


def kinds_help(user: Any) -> list[KindHelp]:
    """What a person must know of the kinds of file whose imports they may see."""
    return [
        KindHelp(kind.code, kind.label, [_field_help(field) for field in rights.fields_for(user, kind)])
        for kind in rights.kinds_seen_by(user)
    ]


def example_rows(kind: Kind, user: Any) -> list[Sequence[Any]]:
    """A header and some rows a person can start from; numbers are numbers, written as the reader's language does."""
    fields = rights.fields_for(user, kind)
    rows: Sequence[Mapping[str, str]] = (
        kind.example()
        if isinstance(kind, HasExample)
        else [{field.code: _SAMPLES[field.type][number] for field in fields} for number in (0, 1)]
    )
    used = [field for field in fields if any(field.code in row for row in rows)]
    cells = [[_example(row.get(field.code, ""), field) for field in used] for row in rows]
    return [[field.code for field in used], *cells]


def _example(text: str, field: Field) -> Decimal | str:
    return Decimal(text) if text and field.type in ("decimal", "integer") else text


def rule_in_words(kind: str, days: int | None) -> str:
    """``Orders, line by line: 400 days``."""
    name = _("Unknown kind") if kind == UNKNOWN else kind_label(kind)
    if days is None:
        return _("%(kind)s: for good") % {"kind": name}
    told = ngettext("%(kind)s: %(n)s day", "%(kind)s: %(n)s days", days)
    return told % {"kind": name, "n": formats.count(days)}


def keeping(run: ImportRun) -> list[tuple[Any, ...]]:
    """Until when the file and its rejected rows as they came are kept, or when and by which rule they went; empty while
    the file is worked on.
    """
    if run.purged_at is not None:
        went = Purge.objects.filter(run=run).first()
        rule = rule_in_words(went.kind, went.days) if went else ""
        day = dates.day(timezone.localtime(run.purged_at).date())
        return [(_("File purged"), f"{day} ({rule})" if rule else day)]
    if run.finished_at is None:
        return []
    until = run.kept_until or kept_until(run)
    return [(_("File kept until"), dates.day(until) if until else _("for good"))]


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


def pages(run: ImportRun, reader: Any) -> list[tuple[Label, str]]:
    """Where to see what the run became."""
    kind = _kind(run.kind)
    return list(kind.page(run, reader)) if isinstance(kind, HasPages) and run.state == State.DONE else []


def log(run: ImportRun, *, raw: bool) -> list[tuple[datetime, str]]:
    """What was done with the file; its faults, which may quote rows, only for those who may read rows as they came."""
    return run.log_in_words(but=() if raw else [FAULT])


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
