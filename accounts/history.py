"""What changed about a person, when and by whom, read from the events their triggers keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Department, Role, Team, User


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


_FIELDS = ("email", "full_name", "role", "department_id", "team_id", "is_active")


_Names = dict[str, dict[int, str]]


def history_of(person: User) -> list[Change]:
    """Newest first. Four queries, however long the history."""
    events = list(
        apps.get_model("accounts", "UserEvent")
        .objects.filter(pgh_obj_id=person.pk)
        .select_related("pgh_context")
        .order_by("pgh_created_at", "pgh_id")
    )
    names = _names_in(events)
    changes = [_change(before, after, names) for before, after in zip([None, *events], events, strict=False)]
    return [change for change in reversed(changes) if change.fields or change.title]


def _change(before: Any, after: Any, names: _Names) -> Change:
    return Change(
        at=after.pgh_created_at,
        by=names["person"].get(_author(after) or 0, ""),
        title=_("Added as {role}").format(role=Role(after.role).label) if before is None else "",
        fields=() if before is None else tuple(_differences(before, after, names)),
    )


def _differences(before: Any, after: Any, names: _Names) -> Iterator[FieldChange]:
    for field in _FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            name = field.removesuffix("_id")
            label = str(getattr(User._meta.get_field(name), "verbose_name", name))
            yield FieldChange(capfirst(label), _shown(name, old, names), _shown(name, new, names))


def _shown(field: str, value: Any, names: _Names) -> str:
    if field == "role":
        return str(Role(value).label)
    if field == "is_active":
        return _("yes") if value else _("no")
    return names[field].get(value, "—") if field in names else str(value)


def _author(event: Any) -> int | None:
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    author = metadata.get("user")
    return int(author) if author is not None else None


def _names_in(events: Iterable[Any]) -> _Names:
    authors = {author for event in events if (author := _author(event)) is not None}
    return {
        "person": {user.pk: str(user) for user in User.objects.get_queryset().filter(pk__in=authors)},
        "department": {row.pk: str(row) for row in Department.objects.all()},
        "team": {row.pk: str(row) for row in Team.objects.all()},
    }
