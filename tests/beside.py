"""Two connections at once: what another process does meanwhile, on a thread, and whether it waits for us."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


class Beside:
    """Another process: a connection of its own, on a thread."""

    def __enter__(self) -> "Beside":
        self.pool = ThreadPoolExecutor(1)
        return self

    def does(self, what: Any) -> Any:
        return self.pool.submit(what)

    def __exit__(self, *_about: object) -> None:
        self.pool.submit(_hang_up).result()
        self.pool.shutdown()


def _hang_up() -> None:
    connection.close()  # that of the thread that calls


def another_waits() -> bool:
    """Whether another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchall())
