"""Reading TOML that a person gives: anything unusable in it is told in a sentence, at once and whatever its size."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

MOST_BYTES = 1_000_000
MOST_DEPTH = 12
_LARGEST = 2**63  # beyond, no number of ours can be kept
LONGEST_LINE = 10_000
# What takes the reader a time that grows faster than its length: digits without end, and keys of many parts.
_MANY_DIGITS = re.compile(r"[0-9a-fA-F_]{400}")
_MANY_PARTS = re.compile(r"(?:[\w\"'-]{1,30}[ \t]{0,3}\.[ \t]{0,3}){12}")


class TomlError(Exception):
    """A sentence that says why a text cannot be read."""


def read_toml(text: str, most: int = MOST_BYTES) -> dict[str, Any]:
    """The tables of a TOML text of at most ``most`` characters. Raises TomlError."""
    if len(text) > most:
        raise TomlError(_("it is too large: at most %(most)d characters are read.") % {"most": most})
    for number, line in enumerate(text.split("\n"), start=1):
        if _MANY_DIGITS.search(line):
            raise TomlError(_("line %(line)d has a number of too many digits.") % {"line": number})
        if len(line) > LONGEST_LINE:
            raise TomlError(_("line %(line)d is too long.") % {"line": number})
        if _MANY_PARTS.search(line):
            raise TomlError(_("line %(line)d is nested too deeply.") % {"line": number})
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise TomlError(_("it is nested too deeply.")) from None
    except ValueError as error:
        raise TomlError(" ".join(str(error).split())[:300]) from None
    _check(found)
    return found


def read_toml_file(path: Path, most: int = MOST_BYTES) -> dict[str, Any]:
    """As ``read_toml``; no more of the file is read than may be. Raises OSError and TomlError."""
    return read_toml(text_of(path, most), most)


def text_of(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a file of at most ``most`` bytes, before it is read as TOML. Raises OSError and TomlError."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TomlError(_("it is too large: at most %(most)d characters are read.") % {"most": most})
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise TomlError(_("it is not a text in UTF-8.")) from None


def _check(found: dict[str, Any]) -> None:
    for depth, value in _values(found, 0):
        if depth > MOST_DEPTH:
            raise TomlError(_("it is nested too deeply."))
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            raise TomlError(_("a whole number in it is too large."))
        if isinstance(value, str) and "\0" in value:
            raise TomlError(_("a text in it holds a NUL character."))


def _values(root: Any, depth: int) -> Iterator[tuple[int, Any]]:
    """Each value and key, with how deep it lies; without recursion, as a text may be nested deeper than Python is."""
    waiting = [(depth, root)]
    while waiting:
        at, value = waiting.pop()
        yield at, value
        if isinstance(value, dict):
            waiting += [(at + 1, key) for key in value]
            waiting += [(at + 1, item) for item in value.values()]
        elif isinstance(value, list):
            waiting += [(at + 1, item) for item in value]
