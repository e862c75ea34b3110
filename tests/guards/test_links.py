"""Links that leave this site are made from the configured address, in one place: no request says where they lead."""

from pathlib import Path

import pytest

from tests.guards.floors import FLOORS, ROOT

# What makes a whole address out of what a request says of itself, and where our own is read.
FROM_REQUESTS = (
    "build_absolute_uri",
    "get_current_site",
    "RequestSite",
    "HTTP_HOST",
    "SITE_URL",
)
HOSTS = {  # who reads them, and for what
    "config/hosts.py",
    "config/settings.py",
    "config/site.py",
    "accounts/site.py",
    "accounts/management/commands/grant_role.py",  # the operator may say another
    "accounts/management/commands/invite_person.py",
}
TEMPLATES = ("build_absolute_uri", "request.get_host", "request.scheme", "META.HTTP_HOST")


def product_code() -> list[Path]:
    return [
        path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if "migrations" not in path.parts
    ]


def faults(text: str, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word in text]


def test_no_code_makes_a_link_from_a_request() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text(), FROM_REQUESTS) for path in product_code()}
    assert len(found) > 300
    assert {path: words for path, words in found.items() if words and path not in HOSTS} == {}


def test_no_template_does() -> None:
    pages = [path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind)]
    assert len(pages) > 50
    assert {
        str(path): faults(path.read_text(), TEMPLATES)
        for path in pages
        if faults(path.read_text(), TEMPLATES)
    } == {}


@pytest.mark.parametrize(
    "planted",
    [
        "url = request.build_absolute_uri(path)",
        "get_current_site(request).domain",
        'request.META["HTTP_HOST"]',
        'f"{settings.SITE_URL}/x"',
    ],
)
def test_the_guard_sees_what_it_looks_for(planted: str) -> None:
    assert faults(planted, FROM_REQUESTS)
