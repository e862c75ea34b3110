"""Imports: the list, giving a file, what became of it."""

from django.urls import URLPattern, URLResolver, include, path

from intake import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("rows/", include("intake.rows.urls")),
    path("", views.import_list, name="import_list"),
    path("new/", views.import_add, name="import_add"),
    path("kept/", views.import_retention, name="import_retention"),
    path("example/<slug:kind>/", views.import_example, name="import_example"),
    path("<int:pk>/", views.import_detail, name="import_detail"),
    path("<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("<int:pk>/rejects/", views.import_rejects, name="import_rejects"),
    path("<int:pk>/undo/", views.import_undo, name="import_undo"),
    path("<int:pk>/again/", views.import_again, name="import_again"),
]
