"""The embedded PostgreSQL and Redis server, for real."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from runtime.instance import Instance
from runtime.postgres import Postgres
from runtime.processes import Adopted, running_in
from runtime.redis_server import RedisServer
from tests.runtime.helpers import new_instance

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("servers")]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """With a name too long, and too odd, for a socket address."""
    return new_instance(tmp_path_factory.mktemp("servers") / ("a long name, with spaces and é" * 4))


@pytest.fixture(scope="module")
def postgres(instance: Instance) -> Iterator[Postgres]:
    server = Postgres(instance)
    yield server
    server.stop()


@pytest.fixture
def started(postgres: Postgres) -> Postgres:
    postgres.start()
    return postgres


def ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_it_answers_with_the_right_settings(started: Postgres) -> None:
    assert ask(started, "SHOW server_encoding") == "UTF8"
    assert ask(started, "SHOW server_version_num").startswith("18")  # type: ignore[attr-defined]  # a string
    assert ask(started, "SHOW listen_addresses") == ""
    assert ask(started, "SELECT datlocale FROM pg_database WHERE datname = 'vigie'") == "C.UTF-8"
    assert ask(started, "SHOW fsync") == "on"


def test_the_application_is_no_superuser_and_may_make_databases(started: Postgres) -> None:
    assert ask(started, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask(started, "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user") is True


def owner_of(pid: int) -> int | None:
    """Who runs a process; None of one that ended meanwhile, as back ends do."""
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except FileNotFoundError:
        return None


def test_it_never_runs_as_root_and_its_folder_is_private(started: Postgres) -> None:
    owners = {owner for pid in running_in(started.data) if (owner := owner_of(pid)) is not None}
    assert owners
    assert 0 not in owners
    assert started.data.stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_refused(started: Postgres) -> None:
    password = started.instance.secret("postgres_password")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(started.url.replace(password, "wrong"))


def test_a_running_server_is_adopted(started: Postgres) -> None:
    before = running_in(started.data)
    adopted = started.start()
    assert isinstance(adopted, Adopted)
    assert adopted.pid in before


def test_it_recovers_from_kill_9_with_a_back_end_still_at_work(started: Postgres) -> None:
    """The orphaned back end holds the shared memory: a start that ignored it would be refused, or corrupt."""
    ask_and_keep(started, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    with psycopg.connect(started.url) as connection:
        orphan = connection.info.backend_pid
        os.kill(orphan, signal.SIGSTOP)  # cannot notice that its server died
        os.kill(started.start().pid, signal.SIGKILL)
        process = started.start()
        assert isinstance(process, subprocess.Popen)
        assert orphan not in running_in(started.data)
    assert ask(started, "SELECT answer FROM kept") == 42


def ask_and_keep(server: Postgres, statement: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute(statement.encode())


def test_a_pid_file_left_by_a_power_cut_may_name_any_process(started: Postgres) -> None:
    lines = (started.data / "postmaster.pid").read_text().splitlines()
    started.stop()
    assert running_in(started.data) == []
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        lines[0] = str(stranger.pid)
        (started.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        started.stop()
        started.start()
        assert ask(started, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_creation_is_started_over(tmp_path: Path) -> None:
    instance = new_instance(tmp_path / "home")
    (instance.home / "postgres.new").mkdir()
    (instance.home / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = Postgres(instance, durable=False)
    try:
        server.start()
        assert ask(server, "SHOW fsync") == "off"
    finally:
        server.stop()
    assert running_in(server.data) == []


def test_the_redis_server_asks_for_its_password_and_writes_nothing(instance: Instance) -> None:
    server = RedisServer(instance)
    process = server.start()
    assert process is not None
    try:
        assert server.start() is None
        client = redis.Redis.from_url(server.url)
        assert client.set("key", "value")
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("port") == {"port": "0"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(server.socket)).ping()
    finally:
        server.stop()
    assert process.poll() is not None or not server.is_ready()
    assert not list(instance.run.glob("*.rdb"))
