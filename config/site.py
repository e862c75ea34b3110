"""Where people reach this instance: the one address that stands in letters, and the names it answers to."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Site(NamedTuple):
    """``url`` has a scheme and a host and no final slash; hosts and origins as Django takes them."""

    url: str
    hosts: list[str]
    origins: list[str]


def site(*, url: str, hosts: Sequence[str], origins: Sequence[str], https: bool, served_at: str) -> Site:
    """The site as SITE_URL says; else as ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS do; else where it is served.

    Loopback names are answered to where nothing else is said. Raises ImproperlyConfigured, naming SITE_URL.
    """
    if not (url or hosts or origins):
        return Site(served_at, list(LOOPBACK), [])
    chosen = _checked(url or _derived(hosts, origins, https), https)
    return Site(chosen, _with(hosts, host_of(chosen)), _with(origins, chosen))


def host_of(url: str) -> str:
    """The host without its port, as it stands in ALLOWED_HOSTS."""
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def _with(given: Sequence[str], one: str) -> list[str]:
    return [*given, *({one} - set(given))]


def _derived(hosts: Sequence[str], origins: Sequence[str], https: bool) -> str:
    """The first name people type, with the scheme and port of its origin where one is given."""
    named = [host for host in hosts if "*" not in host and not host.startswith(".")]
    known = [origin for origin in origins if "*" not in origin]
    for host in named:
        return next(
            (origin for origin in known if host_of(origin) == host),
            f"{'https' if https else 'http'}://{host}",
        )
    if not known:
        raise ImproperlyConfigured("SITE_URL must be given where ALLOWED_HOSTS holds patterns only.")
    return known[0]


def _checked(url: str, https: bool) -> str:
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.scheme not in ("http", "https") or "@" in parts.netloc or url.count("/") > 3:
        raise ImproperlyConfigured("SITE_URL must be like https://vigie.example.com, with no path.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ImproperlyConfigured("SITE_URL must be like https://vigie.example.com, with no path.")
    if https and parts.scheme != "https":
        raise ImproperlyConfigured("SITE_URL must begin with https:// where HTTPS is true.")
    return f"{parts.scheme}://{parts.netloc.lower()}"
