from django.urls import URLPattern, URLResolver, include, path

from accounts import urls as accounts_urls
from config import health

handler500 = "config.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("", include(accounts_urls)),
    path("", include("base.urls")),
    path("", include("cockpit.urls")),
    path("", include("kpis.urls")),
    path("imports/", include("intake.urls")),
    path("api/v1/", include("api.urls")),
]
