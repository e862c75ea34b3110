"""Sentences kept in the database and read in the reader's language.

A run is performed by a worker and read later by people with different languages, so what is stored is the
English template (a msgid) and its values; ``in_words`` puts them together in the active language.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from base import formats

Value: TypeAlias = str | int | float | Decimal | date | datetime | Promise
Kept: TypeAlias = list[Any]  # [msgid, {name: value}], as stored in a JSON field


class Sentence(str):
    """An English sentence that remembers its template; made by ``sentence``.

    Being a ``str``, it can be given wherever the interface asks for one.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Value] | None = None) -> "Sentence":
        kept = {name: _plain(value) for name, value in (values or {}).items()}
        english = {name: value[0] if isinstance(value, list) else value for name, value in kept.items()}
        made = super().__new__(cls, template % english if english else template)
        made.template, made.values = template, kept
        return made


def sentence(template: str, **values: Value) -> Sentence:
    """Build a sentence from a template marked with ``gettext_noop`` and its values."""
    return Sentence(template, values)


def spoken(template: str, **values: Value) -> Sentence:
    """A sentence said in the active language now, that can be kept for readers of another all the same."""
    said = Sentence(template, values)
    made: Sentence = str.__new__(Sentence, in_words([said.template, said.values]))
    made.template, made.values = said.template, said.values
    return made


def refusal_of(error: ValidationError) -> Sentence:
    """What a form or a rule refused: kept for readers of any language where it is one sentence given lazily."""
    by_field = getattr(error, "error_dict", {})
    found = [one for several in by_field.values() for one in several] or error.error_list
    if len(found) != 1:
        return as_sentence(" ".join(error.messages))
    with override(None):
        template = str(found[0].message)
    return spoken(template, **(found[0].params or {}))


def as_sentence(text: str) -> Sentence:
    """The text itself when it is a sentence, else a sentence without values."""
    return text if isinstance(text, Sentence) else Sentence(str(text))


def keep(text: str) -> Kept:
    """The stored form of a sentence, or of a plain string (a template without values)."""
    said = as_sentence(text)
    return [said.template, said.values]


def in_words(kept: Kept | None) -> str:
    """The stored sentence in the active language; blank when there is none."""
    if not kept:
        return ""
    template, values = kept
    if not template:
        return ""
    said = gettext(template)
    return said % {name: _shown(value) for name, value in values.items()} if values else said


class _Count(int):
    """Grouped by the reader's habits where the template says ``%s``; plain, like a line number, where ``%d``."""

    def __str__(self) -> str:
        return formats.count(int(self))


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return gettext(value[0])
    if isinstance(value, float):
        return formats.count(Decimal(str(value)), 2)
    return _Count(value) if isinstance(value, int) else value


def _plain(value: Value) -> str | int | float | list[str]:
    """As JSON holds it: a word to be said in the reader's language, given lazily, in a list of its own."""
    if isinstance(value, Promise):
        with override(None):
            return [str(value)]
    return value if isinstance(value, str | int | float) else str(value)
