"""What upper floors offer on a list of a lower one, such as bringing its rows in from a workbook."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.access import Right, has_right


@dataclass(frozen=True)
class Offer:
    """A link for those who hold the right; ``url`` is asked once URLs are known."""

    label: Any
    icon: str
    right: Right
    url: Callable[[], str]


_offers: dict[str, dict[str, Offer]] = defaultdict(dict)


def offer(list_name: str, code: str, made: Offer) -> None:
    """Show a link on the list whose URL has this name; called from ``AppConfig.ready``."""
    _offers[list_name][code] = made


def offered(list_name: str, user: Any) -> list[dict[str, Any]]:
    """The links this person is shown on that list."""
    mine = [one for one in _offers.get(list_name, {}).values() if has_right(user, one.right)]
    return [{"label": one.label, "icon": one.icon, "url": one.url()} for one in mine]
