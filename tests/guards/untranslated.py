"""What looks like a sentence for people and is not marked as one, in templates and in code."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.base import DebugLexer, Token, TokenType

Fault = tuple[int, str]  # line, text

WORDS = re.compile(r"[^\W\d_]{2,}")
# Names, the two languages each in its own words, and classes of style where the guard cannot see that they are.
SAID_AS_IS = {
    "Vigie",
    "Français",
    "English",
    "CSV",
    "Excel",
    "bare__box--wide",
    "table table--stack table--wide",
}
READ_ALOUD = {
    "alt",
    "aria-label",
    "aria-description",
    "data-label",
    "data-failed",
    "label",
    "placeholder",
    "title",
}
NOT_READ = {"code", "script", "style"}
# Tags whose quoted arguments are names of things; the others take text.
NAMING_TAGS = {
    "block", "block_again", "cycle", "export_links", "extends", "get_current_language", "icon", "if", "elif", "for",
    "include", "load", "partial", "partialdef", "render_table", "status", "static", "url",
}  # fmt: skip
MARKED = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
QUOTED = re.compile(r"""(?<![\w|:])(?:\w+=)?(?:"([^"]*)"|'([^']*)')""")
DEFAULTS = re.compile(r"""\|(?:default|default_if_none|yesno|pluralize|add):(?:"([^"]*)"|'([^']*)')""")


class _Visible(HTMLParser):
    """Collects the text and the attributes that a reader reads or hears, but for what says it is not translated."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Fault] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opens = tag in NOT_READ or ("translate", "no") in attrs
        if tag == self.silent[-1] if self.silent else opens:
            self.silent.append(tag)
        for name, value in attrs:
            if value and (name in READ_ALOUD or (name == "value" and ("type", "submit") in attrs)):
                self.found.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append((self.getpos()[0], data))


def visible(html: str) -> list[Fault]:
    """The pieces of text of a page that reach its reader, with their lines."""
    parser = _Visible()
    parser.feed(html)
    parser.close()
    return [(line, " ".join(text.split())) for line, text in parser.found if WORDS.search(text)]


def in_template(source: str, *, html: bool = True) -> Iterator[Fault]:
    """Text outside translating tags, and quoted sentences given to other tags without ``_()``."""
    outside, arguments = _split(source)
    for line, text in visible(outside) if html else enumerate(outside.splitlines(), 1):
        if WORDS.search(text) and text.strip(" ·") not in SAID_AS_IS:
            yield line, text.strip()
    yield from (fault for fault in arguments if fault[1] not in SAID_AS_IS)


def _split(source: str) -> tuple[str, list[Fault]]:
    """The template without its tags (as many lines), and the untranslated sentences given to tags."""
    outside, arguments, inside = [], [], False
    for token in DebugLexer(source).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if name in ("blocktranslate", "endblocktranslate", "comment", "endcomment"):
            inside = not name.startswith("end")
        if token.token_type == TokenType.TEXT and not inside:
            outside.append(token.contents)
        else:
            outside.append("\n" * token.contents.count("\n"))
            arguments += [(token.lineno or 0, text) for text in _sentences_given(token, name)]
    return "".join(outside), arguments


def _sentences_given(token: Token, name: str) -> Iterator[str]:
    if token.token_type not in (TokenType.BLOCK, TokenType.VAR):
        return
    contents = MARKED.sub("", token.contents)
    texts = DEFAULTS.findall(contents)
    if token.token_type == TokenType.BLOCK and name not in NAMING_TAGS | {
        "translate",
        "blocktranslate",
        "with",
    }:
        texts += QUOTED.findall(contents)
    for text in ("".join(pair) for pair in texts):
        if re.search(r"[A-ZÀ-Ý]\w|\w \w", text):
            yield text


# ---- code

TEXT_ARGUMENTS = {
    "action", "caption", "description", "empty_label", "empty_text", "error_message", "help_text", "label", "message",
    "placeholder", "reason", "text", "title", "verbose_name", "verbose_name_plural",
}  # fmt: skip
SPEAKING = {
    "ValidationError", "Refused", "Sentence", "sentence", "NightError", "TargetError", "PackError", "FormulaError",
    "as_sentence", "Verdict", "Entry", "success", "error", "warning", "info",
}  # fmt: skip
NOT_SHOWN = {"relative to MEDIA_ROOT", "template of the sentence"}  # of fields that no form has
SENTENCE = re.compile(r"[A-ZÀ-Ý][^\W\d_]+|[^\W\d_]{2,} [^\W\d_]{2,}")


def in_code(source: str) -> Iterator[Fault]:
    """Literal sentences (or f-strings) given where people read them, instead of to a translating function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            given = [word.value for word in node.keywords if word.arg in TEXT_ARGUMENTS]
            if _called(node) in SPEAKING:
                given += node.args
            texts = map(_literal, given)
            yield from (
                (node.lineno, text) for text in texts if SENTENCE.search(text) and text not in NOT_SHOWN
            )


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", "") or getattr(node.func, "id", ""))


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
