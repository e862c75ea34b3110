from django.urls import path

from cockpit.start import start
from cockpit.views import home

urlpatterns = [
    path("", home, name="home"),
    path("start/", start, name="start"),
]
