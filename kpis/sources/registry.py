"""The source a run belongs to."""

from base.models import Company
from intake.models import ImportRun
from kpis.models import Source


def source_of(run: ImportRun, *, kind: str) -> Source:
    """The source the run names, or the one source of its kind; made on first use."""
    code = run.source or kind
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": code, "kind": kind, "currency": Company.current().currency}
    )
    return source
