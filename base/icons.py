"""Lucide icons as lean SVG: how they are drawn (no fill, the text's colour, round ends) is said once, by ``.icon``."""

import re
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

from django.utils.safestring import SafeString, mark_safe

from base.components import SIGNALS, STATUSES

USUAL = 16  # pixels
# The icons of verdicts, drawn once a page (``layouts/base.html``) and named from there on: lists hold hundreds.
SHARED = frozenset(found.icon for found in (*STATUSES.values(), *SIGNALS.values()))
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@lru_cache(maxsize=512)
def drawn(name: str, size: int, label: str) -> SafeString:
    """Hidden from screen readers, or named by ``label``."""
    reading = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    if name in SHARED:
        box, inside = "", f'<use href="#i-{name}"/>'
    else:
        box, inside = ' viewBox="0 0 24 24"', _shapes(name)
    css = "icon" if size == USUAL else f"icon icon--{size}"
    return mark_safe(f'<svg class="{css}"{box} {reading}>{inside}</svg>')


@cache
def shared() -> SafeString:
    """What the icons of verdicts refer to."""
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{_shapes(name)}</symbol>' for name in sorted(SHARED)
    )
    return mark_safe(f'<svg class="icons" aria-hidden="true">{symbols}</svg>')


@cache
def _library() -> ZipFile:
    """Opened once a process: the library would read its table of contents, of 1,700 icons, for each of ours."""
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


def _shapes(name: str) -> str:
    found = _INSIDE.search(_library().read(f"{name}.svg").decode())
    return re.sub(r"\s*\n\s*| (?=/>)", "", found[1]) if found else ""
