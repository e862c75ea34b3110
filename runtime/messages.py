"""Gathers every sentence of code and templates into ``locale/*/LC_MESSAGES/django.po``, without the gettext programs.

``python -m runtime.messages`` brings the catalogues up to date: translations are kept, new msgids come with an empty
translation for somebody to fill, and those no longer said wait at the end of the file (``#~``) in case they come
back; ``--forget`` drops these. The msgids are English, so English needs no catalogue.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from runtime.instance import ROOT

Found: TypeAlias = tuple[Any, ...]  # line, function, its texts (None where not written out), notes
DJANGO = "django.utils.translation"
KEYWORDS: dict[str, Any] = {
    "_": None,  # templates only; in Python, whatever a function was imported as
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
METHODS = [
    ("tests/**", "ignore"),
    ("bench/**", "ignore"),
    ("var/**", "ignore"),
    ("**/migrations/**", "ignore"),
    ("**.py", "runtime.messages:python_messages"),
    ("templates/**.html", "runtime.messages:template_messages"),
    ("templates/**.txt", "runtime.messages:template_messages"),
]
HEADERS_LEFT_OUT = re.compile(
    rb'^"(?!Language:|Plural-Forms|MIME|Content-).*\n', re.MULTILINE
)  # who, when, with what
HEADER = (
    "# Vigie, in the words of its users. The msgids are English; docs/translations.md says how to add some."
)


def python_messages(file: IO[bytes], _keywords: Any, _tags: Any, options: Any) -> Iterator[Found]:  # noqa: ARG001
    """Babel's extraction method for Python, which also looks inside f-strings and follows ``import … as``."""
    tree = ast.parse(file.read())
    aliases = _translating(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(call.func, ast.Name) and call.func.id in aliases:
            texts = tuple(_text(argument) for argument in call.args)
            yield call.lineno, aliases[call.func.id], texts if len(texts) > 1 else texts[0], []


def _translating(tree: ast.AST) -> dict[str, str]:
    """The names under which a module knows Django's translating functions."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == DJANGO]
    return {
        alias.asname or alias.name: alias.name
        for node in imports
        for alias in node.names
        if alias.name in KEYWORDS
    }


def _text(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def template_messages(file: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Babel's extraction method for Django templates: Django's own reading of them, as if it were Python.

    The parentheses keep the indentation of the page from being taken for Python's.
    """
    code = f"({templatize(file.read().decode())}\n)"
    yield from extract_python(BytesIO(code.encode()), keywords, tags, options)


def said(root: Path) -> Catalog:
    """Every msgid of the code and the templates below ``root``, with the files that say it, in their order."""
    catalog = Catalog()
    for place, _line, msgid, _notes, context in extract_from_dir(root, METHODS, keywords=KEYWORDS):
        catalog.add(msgid, locations=[(place, 0)], context=context)
    return catalog


def read(source: Path) -> Catalog:
    """The catalogue in that file; of the language its folder names, and empty, when there is none yet."""
    language = source.parts[-3]
    if not source.exists():
        return Catalog(locale=language, header_comment=HEADER, fuzzy=False)
    with source.open("rb") as text:
        return read_po(text, locale=language)


def update(known: Catalog, now: Catalog) -> Catalog:
    """The msgids of ``now`` with the translations of ``known``, and after them the translations without a use."""
    fresh = Catalog(locale=known.locale, header_comment=HEADER, fuzzy=False)
    kept = {(message.context, texts(message)[0]): message for message in translated(known)}
    for message in now:
        if message.id:
            old = kept.pop((message.context, texts(message)[0]), None)
            fresh[message.id] = _translated_by(message, old, fresh.num_plurals)
    fresh.obsolete = {str(key): message for key, message in kept.items()}
    return fresh


def translated(catalog: Catalog) -> Iterator[Message]:
    """The messages that somebody has translated, those without a use first."""
    return (m for m in [*catalog.obsolete.values(), *catalog] if m.id and any(strings(m)))


def texts(message: Message) -> tuple[str, ...]:
    """Its English: one text, or singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    """Its translation, likewise; blank where there is none."""
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def _translated_by(message: Message, old: Message | None, forms: int) -> Message:
    """``message`` with the translation of ``old``, unless one has a plural and the other has not."""
    plural = not isinstance(message.id, str)
    if old and isinstance(old.string, tuple | list) == plural:
        message.string, message.user_comments = old.string, old.user_comments
        message.flags |= old.flags & {"fuzzy"}
    else:
        message.string = ("",) * forms if plural else ""
    return message


def write(catalog: Catalog, target: Path, *, forget: bool = False) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    text = BytesIO()
    write_po(text, catalog, width=0, include_lineno=False, ignore_obsolete=forget)
    header, blank, entries = text.getvalue().partition(b"\n\n")
    target.write_bytes(HEADERS_LEFT_OUT.sub(b"", header) + blank + entries)


def main(arguments: list[str]) -> None:
    now = said(ROOT)
    for folder in sorted((ROOT / "locale").glob("*/LC_MESSAGES")):
        target = folder / "django.po"
        catalog = update(read(target), now)
        write(catalog, target, forget="--forget" in arguments)
        missing = sum(not all(strings(message)) for message in catalog if message.id)
        sys.stdout.write(
            f"{target.relative_to(ROOT)}: {len(catalog)} msgids, {missing} without translation\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
