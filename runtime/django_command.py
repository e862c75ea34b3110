"""Runs a Django command in this process, after bringing the instance up to date."""

import sys
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

from runtime.instance import Instance, Refused
from runtime.prepare import prepare
from runtime.presence import at_work

# Commands that say nothing about the data, or make the tables themselves.
_WITHOUT_DATABASE = {
    *("--help", "--version", "check", "collectstatic", "diffsettings", "findstatic", "help"),
    *("makemessages", "makemigrations", "migrate", "showmigrations", "sqlmigrate", "test", "version"),
}


def run_command(instance: Instance, arguments: Sequence[str]) -> int:
    """The exit status. A failure is one sentence on stderr; a surprise leaves its traceback in the log."""
    import django

    try:
        django.setup()
        name = arguments[0] if arguments else "help"
        _check_name(name)
        with _presence(name):
            if name not in _WITHOUT_DATABASE:
                prepare(instance)
            _execute(name, list(arguments[1:]))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as problem:
        return _report(instance, problem, verbose="--traceback" in arguments)
    return 0


def _presence(name: str) -> AbstractContextManager[None]:
    from django.db import connection

    needed = name == "migrate" or name not in _WITHOUT_DATABASE
    return at_work(name, connection.get_connection_params()) if needed else nullcontext()


def _check_name(name: str) -> None:
    from django.core.management import CommandError, get_commands

    if not name.startswith("-") and name not in {"help", "version", *get_commands()}:
        raise CommandError(f"There is no command {name}: ./run manage help lists them.")


def _execute(name: str, rest: list[str]) -> None:
    """``--traceback`` makes Django raise its errors instead of decorating them."""
    from django.core.management import CommandParser, ManagementUtility, get_commands

    if name not in get_commands() or name in ("runserver", "test"):
        ManagementUtility(["./run manage", name, *rest]).execute()
        return
    CommandParser.error = _refuse_arguments  # type: ignore[assignment, method-assign]  # one sentence, no screen
    command = ManagementUtility().fetch_command(name)
    command.run_from_argv(["./run manage", name, "--traceback", *rest])


def _refuse_arguments(_parser: Any, message: str) -> NoReturn:
    from django.core.management import CommandError

    from base.commands import one_line

    raise CommandError(f"{one_line(message[:1].upper() + message[1:])}.", returncode=2)


def _beneath_us(problem: Exception) -> str:
    """What neither the command nor its caller can help; empty for anything else."""
    from base.faults import away, no_room

    if no_room(problem):
        return "The disk is full: make room on it, then try again."
    return "The database does not answer: try again in a minute." if away(problem) else ""


def _surprise(instance: Instance, problem: Exception) -> str:
    log = instance.log / "manage.log"
    with log.open("a") as file:
        traceback.print_exception(problem, file=file)
    first = (str(problem).splitlines() or [""])[0]
    return f"This failed unexpectedly ({type(problem).__name__}: {first}); {log} has more."


def _report(instance: Instance, problem: Exception, *, verbose: bool) -> int:
    from django.core.management import CommandError

    if verbose:
        traceback.print_exception(problem)
    elif isinstance(problem, CommandError | Refused):
        sys.stderr.write(f"{problem}\n")
    else:
        sys.stderr.write(f"{_beneath_us(problem) or _surprise(instance, problem)}\n")
    return getattr(problem, "returncode", 1)
