"""A chart as the plain data that ``static/exploration.js`` hands to Plotly; no Plotly here."""

from typing import Any

from babel import dates, numbers

from base import charts, formats
from base.components import Chart
from base.dates import REGION, active_locale


def _axis(chart: Chart) -> dict[str, Any]:
    """How figures are written on the value axis: factor, d3 format, prefix and suffix."""
    locale = active_locale()
    if chart.unit == "ratio":
        suffix = f"{formats.NO_BREAK}%" if locale.language == "fr" else "%"
        return {"factor": 100, "format": f",.{chart.decimals}f", "prefix": "", "suffix": suffix}
    axis = {"factor": 1, "format": f",.{chart.decimals}f", "prefix": "", "suffix": ""}
    if chart.unit == "money":
        symbol = numbers.get_currency_symbol(formats.currency_code(), locale=locale)
        side = "suffix" if locale.language == "fr" else "prefix"
        axis[side] = f"{formats.NO_BREAK}{symbol}" if side == "suffix" else symbol
    return axis


def _locale() -> dict[str, Any]:
    """A Plotly locale made from the CLDR: no locale file is shipped."""
    locale = active_locale()
    days = [dates.get_day_names("wide", locale=locale)[(i + 6) % 7] for i in range(7)]
    short = [dates.get_day_names("abbreviated", locale=locale)[(i + 6) % 7] for i in range(7)]
    return {
        "name": f"{locale.language}-{REGION[locale.language]}",  # a plain "en" would replace the built-in
        "format": {
            "days": days,
            "shortDays": short,
            "months": list(dates.get_month_names("wide", locale=locale).values()),
            "shortMonths": list(dates.get_month_names("abbreviated", locale=locale).values()),
            "date": "%d/%m/%Y",
            "decimal": numbers.get_decimal_symbol(locale),
            "thousands": numbers.get_group_symbol(locale),
        },
    }


def _ticks(chart: Chart, factor: int) -> dict[str, Any]:
    """What the server's chart writes along its axes: Plotly writes the same, at each width, until somebody zooms."""
    frames = chart.frames
    return {
        "y": [[tick.value * factor, tick.label] for tick in frames[0].y_ticks] if frames else [],
        "x": {
            frame.size: [[chart.dates[int(tick.value)].isoformat(), tick.label] for tick in frame.x_ticks]
            for frame in frames
        },
    }


def data_of(chart: Chart) -> dict[str, Any]:
    """JSON for the page: dates in ISO, figures as numbers, ``null`` where one is missing."""
    axis = _axis(chart)
    factor = axis["factor"]

    def scaled(values: Any) -> list[float | None]:
        return [None if v is None else v * factor for v in map(charts.number, values)]

    return {
        "x": [d.isoformat() for d in chart.dates],
        "series": [{"key": s.key, "label": s.label, "y": scaled(s.values)} for s in chart.series],
        "band": None if chart.band is None else [scaled(edge) for edge in chart.band],
        "axis": axis,
        "ticks": _ticks(chart, factor),
        "locale": _locale(),
        "from_zero": chart.from_zero,
        "grain": chart.grain,
    }
