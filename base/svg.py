"""Geometry → markup: sparklines and charts as SVG, and the table behind a chart.

Written here and not by templates: a chart of 90 days at three widths, with its table, is a thousand template nodes.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from base.charts import Frame, Line, Tick
from base.components import Chart
from base.sparks import Spark


def spark(line: Spark, label: str) -> SafeString:
    """A sparkline with the sentence that says it."""
    base = f'<path class="spark__base" d="{line.base}"/>' if line.base else ""
    target = f'<path class="spark__target" d="{line.target}"/>' if line.target else ""
    dot = f'<path class="dot" d="{line.dot}"/>' if line.dot else ""
    return mark_safe(
        f'<svg class="spark" viewBox="{line.box}" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f'{base}{target}<path d="{line.path}"/>{dot}</svg>'
    )


def chart(shown: Chart) -> SafeString:
    """The chart at each of its widths, of which the stylesheet shows one."""
    said = escape(f"{shown.title}. {shown.summary}")
    return mark_safe("".join(_frame(frame, said) for frame in shown.frames))


def _frame(frame: Frame, said: str) -> str:
    parts = [
        f'<svg class="chart__frame chart__frame--{frame.size}" viewBox="0 0 {frame.width} {frame.height}" '
        f'width="{frame.width}" height="{frame.height}" role="img" aria-label="{said}">',
        f'<path class="band" d="{frame.band}"/>' if frame.band else "",
        *(_y_tick(tick, frame) for tick in frame.y_ticks),
        *(_x_tick(tick, frame) for tick in frame.x_ticks),
        *(_line(line, frame) for line in frame.lines),
        "</svg>",
    ]
    return "".join(parts)


def _y_tick(tick: Tick, frame: Frame) -> str:
    zero = " grid--zero" if tick.at == frame.zero else ""
    return (
        f'<path class="grid{zero}" d="M{frame.left} {tick.at}H{frame.right}"/>'
        f'<text x="{frame.left}" y="{tick.at}" dx="-6" dy="4" text-anchor="end">{escape(tick.label)}</text>'
    )


def _x_tick(tick: Tick, frame: Frame) -> str:
    place = f'x="{tick.at}" y="{frame.bottom}" dy="18"'
    return f'<text {place} text-anchor="{tick.anchor}">{escape(tick.label)}</text>'


def _line(line: Line, frame: Frame) -> str:
    return (
        f'<path class="line line--{line.key}" d="{line.path}"/>'
        f'<text class="name name--{line.key}" x="{frame.label_x}" y="{line.label_y}">{escape(line.label)}</text>'
    )


def table(shown: Chart) -> SafeString:
    """Every figure of the chart, behind a disclosure."""
    title = escape(shown.title)
    heads = "".join(f'<th scope="col" class="num">{escape(line.label)}</th>' for line in shown.series)
    rows = "".join(_row(day, cells) for day, cells in shown.rows)
    return mark_safe(
        f'<details class="disclosure"><summary>{escape(_("Chart data"))}</summary>'
        f'<div class="table-wrap" role="region" tabindex="0" aria-label="{title}"><table class="table">'
        f'<caption class="sr-only">{title}</caption>'
        f'<thead><tr><th scope="col">{escape(_("Date"))}</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _row(day: str, cells: Iterable[str]) -> str:
    inner = "".join(f'<td class="num">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(day)}</th>{inner}</tr>'
