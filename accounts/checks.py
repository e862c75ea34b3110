"""System checks: no URL without an access policy."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import SCOPES, policy_of


def url_patterns(
    patterns: Sequence[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every (route, pattern) under these patterns, depth first."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from url_patterns(pattern.url_patterns, route)
        else:
            yield route, pattern


def urls_without_policy(patterns: Sequence[URLPattern | URLResolver]) -> list[str]:
    return [route for route, pattern in url_patterns(patterns) if policy_of(pattern.callback) is None]


@register(Tags.urls)
def a_scope_carries_what_its_views_ask(**_options: Any) -> list[CheckMessage]:
    """A view that takes tokens of a scope must be reachable with it: reading at least, and writing where it says so."""
    policies = [(route, policy_of(p.callback)) for route, p in url_patterns(get_resolver().url_patterns)]
    return [
        Error(f"The URL /{route} takes tokens of a scope without the right it asks for.", id="accounts.E002")
        for route, policy in policies
        if policy
        and (
            (policy.scope and policy.read not in SCOPES[policy.scope])
            or (policy.write_scope and policy.write not in SCOPES[policy.write_scope])
        )
    ]


@register(Tags.urls)
def every_url_has_a_policy(**_options: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The URL /{route} has no access policy.",
            hint="Decorate its view with accounts.access.requires(...) or accounts.access.public.",
            id="accounts.E001",
        )
        for route in urls_without_policy(get_resolver().url_patterns)
    ]
