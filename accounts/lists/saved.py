"""Views of a list that people keep: its filters and its order under a name."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_resolver, reverse

from accounts.access import Policy, may_open, policy_of
from accounts.models import SavedView, User
from accounts.models.saved_views import MOST_IN_QUERY

PLAIN = "_plain"  # asks for the list as it is, without the person's own default
_PASSING = {"page", "per_page", "_export", PLAIN}


@dataclass(frozen=True)
class ViewsMenu:
    """The views of one list that a person may open; ``query`` is what the page shows now."""

    name: str
    path: str
    query: str
    found: Collection[SavedView]
    owner: Any

    @property
    def current(self) -> SavedView | None:
        return next((view for view in self.found if self.query and view.query == self.query), None)

    @property
    def default(self) -> SavedView | None:
        """What the person sees first, if they chose."""
        return next((v for v in self.found if v.is_default and v.owner_id == self.owner.pk and v.query), None)

    @property
    def plain(self) -> str:
        """The address of the list without any filter."""
        return f"{self.path}?{PLAIN}=1" if self.default else self.path


def kept_query(query: str, names: Collection[str] | None = None) -> str:
    """Of a query string, what a view keeps: the filters of these names that say something, and the order."""
    pairs = parse_qsl(query)
    kept = [(k, v) for k, v in pairs if k not in _PASSING and (names is None or k in names or k == "sort")]
    return urlencode(sorted(kept, key=lambda pair: pair[0]))


def views_of(request: HttpRequest, name: str, names: Collection[str]) -> ViewsMenu:
    """The menu of a list that filters by these names. One query."""
    query = kept_query(request.GET.urlencode(), names)
    found = SavedView.objects.visible_to(request.user).filter(list_name=name).select_related("owner")
    shown = query if len(query) <= MOST_IN_QUERY else ""
    return ViewsMenu(name, reverse(name), shown, list(found), request.user)


def lists_open_to(user: User) -> list[str]:
    """The names of the URLs this person may open that may be a list: those without arguments."""
    return [name for name, policy in _policies(settings.ROOT_URLCONF).items() if may_open(user, policy)]


@cache
def _policies(_urls: str) -> dict[str, Policy | None]:
    from accounts.checks import url_patterns

    found = url_patterns(get_resolver().url_patterns)
    return {str(p.name): policy_of(p.callback) for route, p in found if p.name and "<" not in route}
