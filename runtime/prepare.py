"""Brings an instance up to date: its tables, its shipped catalogue, its static files."""

import hashlib
import logging
import sys
from pathlib import Path
from typing import Any

from runtime.instance import Instance, Refused
from runtime.presence import at_work


def prepare(instance: Instance) -> None:
    """Migrate and furnish the database where that is still to be done; silent, and one process at a time."""
    with instance.lock("prepare"):
        furnished = instance.home / "furnished"
        if _has_pending_migrations():
            furnished.unlink(missing_ok=True)
            _call("migrate", interactive=False, verbosity=0)
        if not furnished.exists():
            _call("ensure_instance")
            furnished.touch(mode=0o600)


def _has_pending_migrations() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _call(name: str, **options: Any) -> None:
    """Anything it prints goes to stderr: stdout belongs to the command asked for."""
    from django.core.management import call_command, get_commands

    if name in get_commands():
        call_command(name, stdout=sys.stderr, **options)


def collect_static() -> None:
    """Collect and compress the static files, unless none changed since the last time."""
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.management import call_command

    stamp = Path(staticfiles_storage.path(".fingerprint"))
    now = _fingerprint()
    if not stamp.exists() or stamp.read_text() != now:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


def _fingerprint() -> str:
    """Of every static file's name, size and time."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def main() -> int:
    """What passes by itself, or needs a person elsewhere, is one line in the log: who starts us tries again."""
    import django
    from django.db import connection

    from base.faults import away, no_room

    django.setup()
    try:
        with at_work("prepare", connection.get_connection_params()):
            prepare(Instance.from_environment())
            collect_static()
    except Refused as refusal:
        return _give_up(str(refusal))
    except Exception as problem:
        if no_room(problem):
            return _give_up("The disk is full: make room on it, then try again.")
        if not away(problem):
            raise
        return _give_up(f"The database does not answer: {str(problem).strip().splitlines()[0]}")
    return 0


def _give_up(why: str) -> int:
    logging.getLogger("runtime.prepare").error(why)
    return 1


if __name__ == "__main__":
    sys.exit(main())
