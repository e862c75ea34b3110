"""The addresses under ``/api/v1/``. What scripts read of a version stays as it is: anything else is a version 2."""

from django.urls import URLPattern, path

from api import v1, views

urlpatterns: list[URLPattern] = [
    *v1.url_patterns(),
    path("openapi.json", views.description, name="api_description"),
    path("docs", views.docs, name="api_docs"),
]
