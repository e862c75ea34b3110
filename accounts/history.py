"""Who changed what, when, before and after: read from the events that triggers keep of any tracked model.

A model is tracked with ``pghistory.track`` and a foreign key from its events (the default ``pgh_obj``); ``history_of``
then writes its history in the reader's words, by the verbose names and choices of its fields.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One event. ``by`` is empty when no signed-in person did it (set-up, a command)."""

    at: datetime
    by: str
    title: str
    fields: tuple[FieldChange, ...]
    note: str = ""


_Names = Mapping[type[models.Model], Mapping[Any, str]]  # model → primary key → name
EMPTY = "—"


NOTES = {  # what the context of an event may say (``pghistory.context(note=…)``)
    "alone": _("Given without a second person: there was no other account yet"),
    "command": _("By the operator, from the command line"),
}


def history_of(record: models.Model) -> list[Change]:
    """The history of a tracked record, newest first. One query, and one for each model its events point to."""
    event_model = type(record).pgh_event_model  # type: ignore[attr-defined]  # set by pghistory.track
    events = list(
        event_model.objects.filter(pgh_obj_id=record.pk)
        .select_related("pgh_context")
        .order_by("pgh_created_at", "pgh_id")
    )
    fields = _tracked_fields(type(record), event_model)
    names = _names_in(events, fields)
    pairs = zip([None, *events], events, strict=False)
    changes = [_change(before, after, fields, names) for before, after in pairs]
    return [change for change in reversed(changes) if change.fields or change.title]


def _tracked_fields(model: type[models.Model], event_model: type[models.Model]) -> list[Any]:
    kept = {field.name for field in event_model._meta.concrete_fields}
    return [field for field in model._meta.concrete_fields if field.name in kept and not field.primary_key]


def _change(before: Any, after: Any, fields: list[Any], names: _Names) -> Change:
    return Change(
        at=after.pgh_created_at,
        by=names[User].get(author_of(after), ""),
        title=_title(after) if before is None else "",
        fields=() if before is None else tuple(_differences(before, after, fields, names)),
        note=str(NOTES.get(_metadata(after).get("note", ""), "")),
    )


def _title(event: Any) -> str:
    """How the record came to be: with its role, for a person."""
    role = getattr(event, "role", None)
    return gettext("Added as {role}").format(role=Role(role).label) if role is not None else gettext("Added")


def _differences(before: Any, after: Any, fields: list[Any], names: _Names) -> Iterator[FieldChange]:
    for field in fields:
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            label = capfirst(str(field.verbose_name))
            yield FieldChange(label, _shown(field, old, names), _shown(field, new, names))


def _shown(field: Any, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return EMPTY
    if field.is_relation:
        return names[field.related_model].get(value, EMPTY)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _metadata(event: Any) -> dict[str, Any]:
    return dict(event.pgh_context.metadata) if event.pgh_context else {}


def author_of(event: Any) -> int | None:
    author = _metadata(event).get("user")
    return int(author) if author is not None else None


def _names_in(events: Iterable[Any], fields: Iterable[Any]) -> _Names:
    """The names of whom and what the events mention."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    wanted[User] = {author_of(event) for event in events}
    for field in fields:
        if field.is_relation:
            wanted[field.related_model] |= {getattr(event, field.attname) for event in events}
    return {
        model: {row.pk: str(row) for row in model._base_manager.filter(pk__in=keys - {None})}
        for model, keys in wanted.items()
    }
