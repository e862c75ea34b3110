"""The words of the names of files, indexed for search."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_notifications"), ("accounts", "0016_search")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX import_search ON intake_importrun USING gin (search_words(filename));",
            "DROP INDEX import_search;",
        ),
    ]
