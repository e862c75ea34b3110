"""The lists of the import pages: what they filter by, show and export."""

from collections.abc import Collection
from typing import Any

import django_filters
import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_filters.filterset import FilterSet

from base import formats
from base.dates import moment, period
from base.tables import NUMERIC, FigureColumn, MomentColumn
from base.templatetags import vigie
from intake.models import ImportReject, ImportRun, Purge, State
from intake.presentation import TONES, kind_label, rule_in_words
from intake.rights import kinds_seen_by


def _kinds(request: Any) -> list[tuple[str, Any]]:
    return [(kind.code, kind.label) for kind in kinds_seen_by(request.user)]


class RunFilter(FilterSet):
    q = django_filters.CharFilter(label=_("File name"), field_name="filename", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(label=_("State"), choices=State.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=())

    class Meta:
        model = ImportRun
        fields = ["q", "state", "kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # library base
        self.filters["kind"].extra["choices"] = _kinds(self.request)  # before the form is made


class RunTable(tables.Table):
    id = tables.Column(verbose_name=_("No."), attrs={"th": {"class": "num"}, "td": {"class": "num"}})
    filename = tables.Column(verbose_name=_("File"), attrs={"td": {"class": "roomy"}})
    kind = tables.Column(verbose_name=_("Kind"), visible=False)  # exported; shown under the file
    state = tables.Column(verbose_name=_("State"))
    period = tables.Column(
        verbose_name=_("Period"),
        accessor="period_start",
        order_by=("period_start", "id"),
    )
    rows_accepted = FigureColumn(verbose_name=_("Rows accepted"))
    rows_rejected = FigureColumn(verbose_name=_("Rejected"))
    by = tables.Column(verbose_name=_("By"), visible=False)  # exported; shown with the moment
    created_at = MomentColumn(verbose_name=_("Received"))

    label = _("Imports")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "-id"
        empty_text = _("No import matches these filters.")

    def render_filename(self, record: ImportRun) -> Any:
        return format_html(
            '<div><a href="{}">{}</a><br><span class="muted small">{}</span></div>',
            record.get_absolute_url(),
            record.filename,
            kind_label(record.kind),
        )

    def value_filename(self, record: ImportRun) -> str:
        return record.filename

    def render_created_at(self, record: ImportRun) -> Any:
        """When, and under it by whom: a column less on a crowded line."""
        told = format_html(
            '<time datetime="{}">{}</time>', record.created_at.isoformat(), moment(record.created_at)
        )
        return (
            format_html('<span class="nowrap">{}<br><span class="muted">{}</span></span>', told, record.by)
            if record.by
            else told
        )

    def value_created_at(self, record: ImportRun) -> str:
        return record.created_at.isoformat()

    def render_kind(self, value: str) -> Any:
        return kind_label(value)

    def render_state(self, record: ImportRun) -> Any:
        return vigie.status(TONES[record.state], record.get_state_display())

    def value_state(self, record: ImportRun) -> str:
        return record.get_state_display()

    def render_period(self, record: ImportRun) -> str:
        return period(record.period_start, record.period_end)

    def value_period(self, record: ImportRun) -> str:
        return f"{record.period_start}/{record.period_end}"


class RejectTable(tables.Table):
    line = tables.Column(verbose_name=_("Line"), attrs={"th": {"class": "num"}, "td": {"class": "num"}})
    reason = tables.Column(verbose_name=_("Why"), accessor="said", order_by="reason")
    raw = tables.Column(verbose_name=_("As in the file"), orderable=False)

    label = _("Rejected rows")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "line"

    def __init__(self, *args: Any, raw: bool, **kwargs: Any) -> None:
        """``raw``: whether the reader may see what the file wrote, which most reasons quote."""
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # library base
        self.quotes = raw
        if not raw:
            self.columns.hide("raw")

    def render_reason(self, record: ImportReject) -> str:
        return record.said if self.quotes else record.said_without_values

    def render_raw(self, record: ImportReject) -> str:
        return record.raw if len(record.raw) <= 200 else f"{record.raw[:200]}…"


class PurgeTable(tables.Table):
    """What was purged; of an import the reader may not see, its number."""

    at = MomentColumn(verbose_name=_("Purged"))
    run = tables.Column(verbose_name=_("File"), accessor="pk", order_by=("run", "name"), empty_values=())
    kind = tables.Column(verbose_name=_("Rule"), order_by=("kind", "days"))
    found = tables.Column(verbose_name=_("What became of it"))
    rejects = FigureColumn(verbose_name=_("Rejected rows"), accessor="rows")
    bytes = tables.Column(verbose_name=_("Size"), attrs=NUMERIC)

    label = _("Purged files")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "-at"
        empty_text = _("Nothing was purged yet.")

    def __init__(self, *args: Any, seen: Collection[int], **kwargs: Any) -> None:
        """``seen``: the runs the reader may see."""
        self.runs_seen = seen
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # library base

    def render_run(self, record: Purge) -> Any:
        if record.run is None:
            return record.name[:12]
        if record.run_id not in self.runs_seen:
            return _now("Import %(n)d") % {"n": record.run_id}
        return format_html('<a href="{}">{}</a>', record.run.get_absolute_url(), record.run.filename)

    def value_run(self, record: Purge) -> Any:
        return record.run_id or record.name

    def render_kind(self, record: Purge) -> str:
        return self.value_kind(record)

    def value_kind(self, record: Purge) -> str:
        return rule_in_words(record.kind, record.days) if record.run_id else ""

    def render_bytes(self, value: int) -> str:
        return formats.file_size(value)

    def value_bytes(self, value: int) -> int:
        return value
