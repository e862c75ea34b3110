"""Compiles ``locale/*/LC_MESSAGES/*.po`` where they changed, without the gettext programs."""

import os
from pathlib import Path

from runtime.instance import ROOT, Refused


def compile_translations(locale: Path) -> None:
    """Fuzzy entries are left out: a wrong sentence is worse than an English one."""
    for source in locale.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo  # imported only when something changed
    from babel.messages.pofile import PoFileError, read_po

    draft = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with source.open("rb") as text, draft.open("wb") as compiled:
            write_mo(compiled, read_po(text, locale=source.parts[-3], abort_invalid=True))
        draft.replace(target)
    except PoFileError as problem:
        raise Refused(f"The translations in {source} cannot be read: {problem}.") from problem
    except PermissionError as problem:
        raise Refused(f"{target.parent} cannot be written to: run ./run setup as its owner.") from problem
    finally:
        draft.unlink(missing_ok=True)


if __name__ == "__main__":
    compile_translations(ROOT / "locale")
