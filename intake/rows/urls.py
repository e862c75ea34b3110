"""Rows of any model: giving a file, saying its columns, seeing what it would do, confirming it."""

from django.urls import URLPattern, path

from intake.rows import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/", views.rows_import, name="rows_import"),
    path("<int:pk>/columns/", views.rows_columns, name="rows_columns"),
    path("<int:pk>/drop/", views.rows_drop, name="rows_drop"),
    path("<slug:kind>/", views.rows_new, name="rows_new"),
    path("<slug:kind>/template/", views.rows_template, name="rows_template"),
]
