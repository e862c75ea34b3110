import logging
import os
import warnings
from typing import Any

from celery import Celery, Task
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # missing in the stubs
from celery.signals import beat_init, worker_init

import config.task_log  # noqa: F401  # its signals, for workers, for the schedule and for who sends tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# About running as root: whoever starts Vigie as root on a bare machine has read docs/operations.md instead.
warnings.filterwarnings("ignore", category=SecurityWarning)


class KnownTables(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """Work is left to others where a newer version has changed the tables: their sweep takes it up."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from config.heartbeat import done
        from config.schema import Schema, schema

        if schema() == Schema.AHEAD:
            logging.getLogger(__name__).error(
                "The database is newer than this worker: upgrade and restart it."
            )
            return None
        answer = super().__call__(*args, **options)
        done(self.name)
        return answer


def _stay_present(name: str) -> None:
    from django.db import connection

    from runtime.presence import Presence

    Presence(name, connection.get_connection_params()).start()


@worker_init.connect
def _worker_is_present(**_about: Any) -> None:
    _stay_present("worker")


@beat_init.connect
def _schedule_is_present(**_about: Any) -> None:
    _stay_present("beat")


app = Celery("vigie", task_cls=KnownTables)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
