"""``./run restore FILE``: a backup put in the place of an instance, whole or not at all.

The dump goes into a database of its own beside the one in use, is migrated and counted there, and takes its place by
two renames in one transaction: a restore that dies before that leaves the instance as it was. The key that signs
sessions follows at once; where a restore dies just between the two, restoring again puts it in its place.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from runtime import archive
from runtime.backup import row_counts
from runtime.instance import ROOT, Instance, Refused
from runtime.presence import alone, parameters_of
from runtime.servers import servers_in_use

MAINTENANCE = "postgres"  # the database one stands in to rename another


def restore(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run restore")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--replace", action="store_true", help="put it in the place of what the instance holds"
    )
    options = parser.parse_args(arguments)
    manifest = archive.check(options.file.absolute())
    _refuse_newer(manifest)
    instance = Instance.from_environment()
    with _at_rest(instance), servers_in_use(instance) as servers:
        environment = servers.environment()
        url = os.environ.get("DATABASE_URL") or environment["DATABASE_URL"]
        with alone("restore", parameters_of(url)):
            if not options.replace and _holds_something(url):
                raise Refused("This instance is in use: add --replace to put the backup in its place.")
            _restore(instance, options.file.absolute(), manifest, url, environment)
    return 0


def _refuse_newer(manifest: archive.Manifest) -> None:
    """A schema this version does not know cannot be worked on."""
    known = {f"{path.parts[-3]}.{path.stem}" for path in ROOT.glob("*/migrations/0*.py")}
    ours = {path.split(".")[0] for path in known}
    ahead = [name for name in manifest.migrations if name.split(".")[0] in ours and name not in known]
    if ahead:
        raise Refused("This backup was made by a newer version of Vigie: upgrade first.")


@contextmanager
def _at_rest(instance: Instance) -> Iterator[None]:
    """Hold the place of ``./run serve``, so that nobody serves what is being replaced."""
    with (instance.run / "serve.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Refused(f"Vigie is running on {instance.home}: stop it first.") from problem
        yield


def _holds_something(url: str) -> bool:
    """True when somebody has been let in, or a file imported."""
    with psycopg.connect(url) as connection:
        for table in ("accounts_user", "intake_importrun"):
            if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
                continue
            if connection.execute(
                sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
            ).fetchone():
                return True
    return False


def _restore(
    instance: Instance, path: Path, manifest: archive.Manifest, url: str, environment: Mapping[str, str]
) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=instance.run, prefix="restore-") as folder:
            _unpack(path, Path(folder))
            _fill(Path(folder) / archive.DUMP, manifest, url, environment)
            _bring_uploads(Path(folder) / archive.UPLOADS, instance)
            _swap(url)
            _bring_secret(Path(folder) / archive.SECRET, instance)
        (instance.home / "furnished").unlink(missing_ok=True)
    except psycopg.Error as problem:
        said = str(problem).splitlines()[0]
        raise Refused(f"The backup could not be restored, and nothing was changed: {said}") from problem
    except OSError as problem:
        raise Refused(f"The backup could not be unpacked: {problem.strerror}.") from problem
    finally:
        with suppress(psycopg.Error):  # a full disk forbids it: the next restore drops it first
            _drop(url, _draft(url))
    _drop(url, _before(url))


def _unpack(path: Path, folder: Path) -> None:
    """Every part below the folder; its checksums were compared. A name that leads elsewhere is refused."""
    with archive.opened(path) as parts:
        for name, stream in parts:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise Refused("This file is no backup of Vigie.")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                shutil.copyfileobj(stream, file)


def _fill(dump: Path, manifest: archive.Manifest, url: str, environment: Mapping[str, str]) -> None:
    """The dump in a database of its own: complete, then brought up to today's schema."""
    _drop(url, _draft(url))
    with psycopg.connect(_other(url, MAINTENANCE), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_draft(url))))
    draft = _other(url, _draft(url))
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    archive.postgres("pg_restore", draft, [*options, "--dbname", _draft(url), str(dump)])
    with psycopg.connect(draft) as connection:
        # A backup of an older version may have left a table uncounted.
        if not manifest.rows.items() <= row_counts(connection).items():
            raise Refused("The backup could not be restored, and nothing was changed: rows are missing.")
    command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    migrated = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "DATABASE_URL": draft},
        capture_output=True,
        check=False,
    )
    if migrated.returncode:
        last = (migrated.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]
        raise Refused(f"The backup could not be brought up to date, and nothing was changed: {last}")


def _bring_uploads(uploads: Path, instance: Instance) -> None:
    """Files are named after their content: those that are there stay, none is overwritten."""
    for path in uploads.rglob("*"):
        target = instance.home / "uploads" / path.relative_to(uploads)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)


def _bring_secret(secret: Path, instance: Instance) -> None:
    """The key of the backup, if it holds one, in the place of ours; the database is restored by now."""
    try:
        if secret.exists():
            secret.replace(instance.home / archive.SECRET)
    except OSError as problem:
        raise Refused(
            f"The backup is restored, but for the key that signs sessions: {problem.strerror}. Restore it again."
        ) from problem


def _swap(url: str) -> None:
    """The restored database takes the name of the one in use, whose connections are ended: ours of ``alone`` too.

    Whoever came since then makes the first rename fail, and nothing has changed.
    """
    name = _name(url)
    _drop(url, _before(url))
    with psycopg.connect(_other(url, MAINTENANCE)) as connection:
        for database in (name, _draft(url)):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [database],
            )
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(name), sql.Identifier(_before(url))))
        connection.execute(rename.format(sql.Identifier(_draft(url)), sql.Identifier(name)))


def _drop(url: str, database: str) -> None:
    with psycopg.connect(_other(url, MAINTENANCE), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _draft(url: str) -> str:
    return f"{_name(url)}_restoring"


def _before(url: str) -> str:
    return f"{_name(url)}_before_restore"


def _other(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
