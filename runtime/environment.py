"""Readers of the environment: a missing or malformed variable stops the start, naming it."""

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def whole_number(name: str, default: int, most: int = 1_000_000) -> int:
    """A setting from 0 to ``most``. Raises ImproperlyConfigured, naming it."""
    try:
        value = env.int(name, default=default)
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 to {most}.")
    return value


def long_secret(name: str) -> str:
    """A secret of 16 characters or more, or empty. Raises ImproperlyConfigured, naming it."""
    value = str(env.str(name, default=""))
    if value and len(value) < 16:
        raise ImproperlyConfigured(f"{name} must have 16 characters or more.")
    return value


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """A setting that is one of some words, the first by default. Raises ImproperlyConfigured, naming it."""
    value = str(env.str(name, default=choices[0]))
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
    return value


def days_by_name(name: str) -> dict[str, int | None]:
    """``orders=90, facts=always`` → days by name, None for always. Raises ImproperlyConfigured, naming it."""
    found: dict[str, int | None] = {}
    for entry in filter(str.strip, str(env.str(name, default="")).split(",")):
        code, _sign, value = (part.strip() for part in entry.partition("="))
        is_days = value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 36_500
        if not code or not (is_days or value == "always") or len(value) > 9:
            raise ImproperlyConfigured(
                f"{name} must read kind=days, …: days from 1 to 36500, or always; not {entry.strip()}."
            )
        found[code] = int(value) if is_days else None
    return found
