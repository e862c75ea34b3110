"""The steps of a night after the figures are frozen: gaps of one indicator, publication, notification."""

from collections import Counter
from datetime import date

from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from accounts.models import User
from base.models import Company
from base.notify.tell import tell as tell_of
from kpis.catalogue import load_catalogue
from kpis.coverage import last_day, load_coverage
from kpis.deviations import Changed, Known, apply_findings, findings, standing_signals, suspects
from kpis.gaps import Row, gaps_of
from kpis.incidents import gather
from kpis.models import (
    Deviation,
    DeviationState,
    Gap,
    Indicator,
    NightInput,
    NightlyRun,
    Publication,
    StepState,
)
from kpis.models.deviations import DeviationQuerySet
from kpis.night.fits import remembered
from kpis.night.inputs import FRAME, IMPORTS, kept, thaw
from kpis.notifications import OPENED

KEPT_RUNS = 14
COUNTED = ("gaps", "opened", "updated", "closed", "indicators", "by_indicator")
PUBLISH_LOCK = 0x5649_0003


def compute_gaps(run: NightlyRun, code: str) -> None:
    """Compute and store the gaps of one indicator; doing it again replaces them."""
    indicator = Indicator.objects.get(code=code)
    frozen = thaw(run, code)
    with remembered(indicator) as fits:
        rows = gaps_of(frozen.night, indicator, frozen.daily, fits)
    Gap.objects.filter(run=run, indicator=indicator).delete()
    columns = ", ".join(f'"{name}"' for name in ("run_id", "indicator_id", *Row._fields))
    copied = f"COPY kpis_gap ({columns}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copied) as stream:
        for row in rows:
            stream.write_row((run.pk, indicator.pk, *row))


def is_past(as_of: date, seen: Publication | None) -> bool:
    """Whether the night of that day is a look back: readers see a later one, of which a later day is still known.

    Where the files of those days were undone, the night of the last day left takes the place of what they gave.
    """
    if seen is None or as_of >= seen.run.as_of:
        return False
    known = last_day(load_coverage(seen.run.as_of))
    return known is not None and known > as_of


def publish(run: NightlyRun) -> None:
    """Flip what readers see, together with the deviations; readers never see half a night."""
    with connection.cursor() as cursor:  # one night publishes at a time
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISH_LOCK])
    current = Publication.objects.select_related("run").first()
    run.historical = is_past(run.as_of, current)
    if current is not None and not run.historical:
        _keep_stale(run, current.run)
    known = Known(load_catalogue(run.as_of), kept(run, FRAME)["revenue"], kept(run, IMPORTS))
    gaps = Gap.objects.filter(run=run, stale=False)
    suspected = suspects(gaps).select_related("indicator", "segment")
    standing = {} if run.historical else standing_signals(run.as_of)
    found = findings(suspected, Company.current().rules, revenue=known.revenue, standing=standing)
    changed = apply_findings(run, found, known)
    gather(run, changed, known.catalogue)
    _count(run, gaps, changed)
    run.message = ""  # what it may have waited for
    run.save(update_fields=["historical", "message", *COUNTED])
    if not run.historical:
        Publication.objects.update_or_create(id=1, defaults={"run": run, "at": timezone.now()})
    _forget_old(run)


def _count(run: NightlyRun, gaps: QuerySet[Gap], changed: Changed) -> None:
    """What the night found and did, in all and by indicator: incidents by the one that leads them."""
    leads = Deviation.objects.filter(view=run.as_of if run.historical else None).leads()
    ended = [d for d in changed.closed if d.part_of_id is None]  # of a historical view they are gone
    closed = [d.indicator_id for d in ended] if run.historical else _led(leads, ended)
    by = {
        "gaps": Counter(dict(gaps.order_by().values_list("indicator").annotate(Count("id")))),
        "opened": Counter(_led(leads.begun_on(run.as_of), changed.opened)),
        "updated": Counter(_led(leads, [*changed.reopened, *changed.updated])),
        "closed": Counter(closed),
    }
    for name, counted in by.items():
        setattr(run, name, counted.total())
    run.indicators = len(by["gaps"])
    codes = dict(Indicator.objects.filter(pk__in=set().union(*by.values())).values_list("pk", "code"))
    run.by_indicator = {code: [counted[pk] for counted in by.values()] for pk, code in codes.items()}


def _led(leads: DeviationQuerySet, found: list[Deviation]) -> list[int]:
    """The indicators of those of the episodes that lead."""
    return list(leads.filter(pk__in=[d.pk for d in found]).values_list("indicator", flat=True))


def _keep_stale(run: NightlyRun, before: NightlyRun) -> None:
    """An indicator that failed tonight keeps its last good rows, marked stale."""
    failed = run.steps.filter(state=StepState.FAILED, name__startswith="gaps:").values_list("name", flat=True)
    codes = [name.removeprefix("gaps:") for name in failed]
    rows = list(Gap.objects.filter(run=before, indicator__code__in=codes))
    for row in rows:
        row.pk, row.run, row.stale = None, run, True
    Gap.objects.bulk_create(rows)


def _forget_old(run: NightlyRun) -> None:
    """Frozen inputs go with their night; gaps of the last nights stay for comparison with yesterday."""
    NightInput.objects.filter(run=run).delete()
    kept = (
        NightlyRun.objects.filter(historical=False).order_by("-id").values_list("id", flat=True)[:KEPT_RUNS]
    )
    published = Publication.objects.values("run")
    Gap.objects.exclude(run_id__in=[*kept, run.pk]).exclude(run__in=published).delete()


def tell(run: NightlyRun) -> None:
    """Notify whoever owns some of what opened tonight and may read it, once for an incident however long it goes on."""
    if run.historical:
        return
    opened = Deviation.objects.live().filter(
        opened_on=run.as_of, state=DeviationState.OPEN, owner__is_active=True
    )
    for owner in User.objects.filter(owned_deviations__in=opened).distinct():
        theirs = opened.visible_to(owner).filter(owner=owner)
        _tell(owner, list(theirs.select_related("indicator", "part_of__indicator")))


def _tell(owner: User, found: list[Deviation]) -> None:
    """Each incident by the name of what leads it, or of the episode itself where its owner may not know of that."""
    first = _first_of({d.part_of_id or d.pk for d in found})
    leads = Deviation.objects.visible_to(owner).filter(pk__in=first)
    known = set(leads.values_list("pk", flat=True))
    for lead, d in {d.part_of_id or d.pk: d for d in found}.items():
        shown = d.part_of if d.part_of is not None and lead in known else d
        tell_of(OPENED, [owner], key=f"deviation:{first[lead]}:opened", at=timezone.now(), about=shown)


def _first_of(leads: set[int]) -> dict[int, int]:
    """By lead the oldest episode of its incident: what names the incident whichever leads it. One query."""
    rows = Deviation.objects.filter(part_of__in=leads).values_list("part_of").annotate(Min("id")).order_by()
    return {lead: lead for lead in leads} | {lead: min(lead, oldest) for lead, oldest in rows}
