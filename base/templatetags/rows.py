"""What the rows of a list carry beside their cells: see ``accounts/lists``."""

from typing import Any

from django import template
from django.template.base import render_value_in_context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def row_heading(table: Any, record: Any) -> str:
    """What stands over the rows of a list that belong together."""
    return str(table.heading(record))


@register.simple_tag
def row_choice(table: Any, record: Any) -> SafeString:
    """The checkbox by which a row of a list is chosen for an action."""
    label = _("Choose %(row)s") % {"row": table.bulk.named(record)}
    return format_html(
        '<input type="checkbox" name="row" value="{}" aria-label="{}" form="chosen">',
        table.bulk.value(record),
        label,
    )


@register.simple_tag(takes_context=True)
def row_cells(context: template.Context, table: Any, row: Any) -> SafeString:
    """The cells of a row as one string: template nodes for each were half of what a list of many columns took."""
    kept: list[str] | None = vars(table).get("cell_openings")
    if kept is None:
        kept = table.cell_openings = [_opening(column) for column in table.columns]
    cells = [render_value_in_context(cell, context) for _column, cell in row.items()]
    if getattr(table, "bulk", None) and cells:
        cells[0] = f'<div class="choice">{row_choice(table, row.record)}<div>{cells[0]}</div></div>'
    return mark_safe("".join(f"{opening}{cell}</td>" for opening, cell in zip(kept, cells, strict=True)))


def _opening(column: Any) -> SafeString:
    """How each cell of a column begins, with the word over it for phones: no attribute depends on the row."""
    about = column.attrs["td"].as_html()
    return format_html('<td role="cell" data-label="{}" {}>', column.header, about)
