"""The component of a sheet (``base/grid``)."""

from typing import Any

from django import template
from django.utils.translation import get_language

from base.grid.markup import currency_parts, keys_help, table_of
from base.grid.reading import shown_of
from base.grid.sheet import Sheet

register = template.Library()


@register.inclusion_tag("components/sheet.html")
def sheet(shown: Sheet) -> dict[str, Any]:
    """The table of a sheet, inside a form of the page that has the buttons."""
    before, after = currency_parts()
    return {
        "sheet": shown,
        "table": table_of(shown),
        "shown": shown_of(shown),
        "keys": keys_help(),
        "language": (get_language() or "fr")[:2],
        "before": before,
        "after": after,
    }
