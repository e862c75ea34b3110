"""Is this process up, and can it do its work? For supervisors and load balancers."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import public

_PATIENCE = 2.0  # seconds


@public
@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"up": True})


@public
@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the database and the queue answer, else 503 naming which does not."""
    state = {"database": _database_answers(), "queue": _queue_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _queue_answers() -> bool:
    timeouts = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **timeouts) as queue:
            return bool(queue.ping())
    except (redis.RedisError, OSError):
        return False
