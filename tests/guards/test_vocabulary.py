"""One word for one thing: what ``docs/translations.md`` puts under *never* is said nowhere."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache

import pytest

from runtime.messages import read, strings, texts
from tests.guards.floors import ROOT
from tests.guards.test_translations import FIELDS, FRENCH, english, entries, in_both

Words = re.Pattern[str]


@cache
def rows() -> list[list[str]]:
    """The cells of the table: English, never, French, never."""
    _, _, table = (ROOT / "docs/translations.md").read_text().partition("## Vocabulary")
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def never(column: int) -> Words:
    """The words of one *never* column, whole: ``mail`` is not found in ``e-mail``."""
    words = [word for row in rows() for word in re.findall(r"`([^`]+)`", row[column])]
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])")


def refused(sentences: Iterable[str], words: Words) -> list[str]:
    return [text for text in sentences if words.search(FIELDS.sub("x", text))]


def in_packs(language: str) -> list[str]:
    packs = [tomllib.loads(path.read_text()) for path in (ROOT / "kpis/packs").glob("*.toml")]
    return [entry[language] for pack in packs for entry in in_both(pack)]


def test_the_table_is_read_whole() -> None:
    assert len(rows()) > 30
    assert {len(row) for row in rows()} == {4}


def test_english_says_one_word_for_one_thing() -> None:
    said = [text for message in entries(english()) for text in texts(message)]
    assert refused(said, never(1)) == []


def test_french_says_one_word_for_one_thing() -> None:
    said = [text for message in entries(read(FRENCH)) for text in strings(message)]
    assert refused(said, never(3)) == []


def test_packs_say_one_word_for_one_thing() -> None:
    assert len(in_packs("fr")) > 100
    assert refused(in_packs("fr"), never(3)) == []
    assert refused(in_packs("en"), never(1)) == []


@pytest.mark.parametrize(
    "text", ["Hors de sa cible", "Deux Cibles", "par courriel", "un mail", "C’est mieux"]
)
def test_a_word_of_another_name_is_found(text: str) -> None:
    assert refused([text], never(3)) == [text]
    assert refused(["un e-mail", "Ciblé", "L’objectif est tenu"], never(3)) == []
