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
