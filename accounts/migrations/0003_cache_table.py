"""The table of the database cache, which holds the counters that limit guessing."""

from django.core.management import call_command
from django.db import migrations


def create_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_invitations_role_requests")]

    operations = [migrations.RunPython(create_cache_table, migrations.RunPython.noop)]
