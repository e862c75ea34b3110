"""The list of indicators: each with its figure of the period chosen, as last night saw it."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models import Value as Constant
from django.db.models.functions import Abs, NullIf
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_filters.filterset import FilterSet

from base.calendar import Grain
from base.components import STATUSES, signal_of, status_of
from base.tables import NUMERIC, StatusColumn
from base.templatetags import vigie
from kpis.models import Gap, Indicator, Signal, Unit
from kpis.models.catalogue import IndicatorQuerySet
from kpis.pages.explore_form import GRAIN_WORDS
from kpis.pages.filters import word_choices
from kpis.pages.tiles import GROUPS, IndicatorLine

MTD = "mtd"
LIST_GRAINS = {
    MTD: GRAIN_WORDS[Grain.MTD],
    "wtd": GRAIN_WORDS[Grain.WTD],
    "day": _("last day"),
    "month": _("last whole month"),
    "week": _("last whole week"),
}
GROUP_ORDER = Case(
    *(When(group=code, then=Constant(place)) for place, code in enumerate(GROUPS) if code),
    default=Constant(len(GROUPS)),
    output_field=IntegerField(),
)


class IndicatorFilter(FilterSet):
    q = django_filters.CharFilter(label=_("Name or code"), method="search")
    grain = django_filters.ChoiceFilter(
        label=_("Period"),
        choices=list(LIST_GRAINS.items()),
        empty_label=None,
        initial=MTD,
        method="seen_over",
    )
    group = django_filters.ChoiceFilter(label=_("Group"), choices=[(c, w) for c, w in GROUPS.items() if c])
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=word_choices(STATUSES, ("good", "amber", "red", "none")), method="of_gap"
    )
    signal = django_filters.ChoiceFilter(
        label=_("Movement"),
        choices=[(code, signal_of(code).word) for code in (Signal.HIGH, Signal.LOW, Signal.NOISE)],
        method="of_gap",
    )

    class Meta:
        model = Indicator
        fields = ["q", "grain", "group", "status", "signal"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("grain", MTD)
        super().__init__(asked, *args, **kwargs)  # type: ignore[no-untyped-call]  # library base

    @property
    def over(self) -> str:
        return str(self.form.cleaned_data.get("grain") or MTD)

    def filter_queryset(self, queryset: IndicatorQuerySet) -> IndicatorQuerySet:
        """The indicators by group, those with a figure first, each with its gaps of the grain and of the day."""
        found: IndicatorQuerySet = super().filter_queryset(queryset)  # type: ignore[no-untyped-call]  # library base
        gaps = Gap.objects.published().whole()
        here = gaps.filter(indicator=OuterRef("pk"), grain=self.over)
        shown = Prefetch("gaps", gaps.filter(grain__in=[self.over, "day"]), to_attr="shown_gaps")
        found = found.annotate(over=Constant(self.over), gap=Subquery(here.values("pk")[:1]))
        order = (GROUP_ORDER, "group", Exists(here).desc(), "position", "code")
        return found.order_by(*order).prefetch_related(shown)

    def search(self, found: IndicatorQuerySet, _name: str, value: str) -> IndicatorQuerySet:
        return found.filter(
            Q(name_fr__icontains=value) | Q(name_en__icontains=value) | Q(code__icontains=value)
        )

    def seen_over(self, found: IndicatorQuerySet, _name: str, _value: str) -> IndicatorQuerySet:
        return found

    def of_gap(self, found: IndicatorQuerySet, name: str, value: str) -> IndicatorQuerySet:
        gaps = Gap.objects.published().whole().filter(grain=self.over, **{name: value})
        return found.filter(pk__in=gaps.values("indicator"))


def line_of(record: Indicator) -> IndicatorLine:
    """The row's figures, from the gaps fetched with it."""
    kept: IndicatorLine | None = vars(record).get("line")
    if kept is None:
        gaps = {gap.grain: gap for gap in vars(record)["shown_gaps"]}
        spark = list(gaps["day"].spark or []) if "day" in gaps else []
        kept = vars(record)["line"] = IndicatorLine(record, gaps.get(vars(record)["over"]), spark)
    return kept


Sorted = tuple[QuerySet[Indicator], bool]


def _of_gap(field: str) -> Subquery:
    return Subquery(Gap.objects.filter(pk=OuterRef("gap")).values(field)[:1], output_field=FloatField())


def _sorted(found: QuerySet[Indicator], value: Any, *, descending: bool) -> Sorted:
    """Those without a figure last, either way."""
    by = F("sorted_by")
    how = by.desc(nulls_last=True) if descending else by.asc(nulls_last=True)
    return found.annotate(sorted_by=value).order_by(how, "position", "code"), True


def _change(value: str, reference: str) -> Any:
    """In points for a ratio, else relative: as ``IndicatorLine`` says it."""
    off = _of_gap(value) - _of_gap(reference)
    return Case(When(unit=Unit.RATIO, then=off), default=off / NullIf(Abs(_of_gap(reference)), 0.0))


