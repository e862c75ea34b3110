"""Workers are woken by messages that say no more than which row to look at; the sweep says it again."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from celery.signals import worker_ready
from django.db import models, transaction
from kombu.exceptions import OperationalError as QueueAway

from base.jobs.locks import held_keys, lock_key
from base.jobs.models import Attempted


def wake(task: Any, pk: int) -> None:
    """Wake a worker for a row once it is committed; when the queue is away, the sweep finds it within seconds."""

    def tell() -> None:
        with suppress(QueueAway):
            task.delay(pk)

    transaction.on_commit(tell, robust=True)


def sweep(task: Any, model: type[models.Model], pks: Iterable[int]) -> None:
    """Wake a worker for each of these rows that no process is at: after a crash, or when a message was lost.

    A job of several steps is open to any number of workers, and always told of.
    """
    held = held_keys(model) if issubclass(model, Attempted) else frozenset()
    for pk in pks:
        if lock_key(pk) not in held:
            task.delay(pk)


def at_worker_start(task: Any) -> None:
    """Have the sweep done as soon as a worker listens."""
    worker_ready.connect(lambda **_: task.delay(), weak=False, dispatch_uid=task.name)
