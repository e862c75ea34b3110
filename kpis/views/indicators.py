"""The indicators: their list, and one looked at closely down to the imports it is made of."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import Right, has_right, requires
from accounts.lists import list_page
from accounts.models import Scope
from base.calendar import Grain
from base.context import company_of
from kpis.catalogue import Catalogue, catalogue_for
from kpis.coverage import last_day
from kpis.models import Deviation, Gap, Indicator, Publication, Unit
from kpis.pages import explore, words
from kpis.pages.explore_form import GRAIN_WORDS, IndicatorView
from kpis.pages.indicator_list import LIST_GRAINS, IndicatorFilter, IndicatorTable
from kpis.pages.sentences import explanation
from kpis.pages.tiles import IndicatorLine
from kpis.views.pages import is_htmx

TILE_GRAINS = ("day", "wtd", "mtd", "month")


@requires(Right.VIEW_FIGURES, scope=Scope.FIGURES_READ)
@require_safe
def indicator_list(request: HttpRequest) -> HttpResponse:
    """Every indicator with its figure of the period chosen, by group; those without data say so."""
    return list_page(
        request,
        "kpis/indicator_list.html",
        name="indicator_list",
        rows=Indicator.objects.visible_to(request.user),
        filters=IndicatorFilter,
        table=IndicatorTable,
    )


@requires(Right.VIEW_FIGURES)
@require_safe
def indicator_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One indicator over time and by segment, its verdict of last night and its provenance."""
    indicator = get_object_or_404(
        Indicator.objects.visible_to(request.user).select_related("owner"), code=code
    )
    catalogue = catalogue_for(request.user)
    form = IndicatorView(request.GET, names=explore.dimensions_of(indicator, catalogue), reader=request.user)
    night = Publication.objects.values_list("run__as_of", flat=True).first()
    as_of = explore.default_as_of(night, last_day(catalogue.coverage), timezone.localdate())
    view = form.view(as_of, company_of(request).rules)
    context = _figures(indicator, form, view, catalogue) | _table(request)
    if is_htmx(request):
        return render(request, "kpis/indicator_detail.html#figures", context)
    context |= {
        "form": form,
        "figures_as_of": night,
        "tiles": _tiles(indicator),
        "origins": explore.origins(indicator, catalogue, request.user),
        "provenance": _provenance(indicator, catalogue),
        "deviations": [
            (d, explanation(d)) for d in Deviation.objects.visible_to(request.user).standing(indicator)
        ],
        "may_set_targets": has_right(request.user, Right.SET_TARGETS),
    }
    return render(request, "kpis/indicator_detail.html", context)


def _table(request: HttpRequest) -> dict[str, Any]:
    """Whether the long table of every figure is asked for, and the query that asks for it: it is half of the page."""
    query = request.GET.copy()
    query["table"] = "1"
    return {"all_figures": request.GET.get("table") == "1", "query": query.urlencode()}


def _figures(
    indicator: Indicator, form: IndicatorView, view: explore.View, catalogue: Catalogue
) -> dict[str, Any]:
    rows = explore.over_time(indicator, view, catalogue)
    over = Grain(form.cleaned_data.get("over") or "mtd")
    segments = explore.by_segment(indicator, view, over, catalogue) if view.by else []
    return {
        "indicator": indicator,
        "view": view,
        "rows": rows[::-1],
        "points": indicator.unit == Unit.RATIO,
        "closely": max(1, indicator.decimals) if indicator.unit == Unit.RATIO else 1,
        "chart": explore.chart_of(indicator, rows, view),
        "segments": [(row, *_segment(row, view)) for row in segments],
        "shares": any(row.share is not None for row in segments),
        "segment_words": words.segment_in_words(view.where, form.names) if view.where else "",
        "by_name": form.names.get(view.by, ""),
        "over_word": GRAIN_WORDS[over],
    }


def _segment(row: explore.Row, view: explore.View) -> tuple[str, str]:
    """The name of a part, and the address that looks at it alone."""
    value = row.value.segment[view.by]
    if value is None:
        return words.value_in_words(value), ""
    return words.value_in_words(value), "?" + urlencode({"grain": view.grain, "where": f"{view.by}={value}"})


def _tiles(indicator: Indicator) -> list[Any]:
    gaps = {gap.grain: gap for gap in Gap.objects.published().whole().filter(indicator=indicator)}
    spark = list(gaps["day"].spark or []) if "day" in gaps else []
    headings = {grain: capfirst(str(LIST_GRAINS[grain])) for grain in TILE_GRAINS}
    return [IndicatorLine(indicator, gaps[g], spark).tile(headings[g]) for g in TILE_GRAINS if g in gaps]


def _provenance(indicator: Indicator, catalogue: Catalogue) -> list[tuple[Any, ...]]:
    known = catalogue.spoken_for(indicator.code)
    rows: list[tuple[Any, ...]] = [
        (_("Unit"), indicator.get_unit_display()),
        (_("Direction"), indicator.get_direction_display()),
        (_("Known days"), words.days_in_words(known) or _("no data")),
    ]
    if indicator.owner:
        rows.append((_("Owner"), indicator.owner))
    drivers = [catalogue.indicators[code] for code in indicator.drivers if code in catalogue.indicators]
    if drivers:
        rows.append((_("Drivers"), ", ".join(driver.name for driver in drivers)))
    return rows
