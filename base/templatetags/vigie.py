"""The components and figure filters of the design language: see ``docs/design-language.md``."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.days import long_day
from base import charts, dates, formats, icons, svg
from base.charts import Value
from base.components import Chart, Tile, Verdict, initials, signal_of, spark_words, status_of, tone_of_change
from base.exploration import data_of
from base.rounding import rounded
from base.sparks import ROW, line_of

register = template.Library()

for writer in (
    formats.money, formats.money_short, formats.count, formats.percent, formats.points, formats.change,
    formats.quantity, formats.file_size, dates.day, dates.day_short, dates.month, dates.moment, long_day,
):  # fmt: skip
    register.filter(writer.__name__, writer)
register.filter("score", lambda value, decimals=1: formats.figure(value, "score", decimals))
register.filter(initials)
register.simple_tag(dates.period, name="period")


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """A Lucide icon: hidden from screen readers, or named by ``label``."""
    return icons.drawn(str(name), size, str(label))


register.simple_tag(icons.shared, name="shared_icons")


def _shown(verdict: Verdict, css: str, label: str) -> SafeString:
    return _marked(css, verdict.tone, verdict.icon, str(label or verdict.word))


@lru_cache(maxsize=512)
def _marked(css: str, tone: str, drawing: str, word: str) -> SafeString:
    return mark_safe(f'<span class="{css} {css}--{tone}">{icon(drawing)}{escape(word)}</span>')


@register.simple_tag
def badge(verdict: Verdict) -> SafeString:
    """A verdict with its own icon and word, for codes that are not statuses of figures."""
    return _shown(verdict, "badge", "")


@register.simple_tag
def status(code: str | None, label: str = "") -> SafeString:
    """Where a figure stands: icon and word."""
    return _shown(status_of(code), "badge", label)


@register.simple_tag
def signal(code: str | None, label: str = "") -> SafeString:
    """Whether a movement is a signal or the usual noise: icon and word."""
    return _shown(signal_of(code), "mark", label)


@register.simple_tag
def verdict(status_code: str | None, signal_code: str | None) -> SafeString:
    return format_html('<span class="verdict">{}{}</span>', status(status_code), signal(signal_code))


def missing(reason: str = "") -> SafeString:
    """The sign of a figure that does not exist, with words for those who do not see it."""
    return _missing(str(reason), _("no data"))


@lru_cache(maxsize=512)
def _missing(reason: str, word: str) -> SafeString:
    why = escape(reason)
    tip, told = (f' title="{why}"', f" ({why})") if reason else ("", "")
    return mark_safe(
        f'<span class="none" role="img" aria-label="{escape(word)}{told}"{tip}>{dates.MISSING}</span>'
    )


@register.simple_tag
def figure(
    value: Value,
    unit: str,
    decimals: int | None = None,
    compact: bool = False,
    signed: bool = False,
    reason: str = "",
    url: str = "",
) -> SafeString:
    """A figure by its unit; the whole of it in a tip where it is written short. ``url``: what it is made of."""
    if charts.number(value) is None:
        return missing(reason)
    text = formats.figure(value, unit, decimals, compact=compact, signed=signed)
    if not compact:
        return _leading(url, mark_safe(escape(text)))
    whole = formats.figure(value, unit, decimals)
    tip = f' title="{escape(whole)}"' if whole != text else ""
    return _leading(url, mark_safe(f'<span class="figure"{tip}>{escape(text)}</span>'))


def _leading(url: str, shown: SafeString) -> SafeString:
    return mark_safe(f'<a href="{escape(url)}">{shown}</a>') if url else shown


_BETTER = {"good": gettext_lazy("better"), "bad": gettext_lazy("worse"), "flat": ""}


@register.simple_tag
def delta(
    value: Value,
    direction: str = "up",
    points: bool = False,
    label: str = "",
    reason: str = "",
    decimals: int = 1,
) -> SafeString:
    """A change with its arrow; better or worse is a colour and, for screen readers and on hover, a word."""
    change = charts.number(value)
    if change is None:
        return missing(reason)
    if rounded(100 * change, decimals) == 0:  # a change too small to be written is none
        change = 0.0
    tone = tone_of_change(change, direction)
    text = formats.points(change, decimals) if points else formats.change(change, decimals)
    way = "same" if change == 0 else ("up" if change > 0 else "down")  # an arrow, drawn by the stylesheet
    word = escape(str(_BETTER[tone]))
    after = f" {escape(str(label))}" if label else ""
    said = f"<i> {word}</i>" if word else ""  # read out, and seen on hover
    css = f"delta {tone} {way}"
    return mark_safe(f'<span class="{css}">{escape(text)}{after}{said}</span>')


@register.simple_tag(takes_context=True)
def block_again(context: template.Context, name: str) -> str:
    """The page's block ``name`` a second time: one title serves the tab and the heading."""
    found = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return str(found.render(context)) if found else ""


@register.inclusion_tag("components/kpi_tile.html")
def kpi_tile(tile: Tile) -> dict[str, Any]:
    line = line_of(tile.spark, tile.spark_target)
    return {"tile": tile, "spark": svg.spark(line, tile.spark_label) if line else ""}


