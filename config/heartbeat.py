"""When each kind of task was last done, kept in the queue's memory: losing it costs one round of the sweeps."""

import time
from contextlib import suppress
from functools import cache

import redis
from django.conf import settings

_KEY = "vigie:done"
_PATIENCE = 2.0  # seconds
# Where messages wait for a worker (Celery's default name).
_QUEUE = "celery"
AWAY = (redis.RedisError, OSError)


@cache
def _at(url: str) -> redis.Redis:
    """One pool of connections for this process."""
    patience = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
    return redis.Redis.from_url(url, decode_responses=True, **patience)


def done(task: str) -> None:
    """Note that a worker has just done a task of that name; said to nobody when the queue is away."""
    with suppress(*AWAY):
        _at(settings.REDIS_URL).hset(_KEY, task, str(time.time()))


def waiting_and_done() -> tuple[int, dict[str, float]]:
    """How many messages wait, and when each task was last done, in seconds since 1970. Raises one of AWAY."""
    with _at(settings.REDIS_URL).pipeline(transaction=False) as pipe:
        pipe.llen(_QUEUE)
        pipe.hgetall(_KEY)
        waiting, times = pipe.execute()
    return int(waiting), {task: float(at) for task, at in times.items()}
