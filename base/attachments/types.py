"""What a file is, by what it holds and not by what it is called: a short list of what people put beside their work."""

import re
import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base.archives import DAMAGED, holds_macros, type_said

LARGEST = 5 << 20  # bytes
MOST = 20  # files beside one object
_STARTS = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
_OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
_OPEN = {b"opendocument.text": "odt", b"opendocument.spreadsheet": "ods"}
_WORDS = ("txt", "csv")
TYPES = (*_STARTS.values(), *_OFFICE.values(), *_OPEN.values(), *_WORDS)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|svg|script)", re.IGNORECASE)
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069/\\:*?\"<>|]+")
_LONGEST = 120


def type_of(name: str, content: bytes) -> str:
    """One of ``TYPES``; ValidationError in a sentence when it is none, or larger than is kept."""
    if not content:
        raise ValidationError(_("The file is empty."))
    if len(content) > LARGEST:
        raise ValidationError(_("The file is larger than %(most)d MB.") % {"most": LARGEST >> 20})
    found = next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")
    if not found and content.startswith(b"PK"):
        found = _packed(content)
    elif (
        not found
        and not _CONTROLS.search(content)
        and not _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf"))
    ):
        found = "csv" if name.lower().endswith(".csv") else "txt"
    if not found:
        raise ValidationError(
            _("This is none of the files that are kept: %(types)s.") % {"types": ", ".join(TYPES)}
        )
    return found


def _packed(content: bytes) -> str:
    """An office document by its parts; none that holds macros, nor any other archive."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            names = set(packed.namelist())
            if holds_macros(packed):
                raise ValidationError(_("This document holds macros: save it without them first."))
            if said := type_said(packed):
                return next((kind for end, kind in _OPEN.items() if said.endswith(end)), "")
    except DAMAGED:
        return ""
    return next((kind for part, kind in _OFFICE.items() if part in names), "")


def clean_name(name: str, kind: str) -> str:
    """A name on one line, without paths, that ends as its type does."""
    last = PurePosixPath(name.replace("\\", "/")).name
    stem = " ".join(_UNWANTED.sub(" ", last.rpartition(".")[0] or last).split()).strip(" .")
    return f"{stem[:_LONGEST].strip() or 'file'}.{kind}"
