"""A person's own notifications, and the page of components."""

from django.urls import URLPattern, path

from base import company_views, views

urlpatterns: list[URLPattern] = [
    path("company/", company_views.company_detail, name="company_detail"),
    path("company/edit/", company_views.company_edit, name="company_edit"),
    path("company/events/new/", company_views.event_new, name="event_new"),
    path("company/events/skip/", company_views.event_skip, name="event_skip"),
    path("company/events/<int:pk>/", company_views.event_edit, name="event_edit"),
    path("company/events/<int:pk>/remove/", company_views.event_remove, name="event_remove"),
    path("design/", views.design, name="design"),
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/read/", views.notification_read_all, name="notification_read_all"),
    path("notifications/<int:pk>/", views.notification_open, name="notification_open"),
]
