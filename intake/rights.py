"""Who may do what with imports: each kind says it of its own (``Terms``); what is of no kind yet is confidential.

A file whose kind is not known yet, or that was refused before it was, may hold anything: it is for whoever gave it and
for those who may import every kind there is.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from accounts.access import has_right
from intake.kinds import Field, Kind, PartlyClosed, kind_for, kinds
from intake.problems import Refused

if TYPE_CHECKING:
    from intake.mapping import Match
    from intake.models import ImportRun

NOT_YOURS = gettext_noop("This file holds what your role may not import.")


def may_see(user: Any, kind: Kind) -> bool:
    return has_right(user, kind.terms.see) or may_import(user, kind)


def may_import(user: Any, kind: Kind) -> bool:
    return has_right(user, kind.terms.write)


def may_import_all(user: Any) -> bool:
    found = kinds()
    return bool(found) and all(may_import(user, kind) for kind in found)


def may_import_some(user: Any) -> bool:
    return any(may_import(user, kind) for kind in kinds())


def kinds_seen_by(user: Any) -> list[Kind]:
    return [kind for kind in kinds() if may_see(user, kind)]


def kinds_imported_by(user: Any) -> list[Kind]:
    return [kind for kind in kinds() if may_import(user, kind)]


def refuse_stranger(user: Any, match: "Match") -> None:
    """Refuse a file of a kind, or with a column, that is not the person's to import."""
    closed = match.kind.closed_fields(user) if isinstance(match.kind, PartlyClosed) else frozenset()
    if not may_import(user, match.kind) or closed.intersection(match.document().values()):
        raise Refused(NOT_YOURS)


def fields_for(user: Any, kind: Kind) -> list[Field]:
    """The fields of a kind whose names the person may read."""
    closed = kind.closed_fields(user) if isinstance(kind, PartlyClosed) else frozenset()
    return [field for field in kind.fields() if field.code not in closed]


def may_write(user: Any, run: "ImportRun") -> bool:
    """Whether a person who sees a run may undo it or have its file read again."""
    kind = kind_of(run)
    if kind is not None:
        return may_import(user, kind)
    return may_import_all(user) or (run.by_id == _pk(user) and may_import_some(user))


def may_open_raw(user: Any, run: "ImportRun") -> bool:
    """Whether a person who sees a run may read its rejected rows, and its faults, as the file wrote them: their own
    file, or, with the right that the kind asks for, anybody's.
    """
    if not may_write(user, run):
        return False
    kind = kind_of(run)
    asked = [kind] if kind is not None else kinds()
    return run.by_id == _pk(user) or all(has_right(user, one.terms.raw) for one in asked)


def visible_runs(user: Any, *, stored: Q) -> Q:
    """The runs a person may see: those ``stored`` of the kinds they may see, any of the kinds they may import once
    their columns are known, and while they are not, what they gave themselves.
    """
    pk = _pk(user)
    if pk is None:
        return Q(pk__in=[])
    found = Q()  # for who may import all
    if not may_import_all(user):
        is_known = (stored | ~Q(mapping={})) & Q(kind__in=[kind.code for kind in kinds()])
        found = Q(stored, kind__in=_codes(user, may_see)) | Q(is_known, kind__in=_codes(user, may_import))
        found |= Q(~is_known, by=pk)
    for kind in kinds():
        if isinstance(kind, PartlyClosed) and (closed := kind.closed_runs(user)):
            found &= ~Q(closed, kind=kind.code)
    return found


def _codes(user: Any, may: Callable[[Any, Kind], bool]) -> list[str]:
    return [kind.code for kind in kinds() if may(user, kind)]


def kind_of(run: "ImportRun") -> Kind | None:
    """The kind a run turned out to be of; None while that is not known, or when no app knows it any more."""
    if not (run.is_stored or run.mapping):
        return None
    try:
        return kind_for(run.kind)
    except KeyError:
        return None


def _pk(user: Any) -> int | None:
    """Of a person who may still sign in."""
    return user.pk if getattr(user, "is_active", False) else None
