"""Is this process up, and can it do its work? For supervisors and load balancers."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts.access import for_programs, public
from config.heartbeat import AWAY, waiting_and_done
from config.schema import Schema, schema


@public
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"up": True})


@public
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
    try:
        waiting_and_done()
    except AWAY:
        return False
    return True
