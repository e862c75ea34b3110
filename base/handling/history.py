"""What happened to an object, as steps: what its room knows and what people did, in the order of days."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from base import dates
from base.handling.models import Act, Handled, HandlingEvent


@dataclass(frozen=True)
class Step:
    """``on`` is the day it happened; None for how things stand now, which comes last."""

    title: str
    on: date | None = None
    detail: str = ""

    def shown(self) -> dict[str, Any]:
        """As the ``steps`` component draws it."""
        now = self.on is None
        return {
            **asdict(self),
            "state": "current" if now else "done",
            "at": dates.day(self.on) if self.on else "",
        }


def history(own: Sequence[Step], events: Iterable[HandlingEvent], item: Handled) -> list[dict[str, Any]]:
    """The steps of the room and those of people, earliest first."""
    steps = [*own, *_acts(events)]
    if item.snoozed_until is not None:
        told = {"day": dates.day(item.snoozed_until), "reason": item.snooze_reason}
        steps.append(Step(_("Snoozed"), detail=_("until %(day)s: %(reason)s") % told))
    return [step.shown() for step in sorted(steps, key=lambda step: step.on or date.max)]


def _acts(events: Iterable[HandlingEvent]) -> list[Step]:
    """One a deed: what was done to many at once is told once."""
    once = {(event.at, event.act, event.by_id, event.reason): event for event in events}
    return [
        Step(_title(event), timezone.localtime(event.at).date(), _detail(event)) for event in once.values()
    ]


def _title(event: HandlingEvent) -> str:
    if event.act == Act.GIVEN:
        return _("Given to %(name)s") % {"name": event.to} if event.to else _("Given to nobody")
    return event.get_act_display()


def _detail(event: HandlingEvent) -> str:
    by = str(event.by or _("somebody who left"))
    if event.act in (Act.ATTACHED, Act.DETACHED):
        return f"{event.reason}, {by}"
    if event.act != Act.SNOOZED or event.until is None:
        return by
    told = {"day": dates.day(event.until), "reason": event.reason}
    return f"{by}, {_('until %(day)s: %(reason)s') % told}"
