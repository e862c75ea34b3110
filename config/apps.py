"""Keeps every Django process, whatever started it, off a database into which a backup is being restored."""

from typing import Any

from django.apps import AppConfig
from django.db import OperationalError
from django.db.backends.signals import connection_created

from runtime.presence import RESTORING, is_being_restored


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Wires"

    def ready(self) -> None:
        connection_created.connect(_refuse_while_restoring, dispatch_uid="config.refuse_while_restoring")


def _refuse_while_restoring(connection: Any, **_about: Any) -> None:
    """As if the database were away, so a page says 503 and a task is tried again."""
    if is_being_restored(connection.connection):
        connection.close()
        raise OperationalError(RESTORING)
