"""Who asks, as the functions that write want to know it."""

from django.http import HttpRequest

from accounts.models import User


def actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    return request.user
