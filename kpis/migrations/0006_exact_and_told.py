"""Figures keep every digit; what an order line is follows from its amount and words; days may be told by name only."""

from django.db import migrations, models
from django.db.models import Q

import kpis.models.exact

# Sales that a letter of their order number had made cancellations are in no figure until all lines are read again, with
# the facts of their days, once the tables are ready (`ensure_instance`).
NEVER_CANCELLED = "UPDATE kpis_orderline SET kind = 5 WHERE kind = 1 AND amount > 0"


def exact(model: str, name: str, **kwargs: object) -> migrations.AlterField:
    """From numeric(20, 4) to numeric: the rows are not rewritten."""
    return migrations.AlterField(model, name, kpis.models.exact.ExactField(**kwargs))


class Migration(migrations.Migration):
    dependencies = [("kpis", "0005_formula_history")]

    operations = [
        exact("fact", "value"),
        exact("fact", "weight", default=1),
        exact("fact", "peak", null=True),
        exact("factrow", "value"),
        exact("orderline", "quantity"),
        exact("orderline", "unit_price"),
        exact("orderline", "amount"),
        migrations.AlterField(
            "orderline",
            "kind",
            models.PositiveSmallIntegerField(
                choices=[
                    (0, "sale"),
                    (1, "cancellation"),
                    (2, "adjustment"),
                    (3, "stock movement"),
                    (4, "zero price"),
                    (5, "in no figure"),
                ]
            ),
        ),
        migrations.RemoveConstraint("orderline", "line_kind_is_known"),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(condition=Q(kind__in=[0, 1, 2, 3, 4, 5]), name="line_kind_is_known"),
        ),
        migrations.RunSQL(NEVER_CANCELLED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(
                condition=~Q(kind=1) | Q(amount__lte=0), name="line_cancelled_is_not_positive"
            ),
        ),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(condition=~Q(kind=0) | Q(amount__gte=0), name="line_sold_is_not_negative"),
        ),
        migrations.AddField("source", "line_rules", models.PositiveSmallIntegerField(default=0)),
        migrations.AlterField("source", "line_rules", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("coverage", "by_name", models.BooleanField(default=False)),
        migrations.RemoveConstraint("coverage", "coverage_once_per_run_and_measure"),
        migrations.AddConstraint(
            "coverage",
            models.UniqueConstraint(
                fields=["run", "measure", "start", "by_name"],
                name="coverage_once_per_run_and_measure",
                nulls_distinct=False,
            ),
        ),
    ]
