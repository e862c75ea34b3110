"""The supervisor with real processes: kill -9 of anything, clean stops, busy ports, data kept."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import kombu
import psycopg
import pytest
import redis
from celery import Celery

from runtime.postgres import Postgres
from runtime.processes import carrying
from runtime.redis_server import RedisServer
from tests.runtime.helpers import (
    PATIENCE,
    Running,
    an_unused_port,
    environment,
    eventually,
    is_gone,
    manage,
    new_instance,
    supervisor,
)

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("supervisor")]
CHILDREN = ("postgres", "redis", "web", "worker", "beat")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("supervisor") / "home"
    furnished(home)
    with supervisor(home) as running:
        yield running


def queue(running: Running) -> redis.Redis:
    return redis.Redis.from_url(RedisServer(new_instance(running.home)).url)


def worker_takes_messages(running: Running) -> bool:
    """A message in the queue is gone soon: the worker is connected and listening."""
    client = queue(running)
    broker = RedisServer(new_instance(running.home)).url.replace("unix://", "redis+socket://")
    try:
        with Celery(broker=broker, set_as_current=False) as sender:
            sender.send_task("tests.unknown", retry=False)  # a worker that listens throws it away
        eventually(lambda: client.llen("celery") == 0, 3)
    except (redis.RedisError, kombu.exceptions.OperationalError, AssertionError):
        return False
    return True


@pytest.mark.parametrize("name", [*CHILDREN, "redis", "postgres"])
def test_a_killed_child_comes_back(running: Running, name: str) -> None:
    victim = running.children[name]
    os.kill(victim, signal.SIGKILL)
    seconds = eventually(lambda: running.children.get(name, victim) != victim)
    seconds += eventually(running.is_ready)
    seconds += eventually(lambda: running.is_ready() and worker_takes_messages(running))
    assert seconds < PATIENCE
    assert is_gone(victim)


def test_all_children_killed_at_once_come_back(running: Running) -> None:
    victims = running.children
    for pid in random.sample(sorted(victims.values()), len(victims)):
        os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: (
            set(running.children) == set(CHILDREN)
            and not set(running.children.values()) & set(victims.values())
        )
    )
    eventually(lambda: running.is_ready() and worker_takes_messages(running))


def test_a_killed_back_end_of_postgresql_harms_nobody(running: Running) -> None:
    with psycopg.connect(Postgres(new_instance(running.home)).url) as connection:
        back_end = connection.info.backend_pid
        os.kill(back_end, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    eventually(running.is_ready)


def test_static_files_are_compressed_and_named_by_content(running: Running) -> None:
    collected = running.home / "static"
    assert (collected / "staticfiles.json").exists()


def test_a_second_supervisor_is_refused_in_words(running: Running) -> None:
    command = [sys.executable, "-m", "runtime.supervisor", "serve"]
    second = subprocess.run(
        command, env=environment(running.home), capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert second.stderr == f"Vigie is already running on {running.home}.\n"
    assert running.is_ready()


def test_a_command_works_beside_it_and_leaves_the_servers_running(running: Running) -> None:
    before = running.children
    assert manage(running.home, "showmigrations").returncode == 0
    assert running.is_ready()
    assert running.children == before


def test_stop_restart_and_kill(tmp_path: Path) -> None:
    """One instance through its life: clean stop, restart with its data on a busy port, kill -9, restart."""
    home = tmp_path / "home"
    with supervisor(home) as running:
        port = int(running.state["url"].rpartition(":")[2].strip("/"))
        with psycopg.connect(Postgres(new_instance(home)).url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert running.stop() == 0
        assert running.processes() == []

    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with supervisor(home, port) as running:
            assert f"Port {port} is busy: using port {port + 1}" in running.output.read_text()
            assert _kept(home) == 42
            running.process.kill()
            running.process.wait()
            eventually(lambda: running.processes() == [], 15)

    with supervisor(home, port) as running:
        assert _kept(home) == 42


SIGNAL_IN_A_FORK = """
import os, signal, sys
left = int(sys.argv[1])
def hook():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGTERM)
os.register_at_fork(after_in_parent=hook)
from runtime.supervisor import main
code = main(["serve", "--port", sys.argv[2]])
print("forks left:", left, flush=True)
sys.exit(code)
"""


def test_a_signal_lost_in_a_fork_still_ends_the_start(tmp_path: Path) -> None:
    """It comes while a child is forked, where Python ignores what its handler raises: at each start of a child."""
    home, reached = tmp_path / "home", set()
    for fork in range(1, 7):  # PostgreSQL, Redis, the step before, web, worker, beat
        command = [sys.executable, "-c", SIGNAL_IN_A_FORK, str(fork), str(an_unused_port())]
        ended = subprocess.run(
            command, env=environment(home), capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "is ready" not in ended.stdout + ended.stderr, f"fork {fork} went on"
        assert carrying(f"VIGIE_SUPERVISED={home}") == []
        reached.add("forks left: 0" in ended.stdout)
    assert reached == {True}


def _kept(home: Path) -> int | None:
    with psycopg.connect(Postgres(new_instance(home)).url) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve", "--port", "0"], "Argument --port: a port is a number from 1 to 65535.\n"),
        (["serve", "--nonsense"], "Unrecognized arguments: --nonsense.\n"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    command = [sys.executable, "-m", "runtime.supervisor", *arguments]
    answer = subprocess.run(
        command, env=environment(tmp_path / "home"), capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stderr) == (1, sentence)
    assert not (tmp_path / "home").exists()
