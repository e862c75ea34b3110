"""The words of indicators and segments, indexed for search."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kpis", "0013_target_proposals"), ("accounts", "0016_search")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX indicator_search ON kpis_indicator USING gin (search_words(code, name_fr, name_en));"
            "CREATE INDEX segment_search ON kpis_segment USING gin (search_words(key));",
            "DROP INDEX indicator_search; DROP INDEX segment_search;",
        ),
    ]
