"""A page with every component on sample figures, for the browser tests of the design language."""

from datetime import UTC, date, datetime, timedelta
from math import sin
from pathlib import Path
from typing import Any

import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path
from django.utils import translation

from accounts.access import public
from accounts.models import Role, User
from base import tables as figures
from base.charts import Series
from base.components import Chart, Tile

AS_OF = date(2026, 11, 22)

SOURCE = (Path(__file__).parent / "gallery.html").read_text()


def wave(count: int, base: float) -> list[float | None]:
    return [None if i % 17 == 9 else base * (1 + sin(i * 0.9) / 7 + i / count / 5) for i in range(count)]


def chart(days: int, name: str) -> Chart:
    lines = [
        Series("current", "2026", wave(days, 52_000)),
        Series("last_year", "2025", wave(days, 47_000)),
        Series("target", "Target", [55_000] * days),
        Series("expected", "Expected", [52_500] * days),
    ]
    dates = [AS_OF - timedelta(days=days - 1 - i) for i in range(days)]
    return Chart("Revenue", dates, lines, "money", 0, band=([45_000] * days, [60_000] * days), id=name)


def tiles() -> list[Tile]:
    spark = wave(60, 430)
    return [
        Tile(
            "Net revenue",
            1_243_567,
            "money",
            0,
            "/a/",
            "month to date",
            "amber",
            "noise",
            -0.02,
            0.08,
            spark=spark,
        ),
        Tile(
            "Conversion rate", 0.0198, "ratio", 2, "/b/", "", "red", "low", -0.002, -0.001, True, spark=spark
        ),
        Tile(
            "Orders", 10_432, "count", 0, "/c/", "", "good", "high", 0.01, 0.03, spark=spark, spark_target=500
        ),
        Tile("Cancellations", 0.03, "ratio", 2, "/d/", "", "none", "unknown", None, 0.1, True, "down", spark),
        Tile("Availability", None, "ratio", 2, "/e/", status="unknown", reason="No file since 12 November"),
    ]


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As in lists.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], required=False)
    file = forms.FileField(label="File", required=False)
    why = forms.CharField(label="Why", widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="Agree", required=False, help_text="Please.")
    scope = forms.MultipleChoiceField(
        label="Scope",
        widget=forms.CheckboxSelectMultiple,
        choices=[("m", "Mobile"), ("d", "Desk")],
        required=False,
    )


class FilterForm(forms.Form):
    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    state = forms.ChoiceField(label="State", choices=[("", "All"), ("o", "Open")], required=False)


class RemarkForm(forms.Form):
    text = forms.CharField(label="Your comment", widget=forms.Textarea(attrs={"rows": 2}))


class SampleTable(tables.Table):
    name = tables.Column(verbose_name="Deviation", linkify=lambda: "/x/")
    status = figures.StatusColumn(verbose_name="Status")
    signal = figures.SignalColumn(verbose_name="Signal", orderable=False)
    value = figures.FigureColumn(verbose_name="Value", unit="money")
    gap = figures.DeltaColumn(verbose_name="Gap")
    day = figures.DayColumn(verbose_name="Since")


def rows() -> list[dict[str, Any]]:
    value = {"status": "red", "signal": "low", "gap": -0.31, "day": AS_OF}
    return [
        {"name": f"Conversion rate {i}", "value": None if i == 2 else 1000 * i, **value} for i in range(30)
    ]


def context() -> dict[str, Any]:
    refused = SampleForm({"why": "Because"})
    return {
        "tiles": tiles(),
        "chart": chart(120, "explored"),
        "small": chart(28, "small"),
        "form": refused,
        "filter": FilterForm(),
        "remark": RemarkForm(),
        "thread": [
            {
                "pk": 1,
                "author": "Nadia Leroy",
                "created_at": datetime(2026, 11, 22, tzinfo=UTC),
                "text": "Ok.",
            }
        ],
        "facts": [("File", "orders.csv", "/f/"), ("By", None)],
        "steps": [
            {"title": s, "state": s, "detail": "…", "at": "1 s"}
            for s in ("done", "failed", "current", "waiting")
        ],
        "codes": ["good", "amber", "red", "none", "unknown", "info"],
        "spark": wave(30, 5),
        "figures_as_of": AS_OF,
        "site_banners": [{"tone": "warn", "text": "A night was missed.", "url": "/n/", "action": "See"}],
    }


@public
def gallery(request: HttpRequest) -> HttpResponse:
    language, theme = request.GET.get("language", "fr"), request.GET.get("theme", "light")
    request.user = User(pk=1, full_name="Camille Durand", role=Role.DIRECTOR, theme=theme)
    messages.success(request, "Saved.")
    with translation.override(language):
        found = SampleTable(rows())  # type: ignore[no-untyped-call]  # library base
        tables.RequestConfig(request, paginate={"per_page": 5}).configure(found)
        page = RequestContext(request, {**context(), "table": found, "html_theme": theme})
        return HttpResponse(Template(SOURCE).render(page))


urlpatterns = [path("", gallery, name="home"), path("deviations/", gallery, name="deviation_list")]
