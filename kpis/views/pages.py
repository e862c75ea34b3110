"""What the pages of kpis share: who asks, and for how much of the page."""

from django.http import HttpRequest

from accounts.models import User


def actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    return request.user


def is_htmx(request: HttpRequest) -> bool:
    """True when htmx asks, and a part of the page is enough."""
    return bool(getattr(request, "htmx", False))
