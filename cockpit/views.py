"""The home page: the state of the business in ten seconds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Right, has_right, requires
from accounts.models import User
from cockpit import sections, waiting
from kpis.models import Publication
from kpis.pages import words
from kpis.pages.banners import night_banner

GRAINS = ("mtd", "wtd", "day")


@requires(Right.SIGNED_IN)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Headline figures, the deviations that matter, and what changed since the night before."""
    if not has_right(request.user, Right.VIEW_FIGURES):
        assert isinstance(request.user, User)  # behind requires(): never anonymous
        return render(request, "cockpit/waiting.html", {"next": waiting.for_a_role(request.user)})
    published = Publication.objects.select_related("run").first()
    if published is None:
        return render(request, "cockpit/empty.html", {"next": waiting.for_figures(request.user)})
    grain = request.GET.get("grain", "")
    grain = grain if grain in GRAINS else "mtd"
    names = words.dimension_names()
    context = {
        "night": published.run,
        "figures_as_of": published.run.as_of,
        "grain": grain,
        "grain_words": sections.GRAIN_WORDS.items(),
        "tiles": sections.headlines(grain, request.user),
        "open": sections.open_deviations(request.user, names),
        "changes": sections.changes(published.run, request.user, names),
        "site_banners": [banner] if (banner := night_banner(timezone.now(), request.user)) else [],
    }
    return render(request, "cockpit/home.html", context)
