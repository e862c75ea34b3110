"""Search over everything a person may see: by words and codes, with accents or without.

A floor registers each kind of object it has, once, in its ``AppConfig.ready``; nothing is found that ``visible_to``
does not give. Words are compared from their beginning, folded alike here and in PostgreSQL (``search_words``, made by a
migration of this app): lower case, no accents, and whatever is no letter or digit parts them.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, TextField, Value

from accounts.access import Right, has_right

MOST_WORDS, LONGEST_WORD = 8, 40
MOST_COUNTED = 100  # above that, a kind has "more than 100"
_APART = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class SearchKind:
    """``rows(user)`` is what the person may see, ranked; ``matches(word)`` those a folded word's beginning is in."""

    code: str
    title: Any
    icon: str
    right: Right
    rows: Callable[[Any], QuerySet[Any]]
    matches: Callable[[str], Q]
    label: Callable[[Any], str]
    url: Callable[[Any], str]
    detail: Callable[[Any], str] = lambda _row: ""
    numbered: bool = False  # a number alone is that of a row


@dataclass(frozen=True)
class Hit:
    """One object found, as its line says it."""

    label: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind; ``count`` is None above ``MOST_COUNTED``."""

    kind: SearchKind
    hits: list[Hit]
    count: int | None


KINDS: dict[str, SearchKind] = {}


def register(kind: SearchKind) -> None:
    KINDS[kind.code] = kind


def words_of(asked: str) -> list[str]:
    """The words a question is made of, folded as ``search_words`` folds them; of plurals, what one has too."""
    plain = unicodedata.normalize("NFKD", asked[:2_000].lower().translate(_APART))
    found = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    cut = [word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in found]
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in cut))[:MOST_WORDS]


def begins(word: str, *fields: str) -> Q:
    """Rows with a word that begins so in one of the fields: an index over ``search_words`` of them serves."""
    words = Func(*fields, function="search_words", output_field=SearchVectorField())
    query = Func(Value(f"'{word}':*"), template="%(expressions)s::tsquery", output_field=TextField())
    condition = Func(
        words, query, arg_joiner=" @@ ", template="(%(expressions)s)", output_field=BooleanField()
    )
    return Q(condition)


def in_fields(*fields: str) -> Callable[[str], Q]:
    return lambda word: begins(word, *fields)


def found_of(kind: SearchKind, user: Any, words: Sequence[str]) -> QuerySet[Any]:
    """The rows of a kind with every word, of those the person may see."""
    rows = kind.rows(user)
    if not words or not has_right(user, kind.right):
        return rows.none()
    every = Q()
    for word in words:
        every &= kind.matches(word)
    if kind.numbered and len(words) == 1 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 10:
        every |= Q(pk=int(words[0]))
    # Looked up by the index before what each may see is asked, whose price the planner does not know.
    matching = rows.model._base_manager.filter(every).order_by().values("pk")
    if not matching.exists():
        return rows.none()
    among = Func(
        F("pk"),
        ArraySubquery(matching),
        arg_joiner=" = ANY (",
        template="(%(expressions)s))",
        output_field=BooleanField(),
    )
    return rows.filter(Q(among))


def hit_of(kind: SearchKind, row: Model) -> Hit:
    return Hit(kind.label(row), kind.detail(row), kind.url(row))


def groups_of(user: Any, asked: str, *, most: int) -> list[Group]:
    """Of each kind with anything found, the first ``most``. Three queries a kind at most."""
    words, groups = words_of(asked), []
    for kind in KINDS.values():
        found = found_of(kind, user, words)
        rows = list(found[: most + 1]) if words else []
        count: int | None = len(rows)
        if len(rows) > most:
            counted = found.order_by()[: MOST_COUNTED + 1].count()
            count = counted if counted <= MOST_COUNTED else None
        if rows:
            groups.append(Group(kind, [hit_of(kind, row) for row in rows[:most]], count))
    return groups
