"""Fresh databases on the server of the bench: cloned from one that was migrated and furnished once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.core.management import call_command
from django.db import connection

TEMPLATE = "vigie_bench_template"


@contextmanager
def fresh_database() -> Iterator[None]:
    """Django's connection leads to a new instance without figures, gone at the end."""
    template, name, home = _template(), "vigie_bench_run", connection.settings_dict["NAME"]
    _execute(f"DROP DATABASE IF EXISTS {name}")
    _execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    _lead_to(name)
    try:
        yield
    finally:
        _lead_to(home)
        _execute(f"DROP DATABASE {name}")


@cache
def _template() -> str:
    home = connection.settings_dict["NAME"]
    _execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
    _execute(f"CREATE DATABASE {TEMPLATE}")
    _lead_to(TEMPLATE)
    call_command("migrate", verbosity=0)
    call_command("ensure_instance")
    _lead_to(home)
    return TEMPLATE


def _lead_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
