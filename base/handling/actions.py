"""What people do with an object, and with all that is handled as one with it: see it, give it, set it aside, talk."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import User
from base.handling.models import Act, Comment, Handled, HandlingEvent

SENT_TWICE = timedelta(minutes=1)  # whoever says the same within it clicked twice

Applies: TypeAlias = Callable[[Handled], bool]


def acknowledge(*, item: Handled, by: User, at: datetime) -> None:
    """Say that somebody has seen it; the first to say so stands."""
    seen = {"acknowledged_by": by, "acknowledged_at": at}
    _change(item, Act.ACKNOWLEDGED, by, at, lambda row: row.acknowledged_at is None, seen)


def give(*, item: Handled, owner: User | None, by: User, at: datetime) -> HandlingEvent | None:
    """Make somebody take care of it, or nobody; None when that changes nothing."""
    pk = owner.pk if owner else None
    is_new: Applies = lambda row: row.owner_id != pk  # noqa: E731
    return next(iter(_change(item, Act.GIVEN, by, at, is_new, {"owner": owner}, to=owner)), None)


def snooze(*, item: Handled, by: User, until: date, reason: str, at: datetime) -> bool:
    """Set it aside until a day, saying why; the room brings it back by itself when it still holds then. False where
    it is over by now.
    """
    aside = {"snoozed_until": until, "snooze_reason": reason, **item.SNOOZED}
    is_on: Applies = lambda row: not row.is_over  # noqa: E731
    return bool(_change(item, Act.SNOOZED, by, at, is_on, aside, until=until, reason=reason))


def wake(*, item: Handled, by: User, at: datetime) -> bool:
    """Take it up again before its day; False where it is not set aside by now."""
    awake = {"snoozed_until": None, "snooze_reason": "", **item.AWAKE}
    return bool(_change(item, Act.WOKEN, by, at, lambda row: row.snoozed_until is not None, awake))


@transaction.atomic
def _change(
    item: Handled, act: Act, by: User, at: datetime, applies: Applies, columns: Mapping[str, Any], **told: Any
) -> list[HandlingEvent]:
    """Change the rows it applies to, each with an event of its own: who sees one of them sees its history."""
    rows = item.handled_with(by).select_for_update(of=("self",)).order_by("pk")
    changed = [row.pk for row in rows if applies(row)]
    type(item)._default_manager.filter(pk__in=changed).update(**columns)
    kind = ContentType.objects.get_for_model(item)
    return HandlingEvent.objects.bulk_create(
        HandlingEvent(content_type=kind, object_id=pk, act=act, by=by, at=at, **told) for pk in changed
    )


@transaction.atomic
def comment(*, item: Handled, author: User, text: str, at: datetime) -> Comment | None:
    """Add a remark; ``mentioned`` says who is named in it. None where the same was said just before: sent twice."""
    kind = ContentType.objects.get_for_model(item)
    item.hold()
    said = Comment.objects.filter(content_type=kind, object_id=item.pk, author=author, text=text)
    if said.filter(created_at__gt=at - SENT_TWICE).exists():
        return None
    return Comment.objects.create(content_type=kind, object_id=item.pk, author=author, text=text)


def mentioned(text: str, people: Iterable[User]) -> list[User]:
    """Those of the people whose name or address follows an @ in the text, whatever its case, accents and spaces.

    The longest that fits counts: "@Anne Le Roux" is not Anne Le. Two people of one name are both meant.
    """
    return list({person.pk: person for _word, meant in _named(text, people) for person in meant}.values())


def unknown_names(text: str, people: Iterable[User]) -> list[str]:
    """The words after an @ that begin the name of none of the people, e.g. a first name alone: nobody is told."""
    return list(dict.fromkeys(word for word, meant in _named(text, people) if not meant))


def _named(text: str, people: Iterable[User]) -> list[tuple[str, list[User]]]:
    """Each word that follows an @, and who is meant by it and the words after it."""
    names: dict[str, list[User]] = {}
    for person in people:
        for name in (person.full_name, person.email):
            names.setdefault(_plain(name), []).append(person)
    names.pop("", None)
    longest_first = sorted(names, key=len, reverse=True)
    found = []
    for sign in _AT.finditer(text):
        said = _plain(text[sign.start(1) :])
        name = next((name for name in longest_first if _stands(name, said)), "")
        found.append((sign[1], names.get(name, [])))
    return found


# An @ that ends no word, as that of an address does, and the word after it.
_AT = re.compile(r"(?<![^\W_])@(\w[\w'’-]*)")


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def _stands(name: str, text: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()
