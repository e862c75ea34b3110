"""A planted URLconf: one view forgot its policy."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def hole(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("hole/", hole),
]
