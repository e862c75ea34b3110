"""The pages of figures: indicators, deviations, nights, targets."""

from django.urls import URLPattern, path

from base.handling.views import handling_urls
from base.workflow.views import workflow_urls
from kpis.views import deviations, indicators, nights, proposals, provenance, target_sheet, targets

indicator_urls: list[URLPattern] = [
    path("indicators/", indicators.indicator_list, name="indicator_list"),
    path("indicators/<slug:code>/", indicators.indicator_detail, name="indicator_detail"),
    path("indicators/<slug:code>/provenance/", provenance.indicator_provenance, name="indicator_provenance"),
]

deviation_urls: list[URLPattern] = [
    path("deviations/", deviations.deviation_list, name="deviation_list"),
    path("deviations/<int:pk>/", deviations.deviation_detail, name="deviation_detail"),
    *handling_urls(deviations.DESK, "deviations/<int:pk>/"),
]

night_urls: list[URLPattern] = [
    path("nights/", nights.night_list, name="night_list"),
    path("nights/run/", nights.night_run, name="night_run"),
    path("nights/<int:pk>/", nights.night_detail, name="night_detail"),
    path("nights/<int:pk>/retry/", nights.night_retry, name="night_retry"),
]

target_urls: list[URLPattern] = [
    path("targets/", targets.target_list, name="target_list"),
    path("targets/year/", target_sheet.target_sheet, name="target_sheet"),
    path("targets/new/", targets.target_new, name="target_new"),
    path("targets/proposals/", proposals.target_proposal_list, name="target_proposal_list"),
    path("targets/proposals/<int:pk>/", proposals.target_proposal_detail, name="target_proposal_detail"),
    *workflow_urls(proposals.COURSE, "targets/proposals/<int:pk>/"),
    path("targets/<int:pk>/", targets.target_detail, name="target_detail"),
    path("targets/<int:pk>/withdraw/", targets.target_withdraw, name="target_withdraw"),
]

urlpatterns: list[URLPattern] = [*indicator_urls, *deviation_urls, *night_urls, *target_urls]