@register.simple_tag
def sparkline(
    values: Sequence[Value], label: str = "", unit: str = "count", decimals: int = 0, target: Value = None
) -> SafeString:
    line = line_of(values, target, ROW)
    return svg.spark(line, spark_words(label, values, unit, decimals)) if line else missing()


@register.inclusion_tag("components/line_chart.html")
def line_chart(chart: Chart) -> dict[str, Any]:
    return {"chart": chart, "svg": svg.chart(chart), "table": svg.table(chart)}


@register.inclusion_tag("components/exploration.html")
def exploration(chart: Chart, figures_at: str = "") -> dict[str, Any]:
    """``figures_at`` is where on the page its figures are, when they need no table of their own."""
    # In an attribute: htmx takes every <script> out of what it puts into a page.
    told = {"data": json.dumps(data_of(chart), cls=DjangoJSONEncoder), "figures_at": figures_at}
    return told | {"chart": chart, "svg": svg.chart(chart), "table": "" if figures_at else svg.table(chart)}


@register.inclusion_tag("components/exploration_script.html")
def exploration_script() -> dict[str, Any]:
    return {}


@register.inclusion_tag("components/bar.html")
def bar(share: Value, label: str = "", tone: str = "") -> dict[str, Any]:
    """``share`` between 0 and 1; ``label`` is read out instead of the percentage."""
    part = charts.number(share)
    return {
        "label": label or formats.percent(part),
        "width": charts.text(100 * min(max(part or 0.0, 0.0), 1.0)),
        "tone": tone,
    }


@register.inclusion_tag("components/empty_state.html")
def empty_state(icon: str, title: str, text: str = "", url: str = "", action: str = "") -> dict[str, Any]:
    return {"icon_name": icon, "title": title, "text": text, "url": url, "action": action}


_LEVELS = {
    "info": "info", "debug": "info", "good": "circle-check", "success": "circle-check",
    "warn": "triangle-alert", "warning": "triangle-alert", "bad": "octagon-alert", "error": "octagon-alert",
}  # fmt: skip
_TONES = {"debug": "info", "success": "good", "warning": "warn", "error": "bad"}


@register.inclusion_tag("components/banner.html")
def banner(tone: str, text: str, url: str = "", action: str = "") -> dict[str, Any]:
    return {"tone": tone, "icon_name": _LEVELS.get(tone, "info"), "text": text, "url": url, "action": action}


@register.inclusion_tag("components/message.html")
def message(item: Any) -> dict[str, Any]:
    """One of Django's messages."""
    level = item.level_tag
    return {"tone": _TONES.get(level, "info"), "icon_name": _LEVELS.get(level, "info"), "text": item}


@register.inclusion_tag("components/progress.html")
def progress(
    done: int | None, total: int | None, label: str = "", detail: str = "", url: str = ""
) -> dict[str, Any]:
    """A bar that htmx asks again from ``url`` each second, until the view answers with status 286."""
    share = done / total if done is not None and total else None
    return {"done": done, "total": total, "share": share, "label": label, "detail": detail, "url": url}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any], name: str = "page", target: str = "") -> dict[str, Any]:
    return {
        "request": context.get("request"),
        "page": page,
        "name": name,
        "target": target,
        "gap": page.paginator.ELLIPSIS,
        "numbers": list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
    }


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, name: str, value: Any) -> str:
    """The query of this page with one of its values changed."""
    query = context["request"].GET.copy()
    query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/export_links.html", takes_context=True)
def export_links(context: template.Context) -> dict[str, Any]:
    return {"request": context["request"]}


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(context: template.Context, filter: Any, target: str = "results") -> dict[str, Any]:
    """``filter`` is a FilterSet or a form; the fields it does not know of (sort order) are kept."""
    form = getattr(filter, "form", filter)
    request = context["request"]
    kept = [(k, v) for k, v in request.GET.items() if k not in form.fields and k != "page"]
    views = context.get("views")
    clear = views.plain if views else request.path
    return {"request": request, "form": form, "target": target, "kept": kept, "clear": clear}


@register.inclusion_tag("components/form_body.html")
def form_body(
    form: forms.BaseForm, submit: str = "", cancel: str = "", tone: str = "primary"
) -> dict[str, Any]:
    return {"form": form, "submit": submit, "cancel": cancel, "tone": tone}


@register.filter
def is_check(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.inclusion_tag("components/comments.html", takes_context=True)
def comments(
    context: template.Context, thread: Any, form: forms.BaseForm | None = None, url: str = ""
) -> dict[str, Any]:
    return {"thread": thread, "form": form, "url": url, "csrf_token": context.get("csrf_token")}


_STEP_ICONS = {"done": "circle-check", "current": "circle-dot", "failed": "circle-x"}


@register.inclusion_tag("components/steps.html")
def steps(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    words = {"done": _("done"), "current": _("in progress"), "failed": _("failed"), "waiting": _("waiting")}
    shown = [
        {**item, "icon": _STEP_ICONS.get(item["state"], "circle"), "word": words.get(item["state"], "")}
        for item in items
    ]
    return {"items": shown}


@register.inclusion_tag("components/facts.html")
def facts(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Rows of term, value and, if the value leads somewhere, its address."""
    return {"rows": [(row[0], row[1], row[2] if len(row) > 2 else "") for row in rows]}
