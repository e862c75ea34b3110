"""Documents that are archives: what one says it is, whether it holds macros, and what reading a damaged one raises."""

import lzma
import re
import zipfile
import zlib

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, OSError, EOFError, RuntimeError, NotImplementedError,
    ValueError,
)  # fmt: skip
_CONTENTS = "[content_types].xml"  # what an office document says each of its parts is
_MOST_CONTENTS = 1 << 20  # bytes
_MACRO_FOLDERS = {"basic", "scripts"}  # of an OpenDocument
_MACRO_CONTENTS = re.compile(rb"macroenabled|macrosheet|vbaproject|vbadata")
_VEILED = re.compile(rb"&#|<!")  # characters by number, entities: no office program writes them there
_LONGEST = 100  # bytes of the name of a type


def type_said(packed: zipfile.ZipFile) -> bytes:
    """What an OpenDocument says it is; nothing for any other archive. Raises ``DAMAGED``."""
    found = [part for part in packed.infolist() if part.filename == "mimetype" and part.file_size < _LONGEST]
    return packed.read(found[0]) if found else b""


def holds_macros(packed: zipfile.ZipFile) -> bool:
    """By where macros are kept, and by what the document says of its parts, whatever these are called. ValueError
    where it hides what it says.
    """
    for part in packed.infolist():
        # Office programs read both slashes alike.
        *folders, name = part.filename.lower().replace("\\", "/").split("/")
        if name.endswith("vbaproject.bin") or _MACRO_FOLDERS.intersection(folders):
            return True
        if name == _CONTENTS:
            with packed.open(part) as stream:
                said = stream.read(_MOST_CONTENTS + 1).replace(b"\0", b"").lower()  # it may be in UTF-16
            if len(said) > _MOST_CONTENTS or _VEILED.search(said):
                raise ValueError(part.filename)
            if _MACRO_CONTENTS.search(said):
                return True
    return False
