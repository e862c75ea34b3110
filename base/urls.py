"""A person's own notifications, and the page of components."""

from django.urls import URLPattern, path

from base import views

urlpatterns: list[URLPattern] = [
    path("design/", views.design, name="design"),
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/read/", views.notification_read_all, name="notification_read_all"),
    path("notifications/<int:pk>/", views.notification_open, name="notification_open"),
]
