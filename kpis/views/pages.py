"""What the pages of kpis share: for how much of the page htmx asks."""

from django.http import HttpRequest


def is_htmx(request: HttpRequest) -> bool:
    """True when htmx asks, and a part of the page is enough."""
    return bool(getattr(request, "htmx", False))
