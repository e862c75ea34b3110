"""Whether the tables are those this code knows: an older worker on newer tables would write wrong rows."""

from enum import StrEnum
from functools import cache

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


class Schema(StrEnum):
    CURRENT = "current"
    BEHIND = "behind"  # migrations of this code are still to be applied
    AHEAD = "ahead"  # a newer version has been here: this code must not work on it


def schema() -> Schema:
    """One query. Migrations of applications this code does not have are nobody's here, and not looked at."""
    known, installed = _known(), {config.label for config in apps.get_app_configs()}
    applied = {name for name in MigrationRecorder(connection).applied_migrations() if name[0] in installed}
    if applied - known:
        return Schema.AHEAD
    return Schema.BEHIND if known - applied else Schema.CURRENT


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
