from django.db import migrations

# Its words were written when it was told, and stay; who may read it is asked again from now on.
TOLD = "UPDATE base_notification SET kind = 'files_purged' WHERE key LIKE 'imports:purge:%'"


class Migration(migrations.Migration):

    dependencies = [("base", "0004_notify"), ("intake", "0002_retention")]

    operations = [migrations.RunSQL(TOLD, migrations.RunSQL.noop)]
