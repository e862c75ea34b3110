"""An engine from Debian's packages, and base images made without a registry, for a machine that has neither.

What is fetched is kept in a cache. The engine runs in namespaces of its own (processes, mounts, network), inside a
Debian tree of its own: whatever ends the drill, the kernel takes its processes, mounts and rules with it.
"""

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.instance import ROOT
from runtime.processes import spawn
from tests.compose.engine import Engine, Failed, eventually, expect, step

CACHE = Path(tempfile.gettempdir()) / "vigie-drill-compose"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
RELEASE = "trixie"
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_CGROUP = "vigie-drill-compose"
_PLENTY = 12 << 30  # bytes
_INSIDE = "VIGIE_DRILL_INSIDE"
_STAND_INS = Path(__file__).parent / "stand_ins"
_BASE, _ENGINE, _DEBS, _WHEELS = (CACHE / name for name in ("base", "engine", "debs", "wheels"))
_DATA, _SOURCES = CACHE / "data", CACHE / "sources"  # of one drill
PYTHON = "ca-certificates,netbase,tzdata,python3,python3-venv,python3-pip"
DOCKER = ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables")


@contextmanager
def alone() -> Iterator[None]:
    """The cache, and what stands in it, is for one drill at a time. Raises Failed."""
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (CACHE / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Failed("Another drill runs on this machine: wait until it is over.") from problem
        yield


def why_not() -> str:
    """What this machine lacks to have an engine from packages; empty when it may be tried."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "making one from Debian's packages needs Linux and root"
    missing = [name for name in ("apt-get", "dpkg", "unshare", "chroot") if not shutil.which(name)]
    return f"making one needs {', '.join(missing)}" if missing else ""


def _sh(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    log = CACHE / "fetch.log"
    with log.open("ab") as file:
        done = subprocess.run(
            command,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"} | (env or {}),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            check=False,
            timeout=1800,
        )
    if done.returncode:
        raise OSError(f"{Path(command[0]).name} failed; {log} says why")


def fetch(locks: Sequence[Path]) -> None:
    """Fill the cache: raises OSError where it cannot be fetched. Each part is whole or not there."""
    if not _BASE.exists():
        _bootstrap()
    if not _ENGINE.exists():
        _with_packages(_ENGINE, DOCKER)
    if not _DEBS.exists():
        _download(_DEBS, ("nginx", "curl"))
    for lock in locks:
        _wheels(lock)


def _bootstrap() -> None:
    draft = CACHE / "base.new"
    shutil.rmtree(draft, ignore_errors=True)
    tools = CACHE / "tools"
    tools.mkdir(exist_ok=True)
    _sh("apt-get", "download", "debootstrap", cwd=tools)
    _sh("dpkg", "-x", str(next(tools.glob("debootstrap_*.deb"))), str(tools))
    script = [str(tools / "usr/sbin/debootstrap"), "--variant=minbase", f"--include={PYTHON}"]
    where = {"DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap")}
    _sh(*script, RELEASE, str(draft), MIRROR, env=where)
    if _BUNDLE.exists():  # of a machine whose way out has an authority of its own
        shutil.copy(_BUNDLE, draft / _BUNDLE.relative_to("/"))
    (draft / "usr/bin/python").symlink_to("python3")
    draft.rename(_BASE)


def _with_packages(target: Path, packages: Sequence[str]) -> None:
    draft = target.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    _sh("cp", "--archive", str(_BASE), str(draft))
    _sh("chroot", str(draft), "apt-get", "update")
    _sh("chroot", str(draft), "apt-get", "install", "--yes", "--no-install-recommends", *packages)
    draft.rename(target)


def _download(target: Path, packages: Sequence[str]) -> None:
    """These packages, and what they need beyond the base."""
    inside = _BASE / "debs"
    (inside / "partial").mkdir(parents=True, exist_ok=True)
    _sh("chroot", str(_BASE), "apt-get", "update")
    get = ["apt-get", "install", "--yes", "--no-install-recommends", "--download-only"]
    _sh("chroot", str(_BASE), *get, "-o", "Dir::Cache::archives=/debs", *packages)
    (inside / "lock").unlink(missing_ok=True)
    (inside / "partial").rmdir()
    inside.rename(target)


def _wheels(lock: Path) -> None:
    """Of each package of a lock file, for the base's Python; pip compares what it fetched with its hashes."""
    stamp = _WHEELS / f".{abs(hash_of(lock)):x}"
    if stamp.exists():
        return
    inside = _BASE / "wheels"
    with suppress(FileNotFoundError):
        _WHEELS.rename(inside)
    inside.mkdir(exist_ok=True)
    try:
        shutil.copy(lock, inside / "requirements.lock")
        get = ["python3", "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary=:all:"]
        where = ["--find-links", "/wheels", "--dest", "/wheels", "--requirement", "/wheels/requirements.lock"]
        _sh("chroot", str(_BASE), *get, *where, env={"PIP_CERT": str(_BUNDLE), "PIP_FIND_LINKS": ""})
        (inside / stamp.name).touch()
    finally:
        inside.rename(_WHEELS)


def hash_of(path: Path) -> int:
    return zlib.crc32(path.read_bytes())


def run_inside(arguments: Sequence[str], minutes: float) -> int:
    """The drill again, in namespaces where it is alone; nothing of it is left, however it ends."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
    command += [sys.executable, "-m", "tests.compose", *arguments]
    process = spawn(
        command, env=os.environ | {_INSIDE: "1"}, cwd=ROOT, output=1, die_with_parent=signal.SIGKILL
    )
    try:
        return process.wait(timeout=minutes * 60)
    except subprocess.TimeoutExpired:
        sys.stdout.write(f"FAILED  It took more than {minutes:.0f} minutes.\n")
        return 1
    finally:
        process.kill()
        process.wait()
        clear_away()


def clear_away() -> None:
    """What outlives namespaces: images and sources on the disk, and groups, once the kernel has ended who was in them.

    Raises Failed where some are still not empty after half a minute.
    """
    eventually(_no_group_is_left, 30, "the groups of its containers are gone")
    subprocess.run(["rm", "--recursive", "--force", str(_DATA), str(_SOURCES)], check=False)


def _no_group_is_left() -> bool:
    groups = Path("/sys/fs/cgroup")
    tops = [*groups.glob(_CGROUP), *groups.glob(f"*/{_CGROUP}")]
    for top in tops:
        for folder in sorted([top, *top.glob("**/")], key=lambda path: -len(path.parts)):
            with suppress(OSError):
                folder.rmdir()
    return not any(top.exists() for top in tops)


def a_folder_for_sources() -> Path:
    _SOURCES.mkdir()
    return _SOURCES


def is_inside() -> bool:
    return os.environ.get(_INSIDE) == "1" and os.getpid() == 1


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running


# A root of its own and no chroot: what is run in a container later begins at the root of the mounts it joins.
_OWN_ROOT = """
set -e
mount --bind "$0" "$0" && cd "$0"
mkdir -p sources host var/lib/docker
mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev
mount -t tmpfs tmpfs run && mount -t tmpfs tmpfs tmp
$1 var/lib/docker && mount --bind "$2" sources
shift 2
pivot_root . host && cd / && umount --lazy /host
exec dockerd "$@"
"""


def _room() -> str:
    """How images and volumes are kept: in memory where there is plenty, which the kernel frees at once."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return "mount -t tmpfs tmpfs" if free > _PLENTY else f"mount --bind {_DATA}"


@contextmanager
def engine(sources: Path) -> Iterator[Engine]:
    """Our own, inside the namespaces; ``sources`` is a folder that its client sees as /sources."""
    _loopback_up()
    _DATA.mkdir(exist_ok=True)
    # Without its proxy in user space, clients keep addresses of their own: see tell_clients_apart.
    options = ["--userland-proxy=false", f"--cgroup-parent=/{_CGROUP}", "--storage-driver=overlay2"]
    own_root = ["unshare", "--mount", "sh", "-c", _OWN_ROOT, str(_ENGINE), _room(), str(sources)]
    with (CACHE / "dockerd.log").open("w") as log:
        daemon = subprocess.Popen([*own_root, *options], stdout=log, stderr=log)
    ours = Engine(("nsenter", "--target", str(daemon.pid), "--mount"))
    try:
        with step("start the engine") as seen:
            version = ["version", "--format", "{{.Server.Version}}"]
            eventually(lambda: ours.run(*version, check=False).returncode == 0, 60, "the engine answers")
            compose = ours.run("compose", "version", "--short").stdout.strip()
            seen.append(f"Docker Engine {ours.run(*version).stdout.strip()}, Compose {compose}")
        yield ours
        with step("end the engine") as seen:
            daemon.send_signal(signal.SIGTERM)
            expect(daemon.wait(timeout=60) == 0, "dockerd did not end well")
            seen.append(f"process {daemon.pid}")
    finally:
        daemon.kill()


def base_images(ours: Engine, sources: Path) -> None:
    """In the place of those of the registry, under their names."""
    _mount("--bind", str(_BASE), str(_BASE))
    (_BASE / "wheels").mkdir(exist_ok=True)
    _mount("--bind", str(_WHEELS), str(_BASE / "wheels"))
    with step("make the stand-in for python:3.12-slim"):
        tar = [
            "tar",
            "-C",
            str(_BASE),
            "--exclude=./var/lib/apt/lists/*",
            "--exclude=./var/cache/*",
            "-c",
            ".",
        ]
        offline = ["--change", "ENV PIP_NO_INDEX=1", "--change", "ENV PIP_FIND_LINKS=/wheels"]
        packed = subprocess.Popen(tar, stdout=subprocess.PIPE)
        loaded = subprocess.run(
            [*ours.prefix, "docker", "import", *offline, "-", "python:3.12-slim"],
            stdin=packed.stdout,
            capture_output=True,
            check=False,
        )
        expect(packed.wait() == 0 and loaded.returncode == 0, loaded.stderr.decode())
    shutil.copytree(_STAND_INS, sources / "stand-ins")
    shutil.copytree(_DEBS, sources / "stand-ins/nginx/debs")
    for name, folder in (("postgres:18", "postgres"), ("valkey/valkey:9", "valkey"), ("nginx:1.28", "nginx")):
        with step(f"make the stand-in for {name}"):
            ours.run("build", "--quiet", "--tag", name, f"/sources/stand-ins/{folder}", seconds=600)


def tell_clients_apart(ours: Engine) -> None:
    """Each loopback address reaches a container as an address of its own, as clients from elsewhere do.

    To be called once all networks are there: the engine puts a rule for each before ours.
    """
    for net in (1, 2):
        rule = ["-s", f"127.0.{net}.0/24", "-j", "NETMAP", "--to", f"10.127.{net}.0/24"]
        done = subprocess.run(
            [*ours.prefix, "iptables", "--table", "nat", "--insert", "POSTROUTING", *rule],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"Clients cannot be told apart here: {done.stderr.strip()}")
