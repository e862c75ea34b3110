"""What figures ask of people by a day: deviations to acknowledge, snoozes that end, files that are due."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from base import dates
from base.deadlines.rooms import Deadline, Room
from base.models import Act, HandlingEvent
from intake.kinds import kinds
from intake.rights import may_import
from kpis.models import Deviation, DeviationState, KnownDays, Measure
from kpis.models.deviations import DeviationQuerySet
from kpis.pages import words
from kpis.pages.banners import USUAL_LAG
from kpis.pages.sentences import period_in_words

A_DAY = timedelta(days=1)  # the figures of a day are read the next morning


def title(deviation: Deviation) -> str:
    return f"{deviation.indicator.name}, {period_in_words(deviation)}"


def _leads(user: User, state: DeviationState) -> DeviationQuerySet:
    found = Deviation.objects.live().leads_for(user).filter(state=state)
    return found.select_related("indicator", "owner")


def deviations_to_see(user: User, start: date, end: date) -> Iterator[Deadline]:
    """Open ones that nobody has seen, by the day after they opened."""
    opened = _leads(user, DeviationState.OPEN).filter(opened_on__range=(start - A_DAY, end - A_DAY))
    for deviation in opened.filter(acknowledged_at=None):
        yield _deadline(deviation, "see", deviation.opened_on + A_DAY, _("Deviation to acknowledge"), user)


def snoozes_that_end(user: User, start: date, end: date) -> Iterator[Deadline]:
    """For their owner, and where there is none, for who set them aside."""
    acts = HandlingEvent.objects.filter(
        act=Act.SNOOZED, object_id=OuterRef("pk"), content_type__model="deviation"
    )
    by = Subquery(acts.order_by("-at").values("by")[:1])
    aside = (
        _leads(user, DeviationState.SNOOZED).filter(snoozed_until__range=(start, end)).annotate(aside_by=by)
    )
    for deviation in aside:
        is_theirs = deviation.owner_id is None and getattr(deviation, "aside_by", None) == user.pk
        if deviation.snoozed_until is not None:
            due, what = deviation.snoozed_until, _("Snoozed deviation to take up")
            yield _deadline(deviation, "back", due, what, user, is_theirs=is_theirs)


def _deadline(
    deviation: Deviation, act: str, due: date, what: str, user: User, *, is_theirs: bool = False
) -> Deadline:
    return Deadline(
        key=f"deviation:{deviation.pk}:{act}:{due.isoformat()}",
        due=due,
        what=what,
        title=title(deviation),
        url=reverse("deviation_detail", args=[deviation.pk]),
        is_mine=is_theirs or deviation.owner_id == user.pk,
        owner=deviation.owner,
        about=deviation,
    )


def sources_due(user: User, start: date, end: date) -> Iterator[Deadline]:
    """For who may import them: the day by which files are to come, of the sources the person may know of."""
    theirs = [kind.code for kind in kinds() if may_import(user, kind)]
    known = KnownDays.objects.filter(
        Q(measure=None) | Q(measure__in=Measure.objects.visible_to(user)), source__kind__in=theirs
    )
    last: dict[str, date] = {}
    for name, ends in known.values_list("source__name", "ends"):
        last[name] = max(ends[-1], last.get(name, date.min))
    for day in sorted(set(last.values())):
        if start <= day + USUAL_LAG <= end:
            named = (words.source_in_words(name) for name, until in last.items() if until == day)
            names = ", ".join(sorted(named))
            yield Deadline(
                key=f"sources:{day.isoformat()}",
                due=day + USUAL_LAG,
                what=_("Files to import"),
                title=_("Figures known until %(day)s: %(sources)s")
                % {"sources": names, "day": dates.day(day)},
                url=reverse("import_list"),
                is_mine=True,
            )


def rows(user: User, start: date, end: date) -> Iterable[Deadline]:
    for each in (deviations_to_see, snoozes_that_end, sources_due):
        yield from each(user, start, end)


ROOM = Room("kpis", rows, Deviation, title)
