"""The deviations: their list, ranked by money at stake, one of them closely, and what people do with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, people_with, requires
from accounts.lists import list_page
from accounts.models import Scope, UserQuerySet
from base.context import company_of
from base.handling.bulk import bulk_of
from base.handling.views import Desk, Refused, panel
from kpis.catalogue import catalogue_now, load_catalogue
from kpis.models import Deviation, Publication
from kpis.models.deviations import DeviationQuerySet
from kpis.notifications import COMMENTED, GIVEN, MENTIONED
from kpis.pages import words
from kpis.pages.deviation_page import page_of, steps_of
from kpis.pages.filters import DeviationFilter
from kpis.pages.sentences import period_in_words
from kpis.pages.tables import DeviationTable


def _listed(request: HttpRequest) -> DeviationQuerySet:
    found = Deviation.objects.visible_to(request.user)
    return found.select_related("indicator", "segment", "owner", "acknowledged_by")


@requires(Right.VIEW_FIGURES, Right.HANDLE_DEVIATIONS, scope=Scope.FIGURES_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def deviation_list(request: HttpRequest) -> HttpResponse:
    """Most money at stake first, open ones unless asked otherwise; live, or as a past day saw them."""
    return list_page(
        request,
        "kpis/deviation_list.html",
        name="deviation_list",
        rows=_listed(request).with_more(request.user).ranked(),
        filters=DeviationFilter,
        table=lambda found: DeviationTable(found, dimensions=words.dimension_names()),
        bulk=None if request.GET.get("as_of") else BULK,
        context=lambda filters: {
            "view": filters.view_day,
            "night": SimpleLazyObject(lambda: Publication.objects.select_related("run").first()),
        },
    )


@requires(Right.VIEW_FIGURES)
@require_safe
def deviation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(DESK.visible(request.user), pk=pk), {})


def _page(request: HttpRequest, deviation: Deviation, refused: Refused) -> HttpResponse:
    """The page; ``refused`` forms keep what was typed."""
    catalogue = load_catalogue(deviation.view) if deviation.view else catalogue_now()
    page = page_of(deviation, company_of(request).rules, request.user, catalogue)
    about = {"deviation": deviation, "severity": words.SEVERITIES[deviation.severity]}
    context = {**panel(DESK, request, deviation), **about, **page, **refused}
    return render(request, "kpis/deviation_detail.html", context)


def _readers(deviation: Deviation) -> UserQuerySet:
    needed = catalogue_now().rights_for(deviation.indicator.code)
    return people_with(Right.VIEW_FIGURES, *needed)


DESK = Desk(
    Deviation,
    "deviation",
    Right.HANDLE_DEVIATIONS,
    page=_page,
    readers=_readers,
    state=lambda deviation: words.STATES[deviation.state],
    steps=steps_of,
    given=GIVEN,
    commented=COMMENTED,
    mentioned=MENTIONED,
    acknowledged_said=_("The deviation is acknowledged."),
    snoozed_said=_("Snoozed; it comes back by itself if the gap is still there then."),
    woken_said=_("It is open again."),
    related=("indicator", "segment", "part_of__indicator"),
)
BULK = bulk_of(DESK, named=lambda deviation: f"{deviation.indicator} · {period_in_words(deviation)}")
