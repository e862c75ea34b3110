"""What is late for days is told to the manager of whoever takes care of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.access import Right
from accounts.models import User
from accounts.relations import managers_of
from base.deadlines.rooms import deadlines_of, title_of
from base.notify.kinds import Kind
from base.notify.tell import tell

OLDEST = timedelta(days=90)  # what is later than that is no news


def _named(about: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "what": title_of(about)}


LATE = Kind(
    "deadline_late",
    _("Somebody you manage is late"),
    gettext_noop("%(name)s is late: %(what)s"),
    page="my_day",
    right=Right.LEAD_PEOPLE,
    words=_named,
)


def escalate(*, today: date, at: datetime) -> None:
    """Tell managers what their people are late with by more than ``ESCALATE_AFTER_DAYS``: once for each thing, and
    only what the manager may see. 0 days: never.
    """
    if not settings.ESCALATE_AFTER_DAYS:
        return
    last = today - timedelta(days=settings.ESCALATE_AFTER_DAYS + 1)
    managers = managers_of(as_of=today)
    people = User.objects.active().in_bulk({*managers, *managers.values()})
    for pk, manager in managers.items():
        if pk not in people or manager not in people:
            continue
        for row in deadlines_of(people[pk], today - OLDEST, last):
            if row.is_mine and row.about is not None and row.owner == people[pk]:
                key, name = f"late:{row.key}", str(row.owner)
                tell(LATE, [people[manager]], key=key, at=at, about=row.about, url=row.url, name=name)
