"""The renderer of forms: Django's, but for ``<select>``, written in one pass.

Django renders a template, and another for its attributes, for each option: a filter with the 229 segments of a company
costs more than the rest of its page.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape


class Renderer(TemplatesSetting):
    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name == "django/forms/widgets/select.html":
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> str:
    inner = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return f'<select name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>{inner}</select>'


def _group(name: str | None, options: list[dict[str, Any]]) -> str:
    inner = "".join(map(_option, options))
    return f'<optgroup label="{_label(name)}">{inner}</optgroup>' if name else inner


def _option(option: Mapping[str, Any]) -> str:
    value, label = escape(str(option["value"])), _label(option["label"])
    return f'<option value="{value}"{_attributes(option["attrs"])}>{label}</option>'


def _label(label: Any) -> str:
    return (
        escape(label) if type(label) is str else conditional_escape(label)
    )  # a lazy one, or one that is safe


def _attributes(attrs: Mapping[str, Any]) -> str:
    """As Django writes them: ``True`` alone by its name, ``False`` not at all."""
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in attrs.items()
        if value is not False
    )
