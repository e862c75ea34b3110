"""The renderer of forms: Django's, but for ``<select>``, written in one pass.

Django renders a template, and another for its attributes, for each option: a filter with the 229 segments of a company
costs more than the rest of its page.
"""

from collections.abc import Mapping
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
    return (
        f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>{inner}</select>'
    )


def _group(name: str | None, options: list[dict[str, Any]]) -> str:
    inner = "".join(map(_option, options))
    return f'<optgroup label="{conditional_escape(name)}">{inner}</optgroup>' if name else inner


def _option(option: Mapping[str, Any]) -> str:
    value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
    return f'<option value="{value}"{_attributes(option["attrs"])}>{label}</option>'


def _attributes(attrs: Mapping[str, Any]) -> str:
    """As Django writes them: ``True`` alone by its name, ``False`` not at all."""
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
        for name, value in attrs.items()
        if value is not False
    )
