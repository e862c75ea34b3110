"""``./run backup FILE``: the whole instance in one file, consistent and checked, while it runs or not."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from intake.lock_keys import FILES
from runtime import archive
from runtime.instance import LAST_BACKUP, Instance, Refused
from runtime.presence import at_work, parameters_of
from runtime.servers import servers_in_use


def backup(arguments: Sequence[str]) -> int:
    """Write the file, read it back, and only then give it its name."""
    parser = argparse.ArgumentParser(prog="./run backup")
    parser.add_argument("file", type=Path)
    target = parser.parse_args(arguments).file.absolute()
    if target.exists():
        raise Refused(f"{target} is there already: choose another name.")
    if not target.parent.is_dir():
        raise Refused(f"The folder {target.parent} does not exist.")
    instance = Instance.from_environment()
    with servers_in_use(instance) as servers:
        url = os.environ.get("DATABASE_URL") or servers.environment()["DATABASE_URL"]
        with at_work("backup", parameters_of(url)):
            _write(instance, url, target)
    with suppress(OSError):  # for who watches: the backup itself is made
        (instance.home / LAST_BACKUP).touch(mode=0o600)
    return 0


def _write(instance: Instance, url: str, target: Path) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".vigie-backup-") as folder:
            _assemble(instance, url, Path(folder), draft)
        archive.check(draft)
        os.link(draft, target)  # never over a file that has come meanwhile
    except FileExistsError as problem:
        raise Refused(f"{target} is there already: choose another name.") from problem
    except OSError as problem:
        raise Refused(f"The backup could not be written: {problem.strerror}.") from problem
    finally:
        draft.unlink(missing_ok=True)


def _assemble(instance: Instance, url: str, folder: Path, draft: Path) -> None:
    """The dump first: a file received after its snapshot is only one too many; none is purged meanwhile."""
    with psycopg.connect(url) as reading:
        reading.execute("SELECT pg_advisory_lock_shared(%s, 0)", [FILES])
        _assemble_held(instance, url, folder, draft)


def _assemble_held(instance: Instance, url: str, folder: Path, draft: Path) -> None:
    dump = folder / archive.DUMP
    migrations, rows = _dump(url, dump)
    archive.postgres("pg_restore", url, ["--list", "--file", os.devnull, str(dump)])
    parts = {archive.DUMP: dump, **_files(instance)}
    sums = {}
    for name, path in parts.items():
        with path.open("rb") as stream:
            sums[name] = archive.sha256_of(stream)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    archive.write(draft, archive.Manifest(made_at, migrations, rows, sums), parts)


def _dump(url: str, dump: Path) -> tuple[list[str], dict[str, int]]:
    """Dump one snapshot; the migrations applied and the rows of each table as that snapshot sees them."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        migrations = _migrations(connection)
        if not migrations:
            raise Refused("This instance is empty: there is nothing to back up.")
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        archive.postgres("pg_dump", url, [*options, "--exclude-table=intake_stage_*", "--file", str(dump)])
        return migrations, row_counts(connection)


def _migrations(connection: psycopg.Connection) -> list[str]:
    if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
        return []
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def row_counts(connection: psycopg.Connection) -> dict[str, int]:
    """By table of the schema, but for the staging tables of imports under way, which start over."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT starts_with(tablename, 'intake_stage_')"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        counts[table] = (counted.fetchone() or (0,))[0]
    return counts


def _files(instance: Instance) -> dict[str, Path]:
    """Uploads, and the key that signs sessions where the instance keeps it itself."""
    uploads = instance.home / "uploads"
    found = {
        f"{archive.UPLOADS}{path.relative_to(uploads).as_posix()}": path
        for path in sorted(uploads.rglob("*"))
        if path.is_file() and not path.name.startswith("tmp")
    }
    secret = instance.home / "secret_key"
    return found | ({archive.SECRET: secret} if secret.is_file() else {})
