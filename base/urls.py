"""A person's own notifications, and the page of components."""

from django.urls import URLPattern, path

from base import company_views, views
from base.deadlines import views as deadlines
from base.notify import views as notifications

urlpatterns: list[URLPattern] = [
    path("company/", company_views.company_detail, name="company_detail"),
    path("company/edit/", company_views.company_edit, name="company_edit"),
    path("company/events/new/", company_views.event_new, name="event_new"),
    path("company/events/skip/", company_views.event_skip, name="event_skip"),
    path("company/events/<int:pk>/", company_views.event_edit, name="event_edit"),
    path("company/events/<int:pk>/remove/", company_views.event_remove, name="event_remove"),
    path("my-day/", deadlines.my_day, name="my_day"),
    path("my-day/calendar/", deadlines.calendar_make, name="calendar_make"),
    path("my-day/calendar/end/", deadlines.calendar_end, name="calendar_end"),
    path("calendar/<str:token>/vigie.ics", deadlines.calendar_feed, name="calendar_feed"),
    path("design/", views.design, name="design"),
    path("notifications/", notifications.notification_list, name="notification_list"),
    path(
        "notifications/preferences/",
        notifications.notification_preferences,
        name="notification_preferences",
    ),
    path("notifications/read/", notifications.notification_read_all, name="notification_read_all"),
    path("notifications/<int:pk>/", notifications.notification_open, name="notification_open"),
]
