"""The list of targets: what it shows, sorts by and exports."""

from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from base import dates, formats
from base.numbers import decimals_of
from base.tables import NUMERIC, MomentColumn, PlainColumn
from base.templatetags import vigie
from kpis.models import Indicator, Target, TargetProposal, Unit
from kpis.pages import words
from kpis.pages.tables import SegmentTable, VerdictColumn
from kpis.proposals import FLOW


def bounds_in_words(target: Target | TargetProposal) -> str:
    """``1 234 567 €``, or ``20 to 30`` for two bounds: to the last digit that was set."""
    if target.value is not None:
        return _exactly(target.indicator, target.value)
    return _now("%(low)s to %(high)s") % {
        "low": _exactly(target.indicator, target.low),
        "high": _exactly(target.indicator, target.high),
    }


def _exactly(indicator: Indicator, value: Decimal | None) -> str:
    """A figure with the decimals of its indicator, or more when it has more; of money never a single one."""
    places = decimals_of(value) if value is not None else 0
    places -= 2 if indicator.unit == Unit.RATIO else 0
    places += places == 1 and indicator.unit == Unit.MONEY
    return formats.figure(value, indicator.unit, max(indicator.decimals, places))


class TargetRows(SegmentTable):
    """Rows with a period and a value or two bounds."""

    start = tables.Column(verbose_name=_("Period"), order_by=("start", "end"))
    value = PlainColumn(verbose_name=_("Target"), attrs=NUMERIC, orderable=False, empty_values=())
    # For exports only.
    end = tables.Column(verbose_name=_("End"), visible=False)
    low = tables.Column(verbose_name=_("Lower bound"), visible=False)
    high = tables.Column(verbose_name=_("Upper bound"), visible=False)

    def render_start(self, record: Target | TargetProposal) -> str:
        return dates.period(record.start, record.end)

    def value_start(self, record: Target | TargetProposal) -> Any:
        return record.start

    def render_value(self, record: Target | TargetProposal) -> str:
        return bounds_in_words(record)

    def value_value(self, record: Target | TargetProposal) -> Any:
        return record.value


class TargetTable(TargetRows):
    """Expects rows annotated with ``newer``: whether a later version exists."""

    indicator = tables.Column(
        verbose_name=_("Indicator"),
        linkify=("target_detail", {"pk": tables.A("pk")}),
        order_by=("indicator__position", "-start"),
    )
    segment = tables.Column(verbose_name=_("Segment"), order_by=("segment__key", "-start"))
    version = tables.Column(verbose_name=_("Version"), attrs=NUMERIC)
    state = VerdictColumn(verbose_name=_("State"), words=words.TARGET_STATES, accessor="pk", orderable=False)
    created_by = tables.Column(verbose_name=_("Set by"), order_by=("created_by__full_name",), default="—")
    created_at = MomentColumn(verbose_name=_("Set on"))

    label = _("Targets")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "-start"
        sequence = ("indicator", "segment", "start", "value", "version", "...", "end", "low", "high")
        empty_text = _("No target matches these filters.")

    def render_state(self, record: Target) -> SafeString:
        return vigie.badge(words.TARGET_STATES[target_state(record)])

    def value_state(self, record: Target) -> str:
        return str(words.TARGET_STATES[target_state(record)].word)


class TargetProposalTable(TargetRows):
    indicator = tables.Column(
        verbose_name=_("Indicator"),
        linkify=("target_proposal_detail", {"pk": tables.A("pk")}),
        order_by=("indicator__position", "-start"),
    )
    segment = tables.Column(verbose_name=_("Segment"), order_by=("segment__key", "-start"))
    state = VerdictColumn(verbose_name=_("State"), words=FLOW.states)
    begun_by = tables.Column(verbose_name=_("Proposed by"), order_by=("begun_by__full_name",))
    begun_at = MomentColumn(verbose_name=_("Proposed on"))
    moved_by = tables.Column(verbose_name=_("Decided by"), order_by=("moved_by__full_name",), default="—")

    label = _("Proposals")

    class Meta:
        order_by = "-begun_at"
        sequence = ("indicator", "segment", "start", "value", "...", "end", "low", "high")


def target_state(target: Target) -> str:
    """``live``, ``replaced`` by a later version, or ``withdrawn``."""
    if target.replaced_at is None:
        return "live"
    return "replaced" if getattr(target, "newer", False) else "withdrawn"
