"""Is this process up, and can it do its work? For supervisors and load balancers."""

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import for_programs, public
from config.schema import Schema, schema

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
    """200 when database and queue answer and the tables are those of this version, else 503 naming what is not so."""
    found = _schema()
    state = {
        "database": found is not None,
        "queue": _queue_answers(),
        "schema": found.value if found else None,
    }
    is_ready = found == Schema.CURRENT and state["queue"]
    return JsonResponse(state, status=200 if is_ready else 503)


@for_programs("METRICS_TOKEN")
@never_cache
@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """What a monitoring system watches, for who sends METRICS_TOKEN."""
    from config.metrics import exposition  # its library is loaded when the first asks

    text, content_type = exposition()
    return HttpResponse(text, content_type=content_type)


def _schema() -> Schema | None:
    """None when the database does not answer."""
    try:
        return schema()
    except DatabaseError:
        return None


def _queue_answers() -> bool:
    timeouts = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **timeouts) as queue:
            return bool(queue.ping())
    except (redis.RedisError, OSError):
        return False
