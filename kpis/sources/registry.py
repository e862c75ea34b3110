"""The source a run belongs to, and which source already holds a measure."""

from collections.abc import Iterable

from django.utils.translation import gettext_noop

from base.models import Company
from intake.models import ImportRun
from intake.problems import Refused
from kpis.models import KnownDays, Measure, Source
from kpis.sources.orders.daily_facts import CUSTOMER_MEASURES, MEASURES

ORDERS = "orders"
FROM_ORDERS = (*MEASURES, *CUSTOMER_MEASURES)


def source_of(run: ImportRun, *, kind: str) -> Source:
    """The source the run names, or that of its kind's name; made on first use.

    A file of orders that names none belongs to the one source of orders there is: of two, only one would count. A
    shop may give its orders and its figures under one name: they are two sources, for a source is rebuilt whole.
    """
    only = _only_source() if kind == ORDERS and not run.source else None
    if only is not None:
        return only
    code = name = run.source or kind
    if Source.objects.filter(code=code).exclude(kind=kind).exists():
        code = f"{code}-{kind}"
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "currency": Company.current().currency}
    )
    return source


def _only_source() -> Source | None:
    """The one source of orders whose files count, or the one there is; None of several or none."""
    every = Source.objects.filter(kind=ORDERS)
    for found in (every.filter(known_days__isnull=False).distinct()[:2], every[:2]):
        if len(found) == 1:
            return found[0]
    return None


def held_elsewhere(source: Source, measures: Iterable[Measure]) -> dict[Measure, Source]:
    """Of these measures, those that another source holds already: until sources add up, a second would not count.

    Where several were taken before a second was refused, the one that counts may go on (see ``kpis/catalogue.py``).
    """
    told = set(KnownDays.objects.values_list("measure_id", "source_id"))
    sources = Source.objects.in_bulk({pk for _measure, pk in told})
    held = {}
    for measure in measures:
        keys = (measure.pk, None) if measure.code in FROM_ORDERS else (measure.pk,)
        speak = sorted((sources[pk] for told_of, pk in told if told_of in keys), key=_counts_first)
        others = [speaker for speaker in speak if speaker != source]
        if others and speak[0] != source:
            held[measure] = others[0]
    return held


def _counts_first(source: Source) -> tuple[bool, int]:
    return source.kind != ORDERS, source.pk


def refuse_second_orders(source: Source) -> None:
    """Refused when a measure of order files is read from another source already."""
    every = sorted(
        Measure.objects.filter(code__in=FROM_ORDERS), key=lambda found: FROM_ORDERS.index(found.code)
    )
    for measure, holder in held_elsewhere(source, every).items():
        said = gettext_noop(
            "“%(measure)s” is already read from the source “%(holder)s”, and the orders of a second source would count "
            "nowhere. Import the file under that source, or undo first the imports that hold it. Nothing was stored."
        )
        raise Refused(said, measure=measure.name, holder=holder.code)
