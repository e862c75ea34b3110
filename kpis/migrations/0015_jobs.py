"""Nights keep a log, and their steps stand at the position of their turn: those that wait for the same ones share it."""

from django.db import migrations, models

TURNS = """
    UPDATE kpis_nightlystep SET position =
        CASE WHEN name = 'read' THEN 0 WHEN name LIKE 'gaps:%' THEN 1 WHEN name = 'publish' THEN 2 ELSE 3 END
"""
ONE_BY_ONE = """
    UPDATE kpis_nightlystep s SET position = o.number - 1
    FROM (SELECT id, row_number() OVER (PARTITION BY run_id ORDER BY position, id) AS number FROM kpis_nightlystep) o
    WHERE o.id = s.id
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0014_search")]

    operations = [
        migrations.AddField("nightlyrun", "log", models.JSONField(blank=True, default=list)),
        migrations.AlterModelOptions("nightlystep", {"ordering": ["position", "id"]}),
        migrations.AlterField("nightlyrun", "finished_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField("nightlystep", "started_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(TURNS, ONE_BY_ONE),
    ]
