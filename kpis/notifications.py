"""What people are told of deviations, proposed targets and nights."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.access import Right, people_with
from base import dates
from base.notify.kinds import Kind, Subject
from base.notify.tell import tell
from kpis.models import Deviation, TargetProposal


def _of_indicator(about: Deviation | TargetProposal, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "indicator": about.indicator.name}


def _of_proposal(proposal: TargetProposal, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**_of_indicator(proposal, values), "days": dates.period(proposal.start, proposal.end)}


def _of_night(_about: None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"day": dates.day(date.fromisoformat(values["day"]))}


OPENED = Kind(
    "deviation_opened",
    _("A deviation opens on an indicator that is yours"),
    gettext_noop("New deviation: %(indicator)s"),
    page="deviation_detail",
    right=Right.VIEW_FIGURES,
    words=_of_indicator,
)
GIVEN = Kind(
    "deviation_given",
    _("Somebody gives you a deviation"),
    gettext_noop("%(name)s gave you the deviation of “%(indicator)s”."),
    page="deviation_detail",
    right=Right.VIEW_FIGURES,
    usual="now",
    words=_of_indicator,
)
COMMENTED = Kind(
    "deviation_commented",
    _("Somebody comments on a deviation that is yours or that you commented on"),
    gettext_noop("%(name)s commented on the deviation of “%(indicator)s”."),
    page="deviation_detail",
    right=Right.VIEW_FIGURES,
    words=_of_indicator,
)
MENTIONED = Kind(
    "deviation_mentioned",
    _("Somebody names you in a comment on a deviation"),
    gettext_noop("%(name)s named you in a comment on the deviation of “%(indicator)s”."),
    page="deviation_detail",
    right=Right.VIEW_FIGURES,
    usual="now",
    words=_of_indicator,
)
PROPOSED = Kind(
    "target_proposed",
    _("Somebody proposes a target that you may agree to"),
    gettext_noop("%(name)s proposes a target for “%(indicator)s”, %(days)s."),
    page="target_proposal_detail",
    right=Right.SET_TARGETS,
    words=_of_proposal,
)
SEVERAL_PROPOSED = Kind(
    "targets_proposed",
    _("Somebody proposes several targets at once that you may agree to"),
    gettext_noop("%(name)s proposes several targets (%(count)s)."),
    page="target_proposal_list",
    right=Right.SET_TARGETS,
)
DECIDED = Kind(
    "target_decided",
    _("A target you proposed is agreed or returned"),
    gettext_noop("%(name)s answered your proposal of a target for “%(indicator)s”, %(days)s."),
    page="target_proposal_detail",
    right=Right.PROPOSE_TARGETS,
    words=_of_proposal,
)
NIGHT_MISSED = Kind(
    "night_missed",
    _("A night was not run"),
    gettext_noop("The night of %(day)s was not run: the figures shown are older."),
    page="night_list",
    right=Right.RUN_NIGHT,
    usual="now",
    words=_of_night,
)
TOLD = (
    *(Subject(Deviation, ("indicator",)), OPENED, GIVEN, COMMENTED, MENTIONED),
    *(Subject(TargetProposal, ("indicator",)), PROPOSED, SEVERAL_PROPOSED, DECIDED),
    NIGHT_MISSED,
)


def tell_night_missed(day: date, at: datetime) -> None:
    """Tell those who may run it, once for a night."""
    people = people_with(NIGHT_MISSED.right)
    tell(NIGHT_MISSED, people, key=f"night:{day.isoformat()}:missed", at=at, day=day.isoformat())
