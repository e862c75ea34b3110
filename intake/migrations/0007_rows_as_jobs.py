from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("intake", "0006_import_by_kind")]

    operations = [
        migrations.RemoveConstraint("rowsimport", "rows_finished_when_over"),
        migrations.AddConstraint(
            "rowsimport",
            models.CheckConstraint(
                condition=Q(state__in=["draft"], finished_at=None)
                | (~Q(state__in=["draft"]) & Q(finished_at__isnull=False)),
                name="rows_finished_when_over",
            ),
        ),
    ]
