"""The Compose file on a real Docker engine: ``./run drill compose [--from COMMIT] [--minutes N]``.

The engine of this machine where it has one that reaches a registry; else one from Debian's packages (as root), with
base images made from them. Where there is neither, it says so and exits 0.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from runtime.instance import ROOT
from tests.compose import borrowed
from tests.compose.engine import Engine, Failed, Project, say, step
from tests.compose.proof import prove
from tests.runtime.helpers import an_unused_port

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
BASES = ("python:3.12-slim", "postgres:18", "valkey/valkey:9", "nginx:1.28")


def engine_of_this_machine() -> Engine | None:
    """One that answers and has, or can fetch, the base images."""
    engine = Engine()
    if not shutil.which("docker") or os.environ.get("VIGIE_DRILL_ENGINE") == "own":
        return None
    if engine.run("info", check=False).returncode or engine.run("compose", "version", check=False).returncode:
        return None
    for image in BASES:
        is_here = engine.run("image", "inspect", image, check=False).returncode == 0
        if not is_here and engine.run("pull", "--quiet", image, check=False, seconds=900).returncode:
            return None
    return engine


def version_before() -> str:
    """The last commit of an earlier day, not one of those on the way to this one; empty where there is none."""
    today = _git("log", "-1", "--format=%cs")
    return _git("rev-list", "-1", f"--before={today} 00:00", "HEAD") if today else ""


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def checkout(folder: Path, commit: str, umask: int) -> Path:
    """A clone at that commit, made under that umask."""
    for command in (
        ["git", "clone", "--quiet", "--no-checkout", str(ROOT), str(folder)],
        ["git", "-C", str(folder), "checkout", "--quiet", "--detach", commit],
    ):
        subprocess.run(command, check=True, umask=umask, capture_output=True)
    return folder


def proofs(
    options: argparse.Namespace, folder: Path, engine: Engine, seen: str, apart: Callable[[], None] | None
) -> None:
    port = an_unused_port()
    with step("check out this version and the one before") as said:
        project = Project(engine, checkout(folder / "new", "HEAD", 0o077), f"{seen}/new", port)
        older = None
        if options.older:
            older = Project(engine, checkout(folder / "old", options.older, 0o022), f"{seen}/old", port)
        said.append(f"{_git('rev-parse', '--short', 'HEAD')}, {options.older[:7] or 'no version before'}")
    prove(project, older, folder, apart)


def inside(options: argparse.Namespace) -> int:
    """In namespaces of our own."""
    sources = borrowed.a_folder_for_sources()
    with borrowed.engine(sources) as engine:
        borrowed.base_images(engine, sources)
        proofs(options, sources, engine, "/sources", partial(borrowed.tell_clients_apart, engine))
    return 0


def outside(options: argparse.Namespace, arguments: list[str]) -> int:
    engine = engine_of_this_machine()
    if engine is not None:
        with tempfile.TemporaryDirectory(prefix="vigie-drill-") as name:
            proofs(options, Path(name), engine, name, None)
        return 0
    why = borrowed.why_not()
    if why:
        return skipped(why)
    with borrowed.alone():
        try:
            with tempfile.TemporaryDirectory() as name, step("fetch what is not in the cache yet") as seen:
                borrowed.clear_away()
                seen.append(str(borrowed.CACHE))
                borrowed.fetch(_locks(Path(name), options.older))
        except (OSError, subprocess.SubprocessError) as problem:
            return skipped(f"one cannot be made from Debian's packages: {problem}")
        return borrowed.run_inside([*arguments, "--from", options.older or "-"], options.minutes)


def skipped(why: str) -> int:
    say(f"Skipped: this machine has no Docker engine that reaches a registry, and {why}.")
    return 0


def _locks(folder: Path, older: str) -> list[Path]:
    if not older:
        return [ROOT / "requirements.lock"]
    (folder / "requirements.lock").write_text(_git("show", f"{older}:requirements.lock") + "\n")
    return [folder / "requirements.lock", ROOT / "requirements.lock"]


def _end(number: int, _frame: object) -> None:
    """Clear away, undisturbed by being told twice."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    for each in ENDS:
        signal.signal(each, _end)
    parser = argparse.ArgumentParser(prog="./run drill compose")
    parser.add_argument("--from", dest="older", metavar="COMMIT", help="the version that is upgraded from")
    parser.add_argument("--minutes", type=float, default=40, help="the longest it may take")
    options = parser.parse_args(arguments)
    options.older = version_before() if options.older is None else options.older.strip("-")
    try:
        return inside(options) if borrowed.is_inside() else outside(options, arguments)
    except (Failed, subprocess.SubprocessError) as problem:
        say(str(problem))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
