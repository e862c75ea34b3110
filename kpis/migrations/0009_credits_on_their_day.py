"""What a number gives back on a day of its own is a record of its own, beside the sale of that number."""

from django.db import migrations, models
from django.db.models import Q

# Orders stored before that only give back.
MARK = """UPDATE kpis_customerorder o SET is_credit = true FROM (
    SELECT order_id FROM kpis_orderline GROUP BY order_id HAVING max(amount) <= 0 AND min(amount) < 0
) l WHERE l.order_id = o.id"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0008_known_days")]

    operations = [
        migrations.AddField("customerorder", "is_credit", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.RemoveConstraint("customerorder", "order_alive_once"),
        migrations.AddConstraint(
            "customerorder",
            models.UniqueConstraint(
                fields=["source", "reference"],
                condition=Q(superseded_by=None, is_credit=False),
                name="order_alive_once",
            ),
        ),
        migrations.AddConstraint(
            "customerorder",
            models.UniqueConstraint(
                fields=["source", "reference", "day"],
                condition=Q(superseded_by=None, is_credit=True),
                name="credit_alive_once",
            ),
        ),
        migrations.AlterField("source", "line_rules", models.PositiveSmallIntegerField(default=2)),
    ]
