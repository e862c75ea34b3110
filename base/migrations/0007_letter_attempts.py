"""Letters count the attempts that ended their worker too, and say when the last one began."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0006_workflow")]

    operations = [
        migrations.AddField("letter", "started_at", models.DateTimeField(blank=True, null=True)),
    ]
