"""What the list pages of kpis share: who asks, a table sorted and paged, and its export."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django_tables2 import RequestConfig

from accounts.exports import table_file
from accounts.models import User

PER_PAGE = 25
FORMATS = ("csv", "xlsx")


def actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    return request.user


def is_htmx(request: HttpRequest) -> bool:
    """True when htmx asks, and a part of the page is enough."""
    return bool(getattr(request, "htmx", False))


def paged(request: HttpRequest, table: Any) -> Any:
    """The table sorted and paged as the request asks."""
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    return table


def exported(request: HttpRequest, table: Any, name: str) -> HttpResponse | None:
    """The rows the list shows, over all its pages, with the hidden columns too, as a file; None when none was asked."""
    asked = request.GET.get("_export", "")
    if asked not in FORMATS:
        return None
    return table_file(table, name, asked)
