"""Every task carries its name, its run and the request that asked for it into the log, and ends with one line."""

import logging.config
import time
from typing import Any

import structlog
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

_log = structlog.stdlib.get_logger("vigie.task")
_began: dict[str, float] = {}


def _is_routine(task: str) -> bool:
    """What the schedule asks every few seconds, mostly with nothing to do: told at the level DEBUG unless it fails."""
    return any(entry["task"] == task for entry in settings.CELERY_BEAT_SCHEDULE.values())


@setup_logging.connect
def log_as_everybody(**_: Any) -> None:
    """Celery's own set-up would put its level over ours."""
    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def carry_request(headers: dict[str, Any] | None = None, **_: Any) -> None:
    request_id = get_contextvars().get("request_id")
    if headers is not None and request_id:
        headers["request_id"] = request_id


@task_prerun.connect
def begin(task_id: str, task: Any, args: Any, **_: Any) -> None:
    _began[task_id] = time.perf_counter()
    carried = {"task": task.name, "task_id": task_id, "request_id": task.request.get("request_id")}
    if args:
        carried["run"] = args[0]
    clear_contextvars()
    bind_contextvars(**{name: value for name, value in carried.items() if value is not None})


@task_postrun.connect
def end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    seconds = time.perf_counter() - _began.pop(task_id, time.perf_counter())
    tell = _log.debug if _is_routine(task.name) and state == "SUCCESS" else _log.info
    tell("task", state=state, ms=round(seconds * 1000, 1))
    clear_contextvars()
