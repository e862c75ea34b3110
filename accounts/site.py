"""Links that leave this site, in letters and to be copied: made from the configured address only.

Never from a request: whoever sends one chooses its Host, and would choose where the secret of a link goes.
"""

from urllib.parse import urlsplit

from django.conf import settings


def site_link(path: str) -> str:
    """The whole address of a path of this site (from ``reverse``)."""
    return f"{settings.SITE_URL}{path}"


def site_name() -> str:
    """The host people type, with its port where it is not the usual one."""
    return urlsplit(str(settings.SITE_URL)).netloc
