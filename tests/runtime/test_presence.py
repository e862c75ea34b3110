"""A restore waits for nobody and disturbs nobody: whoever may write makes it refuse, and is kept out while it works."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from runtime.instance import ROOT, Refused
from runtime.presence import RESTORING, alone, at_work, parameters_of
from runtime.servers import Servers
from tests.e2e.contents import contents
from tests.runtime.helpers import an_unused_port, environment, eventually, new_instance, supervisor

pytestmark = pytest.mark.processes

SESSIONS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
PRESENT = f"{SESSIONS} AND application_name LIKE 'vigie {{}} on %'"
END = f"SELECT pg_terminate_backend(pid) FROM ({SESSIONS.replace('count(*)', 'pid')}) s"


class Company:
    """An instance on servers of its own, reached by address from another folder: as from another machine."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder, self.addresses = folder, servers.environment()
        self.url = self.addresses["DATABASE_URL"]
        self.saved = folder / "saved.vigie"

    def environment(self, home: str = "elsewhere") -> dict[str, str]:
        ours = {"VIGIE_HOME": str(self.folder / home), "SECRET_KEY": "for-these-tests-only-" * 3}
        return environment(self.folder / home) | self.addresses | ours

    def command(self, *arguments: str, home: str = "elsewhere") -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", *arguments]
        return subprocess.run(
            program,
            env=self.environment(home),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def restore(self, home: str = "elsewhere") -> subprocess.CompletedProcess[str]:
        return self.command("runtime.embedded", "restore", str(self.saved), "--replace", home=home)

    def ask(self, question: str) -> int:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return int((connection.execute(question.encode()).fetchone() or (0,))[0])

    def is_free(self, stack: ExitStack | None = None) -> bool:
        """Whether a restore could begin; with a stack, it has begun until that is left."""
        with ExitStack() as own:
            try:
                (stack or own).enter_context(alone("restore", parameters_of(self.url)))
            except Refused:
                return False
            return True

    def is_present(self, who: str) -> bool:
        return self.ask(PRESENT.format(who)) > 0

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of this instance on another machine; ended by kill -9, with its children."""
        with (self.folder / "process.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=self.environment("a machine"),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("presence")
    furnished(folder / "servers")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
            patch.delenv(name, raising=False)
        servers = Servers(new_instance(folder / "servers"), durable=False)
        servers.start(signal.SIGINT)
    company = Company(folder, servers)
    try:
        file = folder / "audience.csv"
        file.write_text("date,sessions\n" + "".join(f"2026-09-{day:02},{day}\n" for day in range(1, 31)))
        assert company.command("runtime.embedded", "manage", "import_data", str(file)).returncode == 0
        assert company.command("runtime.embedded", "backup", str(company.saved)).returncode == 0
        yield company
    finally:
        servers.stop()


CELERY = ("-m", "celery", "--quiet", "--app", "config.celery")
PROCESSES = {
    "web": ("-m", "runtime.web", "--port", "{port}", "--workers", "1"),
    "worker": (*CELERY, "worker", "--concurrency", "1"),
    "beat": (*CELERY, "beat"),
    "shell": ("-m", "runtime.embedded", "manage", "shell"),
    "django": ("manage.py", "shell", "-c", "import kpis.models as m; m.Fact.objects.count(); input()"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_any_process_makes_a_restore_refuse_and_frees_it_by_dying(company: Company, name: str) -> None:
    command = [part.format(port=an_unused_port()) for part in PROCESSES[name]]
    with company.running(*command):
        eventually(lambda: company.ask(SESSIONS) > 0)
        assert not company.is_free()
    eventually(company.is_free)


def test_a_whole_instance_on_another_machine_makes_it_refuse(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.runtime.helpers.STAND_INS", ("STATIC_COLLECTED",))
    for name, value in company.environment().items():
        monkeypatch.setenv(name, value)
    before = contents(company.url)
    with supervisor(company.folder / "served"):
        for who in ("web", "worker", "beat"):
            eventually(lambda who=who: company.is_present(who))  # type: ignore[misc]
        answer = company.restore()
        assert (answer.returncode, len(answer.stderr.splitlines())) == (1, 1), answer.stderr
        assert all(f"vigie {who} on" in answer.stderr for who in ("web", "worker", "beat")), answer.stderr
        saved = company.command("runtime.embedded", "backup", str(company.folder / "while it runs"))
        assert (saved.returncode, saved.stderr) == (0, "")
    assert contents(company.url) == before
    assert company.restore().stderr == ""


def test_a_program_that_is_none_of_ours_counts_too(company: Company) -> None:
    with psycopg.connect(company.url, application_name="psql"):
        assert company.restore().stderr == "This database is in use (psql): stop that first.\n"
    assert company.is_free()


def test_a_lock_that_was_lost_is_taken_again(company: Company) -> None:
    with company.running(*PROCESSES["beat"]):
        eventually(lambda: company.is_present("beat"))
        company.ask(END)
        eventually(lambda: company.is_present("beat"))
        assert not company.is_free()


def importing(company: Company) -> tuple[str, ...]:
    return ("runtime.embedded", "manage", "import_data", str(company.folder / "audience.csv"))


@pytest.mark.parametrize(
    "command",
    [
        importing,
        lambda _company: ("runtime.embedded", "manage", "migrate"),
        lambda company: ("runtime.embedded", "backup", str(company.folder / "meanwhile")),
        lambda _company: ("runtime.prepare",),
        lambda _company: ("manage", "ensure_instance"),
        lambda _company: ("django", "ensure_instance", "--pythonpath", str(ROOT)),
    ],
)
def test_nobody_begins_while_a_backup_is_restored(
    company: Company, command: Callable[[Company], tuple[str, ...]]
) -> None:
    with alone("restore", parameters_of(company.url)):
        answer = company.command(*command(company))
        assert answer.returncode == 1
        assert RESTORING in answer.stderr.splitlines()[-1], answer.stderr
    assert company.command(*importing(company)).returncode == 0


def test_who_lost_the_lock_to_a_restore_waits_until_it_is_done(company: Company) -> None:
    """The database was restarted and a restore came first: pages say so, the schedule waits."""
    port = an_unused_port()
    with ExitStack() as stack:
        for name in ("web", "beat"):
            stack.enter_context(company.running(*(part.format(port=port) for part in PROCESSES[name])))
            eventually(lambda name=name: company.is_present(name))  # type: ignore[misc]
        with ExitStack() as restoring:
            eventually(lambda: company.ask(END) and company.is_free(restoring))
            assert not company.is_present("web")
            refused = subprocess.run(
                ["curl", "-s", f"http://127.0.0.1:{port}/ready"], capture_output=True, check=True
            )
            assert b'"database": false' in refused.stdout
        for name in ("web", "beat"):
            eventually(lambda name=name: company.is_present(name))  # type: ignore[misc]


def test_a_pooler_or_a_limit_of_idle_transactions_does_not_free_the_lock(company: Company) -> None:
    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute("ALTER ROLE vigie SET idle_in_transaction_session_timeout = '200ms'")
        try:
            with at_work("test", parameters_of(company.url)):
                connection.execute("SELECT pg_sleep(0.6)")
                assert company.is_present("test")
        finally:
            connection.execute("ALTER ROLE vigie RESET idle_in_transaction_session_timeout")
