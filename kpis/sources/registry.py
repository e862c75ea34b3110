"""The source a run belongs to."""

from base.models import Company
from intake.models import ImportRun
from kpis.models import Source


def source_of(run: ImportRun, *, kind: str) -> Source:
    """The source the run names, or that of its kind's name; made on first use.

    A file of orders that names none belongs to the one source of orders there is: of two, only one would count. A
    shop may give its orders and its figures under one name: they are two sources, for a source is rebuilt whole.
    """
    orders = [] if run.source or kind != "orders" else list(Source.objects.filter(kind=kind)[:2])
    if len(orders) == 1:
        return orders[0]
    code = name = run.source or kind
    if Source.objects.filter(code=code).exclude(kind=kind).exists():
        code = f"{code}-{kind}"
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "currency": Company.current().currency}
    )
    return source
