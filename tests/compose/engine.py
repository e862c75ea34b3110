"""A Docker engine as the drill speaks to it, and the Compose project it runs there."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = "vigie-drill"
IMAGES = ("vigie-drill", "vigie-drill-proxy")
OURS = ("web", "worker", "beat")
MAX_UPLOAD_MB = 8  # as configured
_MINUTES = 60.0
_SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
_IMAGES_FILE = "images-of-the-drill.yml"


def _new_secrets() -> dict[str, str]:
    return {name: secrets.token_urlsafe(40) for name in _SECRETS}


class Failed(Exception):  # noqa: N818  # said of a proof, not of a fault in the drill
    """What did not hold, in words."""


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """One line with the seconds it took, and what is appended to the list."""
    start, seen = time.monotonic(), list[str]()
    try:
        yield seen
    except BaseException:
        say(f"FAILED  {name:<44} {time.monotonic() - start:7.1f} s  {'; '.join(seen)}")
        raise
    say(f"ok      {name:<44} {time.monotonic() - start:7.1f} s  {'; '.join(seen)}")


def eventually(true: Callable[[], object], seconds: float, what: str) -> float:
    start = time.monotonic()
    while not true():
        expect(time.monotonic() - start < seconds, f"{what}: not so after {seconds:.0f} s")
        time.sleep(0.2)
    return time.monotonic() - start


@dataclass(frozen=True)
class Engine:
    """``prefix`` is put before each command: nothing for the engine of the machine, else where our own one lives."""

    prefix: tuple[str, ...] = ()

    def run(
        self,
        *arguments: str,
        check: bool = True,
        seconds: float = 5 * _MINUTES,
        given: bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Failed, with its last words, when it fails and ``check``."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")
        }
        done = subprocess.run(
            [*self.prefix, "docker", *arguments],
            env={**kept, "HOME": os.environ.get("HOME", "/root"), "LC_ALL": "C.UTF-8"},
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        answer = subprocess.CompletedProcess(
            done.args,
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )
        if check and answer.returncode:
            last = "\n".join((answer.stdout + answer.stderr).strip().splitlines()[-15:])
            raise Failed(f"docker {' '.join(arguments)[:120]} ended with {answer.returncode}:\n{last}")
        return answer


@dataclass
class Project:
    """``folder`` is the checkout as we see it, ``seen`` the same as the engine's client sees it."""

    engine: Engine
    folder: Path
    seen: str
    port: int
    secrets: dict[str, str] = field(default_factory=_new_secrets)

    def compose(
        self,
        *arguments: str,
        check: bool = True,
        seconds: float = 5 * _MINUTES,
        given: bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        files = ["--file", f"{self.seen}/docker-compose.yml"]
        if (self.folder / _IMAGES_FILE).exists():
            files += ["--file", f"{self.seen}/{_IMAGES_FILE}"]
        where = ["compose", "--project-name", PROJECT, "--project-directory", self.seen, *files]
        return self.engine.run(*where, *arguments, check=check, seconds=seconds, given=given)

    def configure(self) -> None:
        """Its secrets and its port; images of names of our own, as this may be somebody's engine."""
        values = {
            **self.secrets,
            "PUBLISH": f"127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "vigie.example,localhost",
            "MAX_UPLOAD_MB": str(MAX_UPLOAD_MB),
        }
        values |= {"SITE_URL": "http://vigie.example", "CSRF_TRUSTED_ORIGINS": "http://vigie.example"}
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        services = self.compose("config", "--services").stdout.split()
        images = dict.fromkeys(OURS, IMAGES[0]) | {"proxy": IMAGES[1]}
        lines = [f"  {name}: {{image: {images[name]}}}\n" for name in services if name in images]
        (self.folder / _IMAGES_FILE).write_text("services:\n" + "".join(lines))

    def up(self) -> None:
        self.compose("up", "--detach", "--build", "--wait", "--remove-orphans", seconds=20 * _MINUTES)

    def inside(self, service: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.compose("exec", "-T", service, *command, check=check)

    def manage(self, *arguments: str) -> str:
        # Versions before had it in config.
        package = "runtime" if (self.folder / "runtime").is_dir() else "config"
        return self.inside("web", "python", "-m", f"{package}.embedded", "manage", *arguments).stdout

    def tell(self, code: str) -> str:
        """Run some Python in the instance, as a page would; the last word it prints."""
        return self.manage("shell", "--verbosity", "0", "--command", code).split()[-1]

    def put(self, path: Path, to: str) -> None:
        self.compose("exec", "-T", "web", "sh", "-c", f"cat > {to}", given=path.read_bytes())

    def value(self, query: str) -> str:
        asked = (
            'PGPASSWORD=$POSTGRES_PASSWORD psql --host 127.0.0.1 --username vigie --dbname vigie -Atc "$0"'
        )
        return self.inside("postgres", "sh", "-c", asked, query).stdout.strip()

    def is_true(self, query: str) -> bool:
        """False too while the database is away."""
        try:
            return self.value(query) == "t"
        except Failed:
            return False

    def container(self, service: str) -> str:
        return self.compose("ps", "--quiet", "--all", service).stdout.strip()

    def look(self, service: str, form: str) -> str:
        return self.engine.run("inspect", "--format", form, self.container(service)).stdout.strip()