class IndicatorTable(tables.Table):
    """On the page a cell says several things; an export has a column for each."""

    name = tables.Column(verbose_name=_("Indicator"), empty_values=(), attrs={"td": {"class": "roomy"}})
    value = tables.Column(verbose_name=_("Value"), empty_values=(), attrs=NUMERIC)
    vs_target = tables.Column(verbose_name=_("vs target"), empty_values=(), attrs=NUMERIC)
    vs_last_year = tables.Column(verbose_name=_("vs last year"), empty_values=(), attrs=NUMERIC)
    status = StatusColumn(verbose_name=_("Status"), empty_values=())
    movement = tables.Column(verbose_name=_("Movement"), empty_values=())
    days = tables.Column(
        verbose_name=_("6 weeks"), empty_values=(), orderable=False, exclude_from_export=True
    )
    # For exports only.
    code = tables.Column(verbose_name=_("Code"), visible=False)
    group = tables.Column(verbose_name=_("Group"), visible=False)
    unit = tables.Column(verbose_name=_("Unit"), visible=False)
    start = tables.Column(verbose_name=_("From"), visible=False, empty_values=())
    end = tables.Column(verbose_name=_("End"), visible=False, empty_values=())
    target = tables.Column(verbose_name=_("Target"), visible=False, empty_values=())
    last_year = tables.Column(verbose_name=_("Last year"), visible=False, empty_values=())

    label = _("Indicators")  # of its region, for those who do not see the heading over it

    class Meta:
        per_page = 50
        empty_text = _("No indicator matches these filters.")
        attrs = {"class": "table table--stack table--wide table--even table--compact"}

    @property
    def headings(self) -> bool:
        """Groups stand under their names while nobody asked for another order."""
        return not self.order_by

    def heading(self, record: Indicator) -> Any:
        return GROUPS.get(record.group, record.group)

    def render_name(self, record: Indicator) -> SafeString:
        return format_html('<a href="{}">{}</a>', line_of(record).url, record.name)

    def value_name(self, record: Indicator) -> str:
        return record.name

    def render_value(self, record: Indicator) -> SafeString:
        line = line_of(record)
        return vigie.figure(line.value, record.unit, record.decimals, url=line.made_of)

    def value_value(self, record: Indicator) -> float | None:
        return line_of(record).value

    def render_vs_target(self, record: Indicator) -> SafeString:
        return self._delta(record, line_of(record).vs_target)

    def value_vs_target(self, record: Indicator) -> float | None:
        return line_of(record).vs_target

    def render_vs_last_year(self, record: Indicator) -> SafeString:
        return self._delta(record, line_of(record).vs_last_year)

    def value_vs_last_year(self, record: Indicator) -> float | None:
        return line_of(record).vs_last_year

    def _delta(self, record: Indicator, change: float | None) -> SafeString:
        line = line_of(record)
        return vigie.delta(change, record.direction, line.points, decimals=line.change_decimals)

    def render_status(self, record: Indicator) -> SafeString:
        return vigie.status(_status(record))

    def value_status(self, record: Indicator) -> str:
        return str(status_of(_status(record)).word)

    def render_movement(self, record: Indicator) -> SafeString | str:
        line = line_of(record)
        return vigie.signal(line.signal) if line.gap and line.signal else ""

    def value_movement(self, record: Indicator) -> str:
        line = line_of(record)
        return str(signal_of(line.signal).word) if line.gap and line.signal else ""

    def render_days(self, record: Indicator) -> SafeString | str:
        recent = line_of(record).recent
        return vigie.sparkline(recent, unit=record.unit, decimals=record.decimals) if recent else ""

    def value_group(self, record: Indicator) -> str:
        return str(self.heading(record))

    def value_start(self, record: Indicator) -> Any:
        return _gap_value(record, "start")

    def value_end(self, record: Indicator) -> Any:
        return _gap_value(record, "end")

    def value_target(self, record: Indicator) -> Any:
        return _gap_value(record, "target")

    def value_last_year(self, record: Indicator) -> Any:
        return _gap_value(record, "n1")

    def order_name(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        name = "name_en" if (get_language() or "").startswith("en") else "name_fr"
        return found.order_by(f"-{name}" if is_descending else name, "code"), True

    def order_value(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        return _sorted(found, _of_gap("value"), descending=is_descending)

    def order_vs_target(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        return _sorted(found, _change("value", "target"), descending=is_descending)

    def order_vs_last_year(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        return _sorted(found, _change("n1_now", "n1"), descending=is_descending)

    def order_status(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        return _sorted(found, _ranked("status", ("red", "amber", "good")), descending=is_descending)

    def order_movement(self, found: QuerySet[Indicator], is_descending: bool) -> Sorted:
        return _sorted(found, _ranked("signal", ("high", "low", "noise")), descending=is_descending)


def _ranked(field: str, codes: tuple[str, ...]) -> Subquery:
    """The place of a gap's code among these, null for others."""
    places = Case(
        *(When(**{field: code}, then=Constant(place)) for place, code in enumerate(codes)),
        output_field=FloatField(),
    )
    ranked = Gap.objects.filter(pk=OuterRef("gap")).annotate(rank=places)
    return Subquery(ranked.values("rank")[:1], output_field=FloatField())


def _status(record: Indicator) -> str:
    gap = line_of(record).gap
    return gap.status if gap else "unknown"


def _gap_value(record: Indicator, field: str) -> Any:
    gap = line_of(record).gap
    return getattr(gap, field) if gap else None
