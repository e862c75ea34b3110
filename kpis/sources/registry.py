"""The source a run belongs to."""

from base.models import Company
from intake.models import ImportRun
from kpis.models import Source


def source_of(run: ImportRun, *, kind: str) -> Source:
    """The source the run names, or the one source of its kind; made on first use.

    A shop may give its orders and its figures under one name: they are two sources, for a source is rebuilt whole.
    """
    code = name = run.source or kind
    if Source.objects.filter(code=code).exclude(kind=kind).exists():
        code = f"{code}-{kind}"
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "currency": Company.current().currency}
    )
    return source
