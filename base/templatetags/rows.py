"""What the rows of a list carry beside their cells: see ``accounts/lists``."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
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
