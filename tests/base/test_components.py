"""The components of the design language, rendered: words beside colours, no localised geometry, working links."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django_tables2 as tables
import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.forms.renderers import DjangoTemplates
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from base import tables as figures
from base.charts import Series
from base.components import Chart, Tile, tone_of_change
from base.exploration import data_of


def render(source: str, path: str = "/", **context: Any) -> str:
    context["request"] = RequestFactory().get(path)
    return Template("{% load vigie %}" + source).render(Context(context))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def some_chart(unit: str = "money", **more: Any) -> Chart:
    days = [date(2026, 11, 1) + timedelta(days=i) for i in range(6)]
    lines = [
        Series("current", "2026", [1000.5, 2000, None, 2500, 2600, 2700]),
        Series("last_year", "2025", [900, 1500, 1600, None, None, 1700]),
    ]
    return Chart("Revenue", days, lines, unit, 2, band=([800] * 6, [2800] * 6), id="revenue", **more)


@pytest.mark.parametrize("code", ["good", "amber", "red", "none", "unknown", "info"])
def test_a_status_is_an_icon_and_a_word(code: str) -> None:
    html = render("{% status code %}", code=code)
    assert html.count("<svg") == 1
    assert re.sub(r"<[^>]+>", "", html).strip()


def test_the_icon_of_a_verdict_is_drawn_once_a_page() -> None:
    drawn = re.findall(r'<symbol id="([^"]+)"', render("{% shared_icons %}"))
    named = re.findall(
        r'href="#([^"]+)"',
        "".join(render("{% status code %}", code=code) for code in ("good", "amber", "red")),
    )
    assert len(set(named)) == len(named) == 3
    assert set(named) <= set(drawn)
    page = Template("{% extends 'layouts/bare.html' %}").render(
        Context({"request": RequestFactory().get("/")})
    )
    assert page.count('<symbol id="i-circle-check"') == 1


def test_a_status_never_heard_of_says_so() -> None:
    assert "No data" in render("{% status 'purple' %}")


def test_signal_and_noise_are_told_apart_in_words() -> None:
    assert "Usual variation" in render("{% signal 'noise' %}")
    assert "unusually low" in render("{% signal 'low' %}")
    assert "Too little history" in render("{% signal 'unknown' %}")


@pytest.mark.parametrize(
    ("value", "direction", "tone"),
    [
        (0.1, "up", "good"),
        (-0.1, "up", "bad"),
        (0.1, "down", "bad"),
        (-0.1, "down", "good"),
        (0.1, "range", "flat"),
        (0, "up", "flat"),
        (None, "up", "flat"),
    ],
)
def test_better_or_worse_follows_the_direction(value: float | None, direction: str, tone: str) -> None:
    assert tone_of_change(value, direction) == tone


def test_a_delta_says_better_or_worse_without_colour() -> None:
    html = render("{% delta 0.032 direction='down' %}")
    assert "+3.2%" in html
    assert "<i> worse</i>" in html
    assert "pp" in render("{% delta 0.012 points=True %}")


def test_a_missing_figure_is_not_zero_and_is_read_out() -> None:
    html = render("{% figure value 'money' reason='no file yet' %}", value=None)
    assert "0" not in html
    assert "no data (no file yet)" in html


def test_a_short_figure_carries_the_whole_one() -> None:
    html = render("{% figure 1243567 'money' compact=True %}")
    assert ">€1.24M<" in html
    assert 'title="€1,243,567"' in html


def test_a_tile_links_and_says_its_line_in_words() -> None:
    tile = Tile("Orders", 120, "count", url="/i/orders/", status="red", signal="low", spark=[1, None, 3])
    html = render("{% kpi_tile tile %}", tile=tile)
    assert 'href="/i/orders/"' in html
    assert 'aria-label="Orders over 3 periods: from 1 to 3"' in html
    assert "Off target" in html


def test_a_tile_without_data_says_why() -> None:
    html = render(
        "{% kpi_tile tile %}", tile=Tile("Orders", None, "count", reason="No file since 12 November")
    )
    assert html.count("No file since 12 November") >= 2
    assert "spark" not in html


@pytest.mark.parametrize("language", ["fr", "en"])
def test_geometry_is_the_same_in_every_language(language: str) -> None:
    with translation.override(language):
        html = render("{% line_chart chart %}{% bar 0.425 %}{% progress 341200 541909 %}", chart=some_chart())
    for attribute in ("d", "x", "y", "width", "height", "viewBox", "value", "max"):
        for value in re.findall(rf'\s{attribute}="([^"]*)"', html):
            assert not re.search(r"\d[,\u202f\u00a0]\d", value), (attribute, value)


def test_a_chart_has_a_summary_and_a_table() -> None:
    html = render("{% line_chart chart %}", chart=some_chart())
    assert "2026 over 6 periods: from €1,000.50 to €2,700.00, 1 missing." in html
    assert html.count("<tr>") == 7
    assert "—" in html


def test_a_chart_without_data_says_so() -> None:
    chart = Chart("Revenue", [date(2026, 11, 1)], [Series("current", "2026", [None])], "money")
    assert "No data" in render("{% line_chart chart %}", chart=chart)
    assert "data-explore" not in render("{% exploration chart %}", chart=chart)


def test_exploration_data_keeps_gaps_and_scales_ratios() -> None:
    data = data_of(some_chart())
    assert data["series"][0]["y"][2] is None
    assert json.loads(json.dumps(data)) == data
    assert data_of(some_chart("ratio"))["series"][0]["y"][0] == pytest.approx(100050)


def test_exploration_speaks_the_language_of_the_page() -> None:
    with translation.override("fr"):
        data = data_of(some_chart())
    assert data["axis"]["suffix"].endswith("€")
    assert data["locale"]["format"]["days"][0] == "dimanche"
    assert data["locale"]["format"]["decimal"] == ","


def test_a_bar_is_never_wider_than_its_box() -> None:
    assert 'width="100"' in render("{% bar 1.7 %}").split("share__fill")[1]
    assert 'width="0"' in render("{% bar value %}", value=None).split("share__fill")[1]


def test_progress_polls_only_where_told() -> None:
    assert "hx-get" not in render("{% progress 1 2 %}")
    assert 'hx-get="/imports/3/progress/"' in render("{% progress 1 2 url='/imports/3/progress/' %}")
    assert " value=" not in render("{% progress None None %}")


class _Form(forms.Form):
    name = forms.CharField(label="Name", help_text="As in lists.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], required=False)
    agree = forms.BooleanField(label="Agree", required=False)


def test_a_refused_form_says_why_twice_and_keeps_what_was_typed() -> None:
    form = _Form({"name": "", "kind": "zz"})
    html = render("{% form_body form submit='Save' cancel='/back/' %}", form=form)
    assert 'class="summary" role="alert"' in html
    assert 'href="#id_name"' in html
    assert html.count("This field is required.") == 2
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert re.search(r'id="id_name_error"', html)
    assert 'href="/back/"' in html


class _Choices(forms.Form):
    one = forms.ChoiceField(
        choices=[("", "–"), ("<&>", "<b> & 'c'"), ('Group "g"', [("1", "one"), ("2", "two")])]
    )
    many = forms.MultipleChoiceField(choices=[(1, "A"), (2, "B")], initial=[2], widget=forms.SelectMultiple)


@pytest.mark.parametrize("data", [None, {"one": "<&>", "many": ["1", "2"]}])
def test_choices_are_written_as_django_does(data: dict[str, Any] | None) -> None:
    """But for white space, to the letter: escapes, groups, what is selected."""
    form, plain = _Choices(data), _Choices(data, renderer=DjangoTemplates())
    for name in form.fields:
        as_django = re.sub(r">\s+<", "><", str(plain[name].as_widget())).strip()
        assert str(form[name].as_widget()) == as_django


def test_a_plain_form_looks_the_same() -> None:
    html = str(_Form({"name": ""}))
    assert 'class="field"' in html
    assert 'class="field field--check"' in html


def test_filters_keep_the_sort_order_and_drop_the_page() -> None:
    html = render("{% filter_bar form %}", "/list/?sort=-name&page=3&kind=a", form=_Form({"kind": "a"}))
    assert '<input type="hidden" name="sort" value="-name">' in html
    assert 'name="page"' not in html
    assert 'hx-get="/list/"' in html


def test_the_pager_keeps_the_query() -> None:
    page = Paginator(range(100), 10).page(5)
    html = render("{% pager page %}", "/list/?kind=a&page=5", page=page)
    assert 'href="?kind=a&amp;page=6"' in html
    assert 'aria-current="page"' in html
    assert render("{% pager page %}", page=Paginator([1], 10).page(1)).strip() == ""


def test_exports_keep_the_query() -> None:
    html = render("{% export_links %}", "/list/?kind=a")
    assert 'href="?kind=a&amp;_export=csv"' in html
    assert 'href="?kind=a&amp;_export=xlsx"' in html


def test_comments_are_escaped() -> None:
    comment = {
        "pk": 1,
        "author": "Nadia Leroy",
        "created_at": datetime(2026, 11, 23, tzinfo=UTC),
        "text": "<b>x</b>",
    }
    html = render("{% comments thread %}", thread=[comment])
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert ">NL<" in html


def test_steps_say_their_state_in_words() -> None:
    html = render("{% steps items %}", items=[{"title": "Read", "state": "failed", "detail": "No file"}])
    assert "(failed)" in html
    assert "No file" in html


def test_messages_and_facts() -> None:
    assert "message--bad" in render("{% message item %}", item=Message(40, "Refused"))
    html = render("{% facts rows %}", rows=[("File", "a.csv", "/f/"), ("By", None)])
    assert '<a href="/f/">a.csv</a>' in html
    assert "no data" in html


def test_one_title_serves_the_tab_and_the_heading() -> None:
    source = "{% extends 'layouts/bare.html' %}{% block title %}Hello & you{% endblock %}"
    html = Template(source).render(Context({"request": RequestFactory().get("/")}))
    assert "<title>Hello & you · Vigie</title>" in html
    assert "<h1>Hello & you</h1>" in html


class _Table(tables.Table):
    name = tables.Column(verbose_name="Name")
    value = figures.FigureColumn(verbose_name="Value", unit="money")
    change = figures.DeltaColumn(verbose_name="Change")
    status = figures.StatusColumn(verbose_name="Status")
    signal = figures.SignalColumn(verbose_name="Signal")
    day = figures.DayColumn(verbose_name="Day")


ROWS = [
    {"name": f"n{i}", "value": v, "change": 0.1, "status": "red", "signal": "low", "day": date(2026, 11, 23)}
    for i, v in enumerate([1200, None, 5])
]


def test_a_list_sorts_labels_and_counts() -> None:
    request = RequestFactory().get("/list/?kind=a&sort=-name")
    table = _Table(ROWS)  # type: ignore[no-untyped-call]  # library base
    tables.RequestConfig(request, paginate={"per_page": 2}).configure(table)
    html = render_to_string("django_tables2/vigie.html", {"table": table, "request": request})
    assert 'aria-sort="descending"' in html
    assert 'data-label="Value"' in html
    assert 'class="num"' in html
    assert "3 rows" in html
    assert "kind=a" in html


def test_exports_of_a_list_hold_plain_values() -> None:
    header, first, second, _ = list(_Table(ROWS).as_values())  # type: ignore[no-untyped-call]  # library base
    assert header == ["Name", "Value", "Change", "Status", "Signal", "Day"]
    assert first == ["n0", 1200, 0.1, "Off target", "Signal: unusually low", date(2026, 11, 23)]
    assert second[1] is None
