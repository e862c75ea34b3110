"""Kinds of what is told: who may be told it, in which words, and how often by e-mail. Rooms register theirs here."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext

from accounts.access import Right, rights_of

Words: TypeAlias = Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Kind:
    """``sentence`` is a msgid (``gettext_noop``) with the names of ``words``, which are found when it is read: from
    the object it is about, if any, and from the values kept. ``label`` is said where people choose how often.
    """

    code: str
    label: str | Promise
    sentence: str
    page: str  # the URL name it leads to, of its object if it has one
    right: Right
    usual: str = "daily"  # a Frequency
    words: Words = field(default=lambda _about, values: values)


@dataclass(frozen=True)
class Subject:
    """A model that kinds are about; its manager has ``visible_to``. ``related``: what its words need besides."""

    model: type[Model]
    related: tuple[str, ...] = ()


_kinds: dict[str, Kind] = {}
_subjects: dict[type[Model], Subject] = {}


def register(*found: Kind | Subject) -> None:
    """Make kinds and subjects known; called from ``AppConfig.ready``. TypeError for a model without a door."""
    for one in found:
        if isinstance(one, Kind):
            _kinds[one.code] = one
        elif hasattr(one.model._default_manager, "visible_to"):
            _subjects[one.model] = one
        else:
            raise TypeError(f"{one.model.__name__} has no visible_to: nobody could be told of it.")


def kinds_for(user: Any) -> list[Kind]:
    """The kinds somebody may be told, in the order of registration."""
    held = rights_of(user)
    return [kind for kind in _kinds.values() if kind.right in held]


def open_to(user: Any, told: QuerySet[Any], *, types: Collection[int | None] | None = None) -> Q:
    """The notifications somebody may read by what they are about, of those ``told`` them.

    A kind that no room registers any more is closed. What may be seen is asked of the objects told of alone, all of a
    model at once: asked of each, whatever the condition rests on would be found anew for each. ``types`` are the
    content types there are, where that is known: each other one left out is a subquery less.
    """
    seen = Q(content_type=None)
    for model in _subjects:
        kind = ContentType.objects.get_for_model(model)
        if types is not None and kind.pk not in types:
            continue
        ids = told.filter(content_type=kind).order_by().values("object_id")
        seen |= Q(content_type=kind, object_id__in=visible_rows(model, user).filter(pk__in=ids).values("pk"))
    return Q(kind__in=["", *(kind.code for kind in kinds_for(user))]) & seen


def visible_rows(model: type[Model], user: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = model._default_manager.visible_to(user)  # type: ignore[attr-defined]  # see register
    return found.order_by()


def rows_told_of() -> list[QuerySet[Any]]:
    """Of each model that kinds are about its rows, with what their words need."""
    return [one.model._default_manager.select_related(*one.related) for one in _subjects.values()]


def sentence_of(code: str, about: Any, values: Mapping[str, Any]) -> str:
    """What a notification says, in the active language; empty when its kind is gone."""
    kind = _kinds.get(code)
    return gettext(kind.sentence) % kind.words(about, values) if kind else ""
