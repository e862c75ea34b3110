"""What goes wrong beneath us, and passes: told apart by what the system and PostgreSQL say of it."""

import errno

import psycopg.errors
from django.db import IntegrityError, InterfaceError, OperationalError

# The database refused, dropped or cut short what was asked of it.
AWAY = (OperationalError, InterfaceError)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_IN_VAIN = ("57014", "53200")  # query_canceled, out_of_memory; class 54 are limits of the program


def no_room(error: BaseException | None) -> bool:
    """Whether a disk is full: one of ours, or that of the database (SQLSTATE 53100)."""
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull) or (
            isinstance(error, OSError) and error.errno in _FULL
        ):
            return True
        error = error.__cause__
    return False


def sent_twice(error: BaseException | None) -> bool:
    """Whether what was to be written is there already: of two requests at the same moment, this one came second."""
    return isinstance(error, IntegrityError) and isinstance(error.__cause__, psycopg.errors.UniqueViolation)


def in_vain(error: BaseException | None) -> bool:
    """Whether the database cut it short for what was asked, and would again: too long, too much memory, too complex."""
    state = getattr(error.__cause__, "sqlstate", None) if error is not None else None
    return state is not None and (state in _IN_VAIN or state.startswith("54"))


def away(error: BaseException | None) -> bool:
    """Whether the database refused, dropped or cut short what was asked of it: asking again later may do."""
    return isinstance(error, AWAY)
