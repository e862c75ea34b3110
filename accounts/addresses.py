"""Where a request comes from: the same answer for limits, letters and logs."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The client's IP address; behind TRUSTED_PROXY_COUNT proxies, the one the outermost of them saw.

    Each proxy adds the address it saw to the right of X-Forwarded-For, so what stands further left is the
    client's own invention. Fewer addresses than proxies, or one that is none: the request came another way,
    and only the connection itself is believed. ``UNKNOWN`` where that says nothing either (a UNIX socket).
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    count = int(settings.TRUSTED_PROXY_COUNT)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = _address(hops[-count]) if 0 < count <= len(hops) else None
    return str(forwarded or peer or UNKNOWN)


def address_block(address: str) -> str:
    """What counts as one address: an IPv6 client is given 2⁶⁴ of them and may use all."""
    known = _address(address)
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((known, 64), strict=False))
    return str(known or UNKNOWN)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address with or without its port and its zone; IPv4 inside IPv6 is IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
