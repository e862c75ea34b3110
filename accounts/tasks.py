"""What the schedule asks of accounts."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from accounts.models import SignInLink, TryCount


@shared_task
def purge_tries() -> None:
    """Remove what counts no more: counters and links past their time, and what the cache keeps too long."""
    now = timezone.now()
    TryCount.objects.filter(until__lte=now).delete()
    SignInLink.objects.filter(expires_at__lte=now).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache_entries WHERE expires < %s", [now])
