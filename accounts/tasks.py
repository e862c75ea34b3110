"""What the schedule asks of accounts."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import SignInLink, TryCount
from accounts.models.reads import KEPT_AT_LEAST
from accounts.reads import forget_reads as forget


@shared_task
def purge_tries() -> None:
    """Remove what counts no more: counters and links past their time, and what the cache keeps too long."""
    now = timezone.now()
    TryCount.objects.filter(until__lte=now).delete()
    SignInLink.objects.filter(expires_at__lte=now).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache_entries WHERE expires < %s", [now])


@shared_task
def forget_reads() -> int:
    """Drop the reads that were kept ``READ_LOG_DAYS``."""
    return forget(before=timezone.now() - timedelta(days=max(KEPT_AT_LEAST, settings.READ_LOG_DAYS)))
