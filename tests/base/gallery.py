"""The page of components (``/design/``) for the browser tests, in any language and theme, signed in as nobody."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation

from accounts.access import public
from accounts.models import Role, User
from base.design import AS_OF
from base.views import design_context


@public
def gallery(request: HttpRequest) -> HttpResponse:
    language, theme = request.GET.get("language", "fr"), request.GET.get("theme", "light")
    request.user = User(pk=1, full_name="Camille Durand", role=Role.DIRECTOR, theme=theme)
    messages.success(request, "Saved.")
    shell = {
        "html_theme": theme,
        "figures_as_of": AS_OF,
        "site_banners": [{"tone": "warn", "text": "A night was missed.", "url": "/n/", "action": "See"}],
    }
    with translation.override(language):
        return render(request, "base/design.html", design_context(request) | shell)


urlpatterns = [path("", gallery, name="home"), path("deviations/", gallery, name="deviation_list")]
