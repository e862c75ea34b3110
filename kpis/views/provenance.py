"""What one figure is made of, one click from anywhere it stands."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Right, requires
from base.calendar import Grain, to_date
from base.context import company_of
from kpis.catalogue import Catalogue, catalogue_for
from kpis.coverage import last_day
from kpis.formula import references
from kpis.models import Indicator, Publication
from kpis.pages import provenance, words
from kpis.pages.addresses import made_of
from kpis.pages.provenance import FigureAsked


@requires(Right.VIEW_FIGURES)
@require_safe
def indicator_provenance(request: HttpRequest, code: str) -> HttpResponse:
    """A figure of an indicator: ``?start=…&end=…&where=channel=SEA``; the month to date where nothing is asked."""
    indicator = get_object_or_404(
        Indicator.objects.visible_to(request.user).select_related("owner"), code=code
    )
    catalogue = catalogue_for(request.user)
    rules = company_of(request).rules
    published = Publication.objects.select_related("run").first()
    known = published.run.as_of if published else last_day(catalogue.coverage)
    day = known or timezone.localdate() - timedelta(days=1)
    asked = FigureAsked(
        indicator,
        provenance.period_asked(request.GET, to_date(Grain.MTD, day, rules)),
        provenance.segment_asked(request.GET, catalogue.dimensions),
    )
    context = {"indicator": indicator, "period": asked.period, "night": published.run if published else None}
    context |= _formula(asked, catalogue)
    if code in catalogue.sound:
        context |= provenance.page_of(request.user, asked, catalogue, rules)
    return render(request, "kpis/indicator_provenance.html", context)


def _formula(asked: FigureAsked, catalogue: Catalogue) -> dict[str, Any]:
    """The segment and the formula in words, and the indicators it goes through, each with its own provenance."""
    names, code = words.dimension_names(), asked.indicator.code
    if code not in catalogue.sound:
        return {"segment_words": words.segment_in_words(asked.segment, names)}
    within = sorted({ref.code for ref in references(catalogue.formulas[code])} - set(catalogue.measures))
    return {
        "segment_words": words.segment_in_words(asked.segment, names),
        "in_words": provenance.formula_in_words(code, catalogue, names),
        "through": [
            (
                catalogue.indicators[name].name,
                made_of(name, asked.period.start, asked.period.end, asked.segment),
            )
            for name in within
        ],
    }
