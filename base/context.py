"""What every page needs around its content: company, navigation, unread notifications, theme.

Everything is lazy: a partial answer that shows none of it asks the database nothing.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.access import Policy, may_open, policy_of
from base import formats
from base.models import Company, Notification


@dataclass(frozen=True)
class Entry:
    """A place in the navigation; ``current`` when the page shown is inside it."""

    name: str
    label: Any
    icon: str
    url: str = ""
    current: bool = False


# Groups of entries: a word over the group, and (URL name, label, icon). Routes not built yet are left out.
NAVIGATION: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("home", _("Cockpit"), "gauge"),
            Entry("my_day", _("My day"), "calendar-check"),
            Entry("indicator_list", _("Indicators"), "chart-line"),
            Entry("deviation_list", _("Deviations"), "siren"),
            Entry("target_list", _("Targets"), "target"),
        ),
    ),
    (
        _("Data"),
        (Entry("import_list", _("Imports"), "file-up"), Entry("night_list", _("Night runs"), "moon-star")),
    ),
    (
        _("Organisation"),
        (
            Entry("people_list", _("People"), "users"),
            Entry("role_request_list", _("Roles to grant"), "shield-check"),
            Entry("read_list", _("Reads of records"), "eye"),
            Entry("company_detail", _("Company and calendar"), "calendar-cog"),
        ),
    ),
)


@cache
def _place(name: str, _urls: str) -> tuple[str, Policy | None]:
    """The address of a route, empty if there is none, and what its page asks for; they are those of the URLconf."""
    try:
        url = reverse(name)
    except NoReverseMatch:
        return "", None
    return url, policy_of(resolve(url).func)


def _inside(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)


def _open_to(user: Any, entry: Entry) -> Entry | None:
    url, policy = _place(entry.name, settings.ROOT_URLCONF)
    return replace(entry, url=url) if url and may_open(user, policy) else None


def navigation(request: HttpRequest) -> list[tuple[Any, list[Entry]]]:
    """The groups with the entries this person may open; empty groups are left out.

    Of entries whose pages lie inside one another, the innermost is where one is.
    """
    found = [
        (label, [e for e in (_open_to(request.user, i) for i in items) if e]) for label, items in NAVIGATION
    ]
    around = [e.url for _label, entries in found for e in entries if _inside(request.path, e.url)]
    here = max(around, key=len, default="")
    return [
        (label, [replace(e, current=e.url == here) for e in entries]) for label, entries in found if entries
    ]


def route_or_empty(name: str) -> str:
    return _place(name, settings.ROOT_URLCONF)[0]


def _design_url(user: Any) -> str:
    """The page of components, for those who may open it."""
    url, policy = _place("design", settings.ROOT_URLCONF)
    return url if may_open(user, policy) else ""


def company_of(request: HttpRequest) -> Company:
    """The company, read once in a request, when first asked for."""
    found: Any = getattr(request, "company", None)
    if found is None:  # outside the middleware: an error page
        found = SimpleLazyObject(Company.current)
    return cast("Company", found)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the layouts."""
    company = company_of(request)
    formats.use_currency(lambda: company.currency)
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    return {
        "company": company,
        "nav_groups": SimpleLazyObject(lambda: navigation(request)) if signed_in else [],
        "unread_count": SimpleLazyObject(lambda: Notification.objects.unread_count(user)),
        "design_url": SimpleLazyObject(lambda: _design_url(user)) if signed_in else "",
        "html_theme": getattr(user, "theme", "system") if signed_in else "system",
        "shell_urls": {
            name: route_or_empty(name)
            for name in (
                "home",
                "search",
                "api_docs",
                "notification_list",
                "notification_preferences",
                "preferences",
                "account_logout",
                "set_language",
                "set_theme",
            )
        },
    }
