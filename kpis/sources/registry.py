"""The source a run belongs to, and the lock that keeps two imports of one source from crossing."""

from django.db import connection

from base.models import Company
from intake.models import ImportRun
from kpis.models import Source

LOCK_CLASS = 4202


def source_of(run: ImportRun, *, kind: str) -> Source:
    """The source the run names, or the one source of its kind; made on first use."""
    code = run.source or kind
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": code, "kind": kind, "currency": Company.current().currency}
    )
    return source


def lock_source(source: Source) -> None:
    """Wait for other imports of this source; released with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, source.pk])
