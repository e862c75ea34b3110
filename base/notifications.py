"""What a person is told in the app, and what of it they may still read when they look.

A notification says a name that was theirs to know that day. Whether it still is asks the page it leads to: its policy,
and where it is of one object, whoever registered for that page (``readable``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import may_open, policy_of
from accounts.models import User
from base.models import Notification

_READABLE: dict[str, Callable[[User], models.QuerySet[Any]]] = {}


def readable(url_name: str, to: Callable[[User], models.QuerySet[Any]]) -> None:
    """What a page shows (by the ``pk`` of its URL): ``to`` answers what of it the person may see now."""
    _READABLE[url_name] = to


def as_readable(notes: Iterable[Notification], *, by: User) -> list[Notification]:
    """The same ones; what leads where the person may no longer look has no text of its own and no link."""
    notes = list(notes)
    leads = [_where(note.url) for note in notes]
    asked: dict[str, set[Any]] = defaultdict(set)
    for name, pk, _view in leads:
        if name in _READABLE:
            asked[name].add(pk)
    seen = {
        name: set(_READABLE[name](by).filter(pk__in=pks).values_list("pk", flat=True))
        for name, pks in asked.items()
    }
    for note, (name, pk, view) in zip(notes, leads, strict=True):
        if view is not None and not (may_open(by, policy_of(view)) and pk in seen.get(name, {pk})):
            note.text, note.url = _("What this told you of is no longer open to you."), ""
    return notes


def _where(url: str) -> tuple[str, Any, Any]:
    """(name of the URL, pk, view) a notification leads to; nothing where that is no page of ours."""
    try:
        match = resolve(url.partition("?")[0].partition("#")[0])
    except Resolver404:
        return "", None, None
    return match.url_name or "", match.kwargs.get("pk"), match.func


# What accounts asks to tell (``accounts.signals.told``), by kind.
_TEXTS: dict[str, Callable[[models.Model], str]] = {
    "approver_gone": lambda about: _("{name} no longer grants roles and changes with you.").format(
        name=about
    ),
}


def keep(person: User, kind: str, about: models.Model, url: str, **_signal: Any) -> None:
    with translation.override(person.language):
        text = _TEXTS[kind](about)[:300]
    key = f"{kind}:{about.pk}:{timezone.now().isoformat()}"
    Notification.objects.create(user=person, key=key, text=text, url=url)
